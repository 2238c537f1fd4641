"""What is worth telling about how a car was read?"""

from __future__ import annotations

import re

from bot.pipeline.model import Note, NoteKind
from bot.pipeline.understand.cars import Found
from bot.pipeline.understand.specs import Said

_YEAR_LIKE = re.compile(r"1[89]\d\d|20\d\d")
_FIRST_CAR = 1886


def notes_of(found: Found | None, said: Said, this_year: int) -> list[Note]:
    """Notes on one car; facts are recognised values only."""
    notes: list[Note] = []
    if found is not None:
        notes += _names(found, said)
    outside = _outside(found, said.year, this_year)
    if outside is not None:
        notes.append(outside)
    notes += [Note(NoteKind.NEGATED_COLOR, (("color", color),)) for color in said.not_colors]
    if said.nearest:
        notes.append(Note(NoteKind.NEAREST_COLOR, (("color", said.nearest),)))
    if said.color_typo and said.color:
        notes.append(Note(NoteKind.TYPO, (("color", said.color),)))
    return notes


def _names(found: Found, said: Said) -> list[Note]:
    notes: list[Note] = []
    brand = found.brand.name if found.brand else ""
    if found.model is None:
        notes.append(Note(NoteKind.MISSING_MODEL, (("brand", brand),)))
        twin = said.year and found.brand and any(m.name == str(said.year) for m in found.brand.models)
        if twin:
            notes.append(Note(NoteKind.AMBIGUOUS_YEAR_MODEL, (("brand", brand), ("model", str(said.year)))))
    elif _YEAR_LIKE.fullmatch(found.model.name) and said.year is None:
        notes.append(Note(NoteKind.AMBIGUOUS_YEAR_MODEL, (("brand", brand), ("model", found.model.name))))
    if found.typo:
        facts = (("brand", brand), ("model", found.model.name)) if found.model else (("brand", brand),)
        notes.append(Note(NoteKind.TYPO, facts))
    return notes


def _outside(found: Found | None, year: int | None, this_year: int) -> Note | None:
    """A year in which the car was not made; a car's last model year may be sold a year longer."""
    if year is None:
        return None
    span = found.generation or found.model if found is not None else None
    first = span.first_year if span is not None else _FIRST_CAR
    last = span.last_year + 1 if span is not None and span.last_year is not None else this_year + 1
    if first - 1 <= year <= last and _FIRST_CAR <= year <= this_year + 1:
        return None
    return Note(NoteKind.YEAR_OUTSIDE, (("year", str(year)), ("first", str(first)), ("last", str(last))))
