"""How do findings become a spec? What was said is given, what follows from it is inferred."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.pipeline.gazetteer import Brand, Gazetteer, Generation, Model
from bot.pipeline.model import Background, Body, CarSpec, Condition, Dimensions, Finish
from bot.pipeline.understand.facts import body_of

SURE = 0.95


@dataclass(slots=True)
class Said:
    """What one part of a text says apart from the car's name."""

    year: int | None = None
    color: str | None = None
    second_color: str | None = None
    finish: str | None = None
    body: str | None = None
    trim: str | None = None
    condition: str | None = None
    background: str | None = None
    plate: str | None = None
    not_colors: tuple[str, ...] = ()
    colors_or: tuple[str, ...] = ()
    """Colours offered as alternatives to `color`."""
    nearest: str | None = None
    """The colour taken for a shade that has no name here."""
    color_typo: bool = False

    @property
    def anything(self) -> bool:
        """Whether it changes a car at all."""
        return any(
            (
                self.year, self.color, self.second_color, self.finish, self.body, self.trim, self.condition,
                self.background, self.plate, self.not_colors,
            )
        )  # fmt: skip


@dataclass(slots=True)
class Name:
    """Brand, model and generation, and whether the brand stands in the text."""

    brand: Brand | None = None
    model: Model | None = None
    generation: Generation | None = None
    brand_said: bool = True


@dataclass(slots=True, kw_only=True)
class SpecMaker:
    """Builds specs from recognised values only."""

    gazetteer: Gazetteer
    hexes: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.hexes = {color.name: color.hex for color in self.gazetteer.colors}

    def spec(self, name: Name, said: Said, *, confidence: float) -> CarSpec:
        body = body_of(said.body, name.model)
        values: dict[str, object] = {
            "brand": name.brand.name if name.brand else None,
            "model": name.model.name if name.model else None,
            "generation": name.generation.name if name.generation else None,
            "year": said.year,
            "color": said.color,
            "second_color": said.second_color,
            "finish": Finish(said.finish) if said.finish else None,
            "body": body,
            "trim": said.trim,
            "condition": Condition(said.condition) if said.condition else None,
            "background": Background(said.background) if said.background else None,
            "plate": said.plate,
        }
        given = {field for field, value in values.items() if value is not None}
        if name.brand and not name.brand_said:
            given.discard("brand")
        spec = CarSpec(
            **values,  # type: ignore[arg-type] # the names above are fields of the spec
            color_hex=self.hexes.get(said.color or ""),
            second_color_hex=self.hexes.get(said.second_color or ""),
            given=frozenset(given),
            inferred=frozenset({"brand"}) if name.brand and not name.brand_said else frozenset(),
            confidence=round(confidence, 2),
        )
        return self.inferred(spec, name.model)

    def inferred(self, spec: CarSpec, model: Model | None) -> CarSpec:
        """The spec with what follows from its model and year; earlier inferences are drawn anew."""
        kept = spec.inferred & {"brand"}
        body, generation = spec.body, spec.generation
        body = body if "body" in spec.given else None
        generation = generation if "generation" in spec.given else None
        found: set[str] = set(kept)
        if model is not None and body is None:
            body = model.body
            found.add("body")
        if model is not None and generation is None and spec.year is not None:
            generation = _generation_of_year(model, spec.year)
            found |= {"generation"} if generation else set()
        dimensions = _dimensions(model, generation, body, dated=spec.year is not None)
        found |= {"dimensions"} if dimensions else set()
        return replace(
            spec, body=body, generation=generation, dimensions=dimensions, inferred=frozenset(found)
        )

    def changed(self, previous: CarSpec, said: Said, generation: Generation | None) -> CarSpec:
        """The earlier car with what was said anew."""
        model = self.gazetteer.model(previous.brand, previous.model)
        new: dict[str, object] = {}
        given = set(previous.given)
        body = body_of(said.body, model)
        finish = Finish(said.finish) if said.finish else None
        condition = Condition(said.condition) if said.condition else None
        background = Background(said.background) if said.background else None
        changes: Iterable[tuple[str, object]] = (
            ("year", said.year), ("second_color", said.second_color), ("finish", finish), ("body", body),
            ("trim", said.trim), ("condition", condition), ("background", background), ("plate", said.plate),
            ("generation", generation.name if generation else None),
        )  # fmt: skip
        for field_name, value in changes:
            if value is not None:
                new[field_name] = value
                given.add(field_name)
        if said.color is not None or previous.color in said.not_colors:
            new |= {"color": said.color, "color_hex": self.hexes.get(said.color or "")}
            given = given | {"color"} if said.color else given - {"color"}
        if said.second_color is not None:
            new["second_color_hex"] = self.hexes.get(said.second_color)
        elif said.color is not None:
            new |= {"second_color": None, "second_color_hex": None}
            given.discard("second_color")
        if said.year is not None and generation is None:
            given.discard("generation")
        if generation is not None and said.year is None and not _made(generation, previous.year):
            new["year"] = None
            given.discard("year")
        spec = replace(previous, **new, given=frozenset(given), confidence=max(previous.confidence, SURE))  # type: ignore[arg-type] # as above
        return self.inferred(spec, model) if model is not None else spec


def _made(generation: Generation, year: int | None) -> bool:
    return year is not None and generation.first_year <= year <= (generation.last_year or year)


def _generation_of_year(model: Model, year: int) -> str | None:
    made = [generation for generation in model.generations if _made(generation, year)]
    return made[0].name if len(made) == 1 else None


def _dimensions(
    model: Model | None, generation: str | None, body: Body | None, *, dated: bool
) -> Dimensions | None:
    """Measures of that generation; of the newest one when neither year nor generation is known."""
    if model is None or body is not model.body:
        return None
    if generation is not None:
        return next((gen.dimensions for gen in model.generations if gen.name == generation), None)
    return None if dated and model.generations else model.dimensions
