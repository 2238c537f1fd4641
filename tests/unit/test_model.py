"""What do the frozen values say of themselves: names, ids, best readings, the words of a rung?"""

from __future__ import annotations

import pytest

from bot.pipeline.model import Body, CarSpec, Reading, ReadingKind, Rung
from tests.fakes.cars import PROMPT, a_session, an_album


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (CarSpec(brand="BMW", model="X5", body=Body.SUV), "BMW X5"),
        (CarSpec(brand="BMW", body=Body.SUV), "BMW"),
        (CarSpec(model="X5"), "X5"),
        (CarSpec(body=Body.SUV), "suv"),
        (CarSpec(), "car"),
    ],
)
def test_a_car_is_called_by_what_is_known_of_it(spec: CarSpec, name: str) -> None:
    assert spec.name == name


def test_the_best_reading_stands_first() -> None:
    first, second = CarSpec(brand="BMW"), CarSpec(brand="Audi")
    assert Reading(kind=ReadingKind.UNSURE, specs=(first, second)).spec is first
    assert Reading(kind=ReadingKind.NO_CAR).spec is None


@pytest.mark.parametrize(
    ("rung", "sentences", "tags"),
    [
        (Rung.FULL, PROMPT.full, PROMPT.full_tags),
        (Rung.UNBADGED, PROMPT.unbadged, PROMPT.unbadged_tags),
        (Rung.GENERIC, PROMPT.generic, PROMPT.generic_tags),
    ],
)
def test_every_rung_has_sentences_and_tags(rung: Rung, sentences: str, tags: str) -> None:
    assert PROMPT.text(rung, instructions=True) == sentences
    assert PROMPT.text(rung, instructions=False) == tags


def test_an_album_is_called_by_its_car_and_its_number() -> None:
    session = a_session()
    assert an_album(session, number=2).id == f"{session.id}/2"
