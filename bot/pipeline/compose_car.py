"""How a car and its surroundings are told, by name, without its maker, and by shape alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.pipeline.model import Background, Body, CarSpec, Condition, Dimensions, Finish

_VALUE_LIMIT = 40

_SETTING = {
    Background.STUDIO: "on a seamless light grey studio floor under soft even light",
    Background.SHOWROOM: "on the polished floor of a bright car showroom",
    Background.STREET_DUSK: "on an empty city street at dusk under warm lamps",
    Background.NATURE: "on a gravel road in open countryside under a clear sky",
}
_CONDITION = {
    Condition.NEW: "factory-new and spotless",
    Condition.USED: "used, with light signs of wear",
    Condition.DIRTY: "dirty, with dust and dried mud on the lower panels",
    Condition.DAMAGED: "damaged, with dents and scratches on the panels",
}
_FINISH = {Finish.SOLID: "solid glossy", Finish.METALLIC: "metallic", Finish.MATTE: "matte"}

# Typical outer measures in millimetres, for bodies whose own are not known: length, width, height, wheelbase.
_TYPICAL = {
    Body.SEDAN: (4880, 1840, 1450, 2830),
    Body.HATCHBACK: (4280, 1790, 1460, 2630),
    Body.LIFTBACK: (4690, 1830, 1470, 2690),
    Body.ESTATE: (4640, 1850, 1450, 2730),
    Body.COUPE: (4780, 1910, 1380, 2720),
    Body.CONVERTIBLE: (4400, 1800, 1390, 2600),
    Body.SUV: (4700, 1900, 1700, 2800),
    Body.PICKUP: (5370, 1900, 1850, 3250),
    Body.MINIVAN: (4800, 1850, 1750, 2850),
    Body.VAN: (5140, 1930, 1910, 3200),
}
_DOORS = {
    Body.SEDAN: "four doors and a separate boot",
    Body.HATCHBACK: "five doors and a short upright tail",
    Body.LIFTBACK: "five doors and a long sloping tailgate",
    Body.ESTATE: "five doors and a long flat roof",
    Body.COUPE: "two doors and a low sloping roof",
    Body.CONVERTIBLE: "two doors and an open top",
    Body.SUV: "five doors, a tall body and raised ground clearance",
    Body.PICKUP: "a crew cab and an open load bed",
    Body.MINIVAN: "a one-box body and large side windows",
    Body.VAN: "a tall box body and sliding side doors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car in words: `sentence` and `setting` for instruction models, the others as tags."""

    sentence: str
    setting: str
    tags: str
    setting_tags: str


def value(text: str | None) -> str:
    """One recognised value as a short run of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())[:_VALUE_LIMIT].strip()


def _body(spec: CarSpec) -> str:
    if spec.body is None:
        return "car"
    return "SUV" if spec.body is Body.SUV else spec.body.value


def _paint(spec: CarSpec) -> str:
    """Colour, hex and finish in fixed words; empty when no colour is known."""
    color, other = value(spec.color), value(spec.second_color)
    if not color:
        return ""
    shade = f" ({spec.color_hex})" if spec.color_hex else ""
    finish = f" {_FINISH[spec.finish]}" if spec.finish else ""
    second = f", two-tone with {other}" if other else ""
    return f"{color}{shade}{finish} paint{second}"


def _plate(spec: CarSpec) -> str:
    letters = re.sub(r"[^\w -]", "", value(spec.plate))[:12].strip()
    return f'number plates reading "{letters}"' if letters else "blank number plates"


def _state(spec: CarSpec) -> str:
    return _CONDITION[spec.condition or Condition.NEW]


def _dimensions(spec: CarSpec) -> str:
    own: Dimensions | None = spec.dimensions
    if own is not None:
        length, width, height, wheelbase = own.length, own.width, own.height, own.wheelbase
    elif spec.body is not None:
        length, width, height, wheelbase = _TYPICAL[spec.body]
    else:
        return "of ordinary passenger-car proportions"
    return f"{length} mm long, {width} mm wide, {height} mm high, wheelbase {wheelbase} mm"


def _car(spec: CarSpec, name: str, *extra: str) -> Car:
    paint = _paint(spec)
    facts = [name, *(part for part in extra if part), paint, _state(spec), _plate(spec)]
    sentence = "; ".join(part for part in facts if part)
    short = [name, *extra[:1], paint, _CONDITION[spec.condition] if spec.condition else ""]
    setting = _SETTING[spec.background or Background.STUDIO]
    return Car(
        sentence=sentence,
        setting=setting,
        tags=", ".join(part for part in short if part),
        setting_tags=setting.removeprefix("on "),
    )


def _join(*words: object) -> str:
    return " ".join(str(word) for word in words if word)


def named_car(spec: CarSpec) -> Car:
    """Brand, model, generation, trim, year, colour and body."""
    names = [value(word) for word in (spec.brand, spec.model, spec.generation, spec.trim)]
    color = value(spec.color)
    return _car(spec, _join(color, spec.year, *names, _body(spec)))


def unbadged_car(spec: CarSpec) -> Car:
    """As named, but without the maker: a model name that holds the maker's falls with it."""
    model, brand = value(spec.model), value(spec.brand)
    if brand and brand.casefold() in model.casefold():
        model = ""
    return _car(spec, _join(value(spec.color), spec.year, model, _body(spec)))


def generic_car(spec: CarSpec) -> Car:
    """The shape with its measures: what the spec knows, else what is typical of the body."""
    era = f"design of about {spec.year}" if spec.year else ""
    kind = _join(value(spec.color), _body(spec))
    return _car(spec, kind, _dimensions(spec), _DOORS[spec.body] if spec.body else "", era)


def scene(car: Car) -> str:
    """The scene text: identical, word for word, in every view of a session."""
    return f"Photograph of one car: {car.sentence}. It stands {car.setting}, the same in every picture of it."
