"""What does a description say? The way from text to a reading, rule by rule, from recognised values only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.pipeline.errors import BadDescription
from bot.pipeline.gazetteer import Gazetteer
from bot.pipeline.model import CarSpec, Note, NoteKind, Reading, ReadingKind
from bot.pipeline.understand.analysis import Analysis, analyse
from bot.pipeline.understand.cars import Found
from bot.pipeline.understand.guard import orders_at, unsuitable
from bot.pipeline.understand.index import build_index
from bot.pipeline.understand.notes import notes_of
from bot.pipeline.understand.specs import SURE, Name, Said, SpecMaker
from bot.pipeline.understand.spelling import Speller
from bot.pipeline.understand.text import fold

LIMIT = 2000
"""Characters of a description."""
_UNSURE = 0.5
_FEW = 2


@dataclass(frozen=True, slots=True)
class _Car:
    """A found car with what is said of it, and whether the reading is sure enough to draw."""

    found: Found
    said: Said
    sure: bool


class Understanding:
    """Reads descriptions in any of the languages of the gazetteer."""

    def __init__(self, *, gazetteer: Gazetteer, this_year: int | None = None) -> None:
        self._gazetteer = gazetteer
        self._index = build_index(gazetteer)
        self._speller = Speller(self._index)
        self._specs = SpecMaker(gazetteer=gazetteer)
        self._this_year = this_year or time.gmtime().tm_year

    def understand(self, description: str, *, previous: CarSpec | None = None) -> Reading:
        """Read a description; with `previous`, also a short change of that car.

        Raises BadDescription for nothing at all and for more than 2000 characters.
        """
        if not description.strip():
            raise BadDescription(kind="empty", limit=LIMIT)
        if len(description) > LIMIT:
            raise BadDescription(kind="too_long", length=len(description), limit=LIMIT)
        folded = fold(description)
        if unsuitable(folded):
            return self._unsuitable(folded, description)
        place = orders_at(folded)
        if place is None:
            return self._read(folded, description, previous)
        reading = self._read(folded[:place], description, previous)
        if reading.kind is ReadingKind.NO_CAR:
            reading = self._read(folded, description, previous)
        return replace(reading, notes=(*reading.notes, Note(NoteKind.INSTRUCTIONS_IGNORED)))

    def _unsuitable(self, folded: str, description: str) -> Reading:
        """Refused: nothing but the colour is kept."""
        analysis = analyse(self._index, self._speller, folded, description)
        said = Said(color=analysis.said(range(len(analysis.tokens)), None).color)
        spec = self._specs.spec(Name(), said, confidence=0.0)
        return Reading(kind=ReadingKind.UNSUITABLE, specs=(spec,), notes=(Note(NoteKind.UNSUITABLE),))

    def _read(self, folded: str, description: str, previous: CarSpec | None) -> Reading:
        analysis = analyse(self._index, self._speller, folded, description)
        cars = self._supported(analysis, following=previous is not None)
        if previous is not None:
            reading = self._change(analysis, cars, previous)
            if reading is not None:
                return reading
        if not cars:
            return self._without_name(analysis)
        notes = [note for car in cars for note in self._notes(analysis, car)]
        if len(cars) > 1:
            firsts = tuple(self._specs_of(car)[0] for car in cars)
            several = Note(NoteKind.SEVERAL_CARS, tuple(("car", spec.name) for spec in firsts))
            return Reading(
                kind=ReadingKind.SEVERAL, specs=firsts, angles=analysis.angles, notes=(several, *_once(notes))
            )
        specs = self._specs_of(cars[0])
        kind = ReadingKind.CAR if cars[0].sure and len(specs) == 1 else ReadingKind.UNSURE
        return Reading(kind=kind, specs=tuple(specs), angles=analysis.angles, notes=_once(notes))

    def _supported(self, analysis: Analysis, *, following: bool) -> list[_Car]:
        """Cars whose names are names: an everyday word needs something else of a car beside it."""
        named = [car for car, window in analysis.windows() if self._is_car(analysis, car, window, following)]
        kept: list[_Car] = []
        for car, window in analysis.windows(named):
            said = analysis.said(window, car)
            sure = not car.weak or _firm(car) or _backed(analysis, car, window, said) or analysis.is_code(car)
            kept.append(_Car(car, said, sure and car.model is not None and not car.others))
        return kept

    @staticmethod
    def _is_car(analysis: Analysis, car: Found, window: range, following: bool) -> bool:
        said = analysis.said(window, car)
        backed = _backed(analysis, car, window, said)
        alone = not (backed or said.color)
        if car.typo and alone and (not car.brand_said or (car.model is None and not analysis.fully_known)):
            return False
        if not car.weak or _firm(car):
            return True
        others = any(not other.weak for other in analysis.cars)
        if others and not said.year and not (said.color and analysis.long_name(car)):
            return False
        if backed:
            return True
        if following and not (analysis.starts_with(car) and analysis.fully_known):
            return False
        tinted = (
            bool(said.color)
            and analysis.unknown_words <= _FEW
            and (car.model is not None or analysis.beside_color(car))
        )
        return tinted or (analysis.fully_known and not car.others)

    def _confidence(self, car: _Car) -> float:
        score = SURE
        score -= 0.1 * (not car.found.brand_said)
        score -= 0.15 * car.found.typo
        score -= 0.1 * car.found.weak
        score -= 0.15 * self._outside(car)
        return score if car.sure else min(score, _UNSURE)

    def _outside(self, car: _Car) -> bool:
        return any(
            note.kind is NoteKind.YEAR_OUTSIDE for note in notes_of(car.found, car.said, self._this_year)
        )

    def _specs_of(self, car: _Car) -> list[CarSpec]:
        """The best reading first, other readings behind it."""
        found, said = car.found, car.said
        name = Name(found.brand, found.model, found.generation, found.brand_said)
        confidence = self._confidence(car)
        specs = [self._specs.spec(name, said, confidence=confidence)]
        readings = [(name, replace(said, color=color)) for color in said.colors_or]
        readings += [(Name(brand), said) for brand in found.others]
        if found.model is None and found.brand is not None and said.year is not None:
            twin = next((model for model in found.brand.models if model.name == str(said.year)), None)
            if twin is not None:
                readings.append((Name(found.brand, twin), replace(said, year=None)))
        others = (self._specs.spec(name, said, confidence=confidence / 2) for name, said in readings)
        return [*specs, *others]

    def _notes(self, analysis: Analysis, car: _Car) -> list[Note]:
        notes = notes_of(car.found, car.said, self._this_year)
        if car.found.model is None and car.found.brand is not None and analysis.unknown_model(car.found):
            notes.append(Note(NoteKind.UNKNOWN_MODEL, (("brand", car.found.brand.name),)))
        return notes

    def _without_name(self, analysis: Analysis) -> Reading:
        """A body or "car" with a colour or a year is worth a question; anything else is no car."""
        whole = range(len(analysis.tokens))
        said = analysis.said(whole, None)
        word = analysis.car_word(whole)
        if not (said.body and (analysis.plain_body or said.color or said.year or word)) and not (
            word and (said.color or said.year)
        ):
            return Reading(kind=ReadingKind.NO_CAR, angles=analysis.angles)
        spec = self._specs.spec(Name(), said, confidence=0.3)
        missing = [Note(NoteKind.MISSING_BRAND), Note(NoteKind.MISSING_MODEL)]
        notes = [*notes_of(None, said, self._this_year), *missing]
        return Reading(kind=ReadingKind.UNSURE, specs=(spec,), angles=analysis.angles, notes=_once(notes))

    def _change(self, analysis: Analysis, cars: Sequence[_Car], previous: CarSpec) -> Reading | None:
        """The earlier car changed, or None when the text names a car of its own."""
        whole = range(len(analysis.tokens))
        said = analysis.said(whole, cars[0].found if cars else None)
        if len(cars) > 1:
            return None
        if cars:
            found = cars[0].found
            same = found.brand is not None and found.brand.name == previous.brand
            if not (same and (found.model is None or found.model.name == previous.model)):
                return self._other_car(analysis, cars[0], previous) if analysis.same_again else None
        generation = analysis.generation_of(previous.brand, previous.model)
        generation = generation or (cars[0].found.generation if cars else None)
        if not (said.anything or generation or analysis.angles or analysis.same_again or cars):
            return None
        if not (said.anything or generation or analysis.angles or cars) and not analysis.only_same:
            return None
        spec = self._specs.changed(previous, said, generation)
        model = self._gazetteer.model(spec.brand, spec.model)
        brand = self._gazetteer.brand(spec.brand)
        notes = notes_of(Found(brand=brand, model=model), said, self._this_year)
        kind = ReadingKind.CAR if spec.brand and spec.model else ReadingKind.UNSURE
        return Reading(kind=kind, specs=(spec,), angles=analysis.angles, notes=_once(notes))

    def _other_car(self, analysis: Analysis, car: _Car, previous: CarSpec) -> Reading:
        """`The same, but an Audi A6`: another name, the paint and the surroundings of the earlier car."""
        said = replace(
            car.said,
            color=car.said.color or previous.color,
            second_color=car.said.second_color or (None if car.said.color else previous.second_color),
            finish=car.said.finish or previous.finish,
            background=car.said.background or previous.background,
            condition=car.said.condition or previous.condition,
        )
        like = _Car(car.found, said, car.sure)
        specs = self._specs_of(like)
        kind = ReadingKind.CAR if car.sure and len(specs) == 1 else ReadingKind.UNSURE
        notes = _once(self._notes(analysis, like))
        return Reading(kind=kind, specs=tuple(specs), angles=analysis.angles, notes=notes)


def _firm(car: Found) -> bool:
    return car.brand_said and car.model is not None


def _backed(analysis: Analysis, car: Found, window: range, said: Said) -> bool:
    """Whether something else of a car stands beside the name."""
    if said.body or said.trim or said.finish or car.generation or analysis.car_word(window, "about"):
        return True
    return bool(said.year) and (analysis.beside_year(car) or analysis.unknown_words <= _FEW)


def _once(notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))
