"""Which cars does a text name? Makers and models put together, rivals and comparisons left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from bot.pipeline.gazetteer import Brand, Generation, Model
from bot.pipeline.understand.index import Index, Named
from bot.pipeline.understand.scan import Mention
from bot.pipeline.understand.text import Token

_ARTICLES = frozenset(
    [
        "a",
        "an",
        "the",
        "my",
        "any",
        "ein",
        "eine",
        "einen",
        "der",
        "die",
        "das",
        "un",
        "une",
        "uno",
        "una",
        "il",
        "la",
        "le",
        "el",
        "of",
        "o",
    ]
)
_NEAR = 2
_CODED = re.compile(r"[A-Z]{1,2}\d{1,2}")
_MOST = 12


@dataclass(slots=True, eq=False)
class Found:
    """One car as the text names it, in its tokens from `start` to before `end`. `weak`: its name is an
    everyday word or a short code."""

    start: int = 0
    end: int = 0
    brand: Brand | None = None
    model: Model | None = None
    generation: Generation | None = None
    brand_said: bool = False
    typo: bool = False
    weak: bool = False
    by_code: bool = False
    """The model follows from a generation's code alone."""
    others: list[Brand] = field(default_factory=list)
    """Other makers that the same words name: what makes the reading unsure."""


class Gatherer:
    """Walks over the mentions once and gathers cars."""

    def __init__(self, index: Index, tokens: Sequence[Token], mentions: Sequence[Mention]) -> None:
        self._index = index
        self._tokens = tokens
        self._mentions = mentions
        self._cars: list[Found] = []
        self._makers = {mention.maker.brand.name for mention in mentions if mention.maker}
        links = {mention.start for mention in mentions if mention.meaning("links")}
        stops = (token.stop or "/" in token.gap or at in links for at, token in enumerate(tokens))
        self._barriers = list(accumulate(stops, initial=0))

    def cars(self) -> list[Found]:
        """All cars; where only a comparison names one, that one is meant."""
        found = self._walk(comparisons=False)
        return found or self._walk(comparisons=True)

    def _walk(self, *, comparisons: bool) -> list[Found]:
        self._cars = []
        skipping: Mention | None = None
        for at, mention in enumerate(self._mentions):
            if not (mention.maker or mention.models or mention.generations):
                continue
            if len(self._cars) > _MOST:
                break
            if self._left_out(at, comparisons=comparisons) or (
                skipping is not None and skipping.end == mention.start
            ):
                skipping = mention
                continue
            following = self._mentions[at + 1] if at + 1 < len(self._mentions) else None
            if mention.models:
                self._take_model(mention, following)
            elif mention.maker:
                self._take_maker(mention)
            else:
                self._take_code(mention)
        named = {car.brand for car in self._cars if car.model is not None}
        return [car for car in self._cars if car.model is not None or car.brand not in named]

    def _left_out(self, at: int, *, comparisons: bool) -> bool:
        """Whether "not", "instead of" or "swap for" stands before the name."""
        mention = self._mentions[at]
        before = self._mentions[at - 1] if at else None
        if before is None or not (before.meaning("negations") or before.meaning("aside")):
            return False
        between = self._tokens[before.end : mention.start]
        if any(token.stop for token in self._tokens[before.end : mention.start + 1]):
            return False
        if before.meaning("aside"):
            return not comparisons and len(between) <= _NEAR
        return all(token.text in _ARTICLES for token in between)

    def _linked(self, start: int, end: int) -> bool:
        """Whether "and", "or", a comma or a line's end stands between two places."""
        return self._barriers[min(end + 1, len(self._tokens))] > self._barriers[start]

    def _kin(self, one: Brand, other: Brand) -> bool:
        return any(one.name in group and other.name in group for group in self._index.kin)

    def _take_maker(self, mention: Mention) -> None:
        assert mention.maker is not None  # noqa: S101 - the caller looked
        brand = mention.maker.brand
        last = self._cars[-1] if self._cars else None
        again = last is not None and last.model is not None and self._linked(last.end, mention.start)
        if last is not None and last.brand is brand and not again:
            last.brand_said, last.end = True, mention.end
            return
        if last is not None and not self._linked(last.end, mention.start):
            near = mention.start - last.end <= _NEAR
            if last.brand and near and self._kin(last.brand, brand):
                if last.model is None:
                    last.brand, last.end = brand, mention.end
                return
            if last.brand and near and last.end == mention.start:
                last.others.append(brand)
                last.end = mention.end
                return
        self._cars.append(
            Found(
                mention.start,
                mention.end,
                brand=brand,
                brand_said=True,
                typo=mention.typo,
                weak=mention.maker.weak,
            )
        )

    def _take_model(self, mention: Mention, following: Mention | None) -> None:
        last = self._cars[-1] if self._cars else None
        if last is not None and last.brand is not None:
            own = next((named for named in mention.models if named.brand is last.brand), None)
            if own is not None:
                self._add_to(last, own, mention)
                return
        named = self._choose(mention, following)
        alone = named.brand.name not in self._makers
        if (
            last is not None
            and last.model is not None
            and alone
            and not self._linked(last.end, mention.start)
        ):
            return
        open_car = next(
            (car for car in self._cars if car.model is None and car.brand is named.brand and car.brand_said),
            None,
        )
        if open_car is not None:
            self._add_to(open_car, named, mention)
            return
        found = self._new(named, mention)
        lone = last is not None and last.model is None and not self._linked(last.end, mention.start)
        if last is not None and last.brand is not None and lone and mention.start - last.end <= _NEAR:
            kin = self._kin(last.brand, named.brand)
            if named.weak and not kin and any(char.isdigit() for char in named.model.name):
                return
            self._cars.remove(last)
            found.start, found.typo = last.start, found.typo or last.typo
            if not kin:
                found.others.append(last.brand)
        self._cars.append(found)

    def _choose(self, mention: Mention, following: Mention | None) -> Named:
        """Which maker's model: the maker behind it, any maker named, else the best known."""
        if following is not None and following.maker and following.start == mention.end:
            for named in mention.models:
                if named.brand is following.maker.brand:
                    return named
        said = [named for named in mention.models if named.brand.name in self._makers]
        return (said or list(mention.models))[0]

    def _new(self, named: Named, mention: Mention) -> Found:
        return Found(
            mention.start,
            mention.end,
            brand=named.brand,
            model=named.model,
            generation=self._generation(mention, named.model),
            typo=mention.typo,
            weak=named.weak,
        )

    @staticmethod
    def _generation(mention: Mention, model: Model) -> Generation | None:
        return next((row[2] for row in mention.generations if row[1] is model), None)

    def _add_to(self, car: Found, named: Named, mention: Mention) -> None:
        """One more model name for a maker that is there: the first, the same, a closer one, or another car."""
        generation = self._generation(mention, named.model)
        far = mention.start - car.end > _NEAR or self._linked(car.end, mention.start)
        if car.model is None:
            car.model, car.weak = named.model, False
        elif car.model is not named.model:
            if far and self._distinct(car.model, named.model):
                self._cars.append(self._new(named, mention))
                self._cars[-1].brand_said = car.brand_said
                self._cars[-1].weak = named.weak and not car.brand_said
                return
            if not car.by_code and _CODED.fullmatch(named.model.name) and _CODED.fullmatch(car.model.name):
                self._cars.append(self._new(named, mention))
                self._cars[-1].brand_said, self._cars[-1].weak = car.brand_said, not car.brand_said
                return
            if not (car.by_code or self._closer(named.model, car.model)):
                car.end = max(car.end, mention.end)
                return
            old = car.generation
            car.model, car.generation, car.by_code = named.model, None, False
            if old is not None:
                car.generation = next((gen for gen in named.model.generations if gen.name == old.name), None)
        car.generation = generation or car.generation
        car.end, car.typo = max(car.end, mention.end), car.typo or mention.typo

    @staticmethod
    def _distinct(one: Model, other: Model) -> bool:
        return one.name not in other.name and other.name not in one.name

    @staticmethod
    def _closer(new: Model, old: Model) -> bool:
        """Whether the new name says more: `Cooper Countryman`, `Continental Flying Spur`."""
        if old.name.isdecimal() or new.name.isdecimal():
            return new.name.isdecimal() and not old.name.isdecimal()
        return old.name in new.name or (new.name not in old.name and len(new.name) > len(old.name))

    def _take_code(self, mention: Mention) -> None:
        """A generation: of the car before, else of the maker that is named, else of its only maker."""
        last = self._cars[-1] if self._cars else None
        for car in reversed(self._cars):
            row = next((row for row in mention.generations if row[1] is car.model), None)
            if row is not None:
                car.generation = car.generation or row[2]
                car.end = max(car.end, mention.end) if mention.start - car.end <= _NEAR else car.end
                return
        brand, model, generation = mention.generations[0]
        if last is not None and last.model is None and last.brand is not None:
            row = next((row for row in mention.generations if row[0] is last.brand), None)
            if row is None:
                return
            last.model, last.generation, last.weak, last.by_code = row[1], row[2], False, True
            last.end = mention.end
        elif not self._cars:
            self._cars.append(
                Found(
                    mention.start,
                    mention.end,
                    brand=brand,
                    model=model,
                    generation=generation,
                    weak=True,
                    by_code=True,
                )
            )
