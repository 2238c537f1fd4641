"""Inline mode gives people their own stored pictures, in pages, and never anybody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.fakes.cars import a_session, an_album, blank_views
from tests.unit.handlers.conftest import House
from tests.unit.handlers.test_spins import a_car


def typed(words: str, *, user: int = 7, offset: str = "") -> dict[str, Any]:
    sender = {"id": user, "is_bot": False, "first_name": "Ann", "language_code": "en"}
    return {"inline_query": {"id": "1", "from": sender, "query": words, "offset": offset}}


async def answer(house: House, update: dict[str, Any]) -> dict[str, str]:
    """The fields of the bot's answer."""
    before = len(house.api.of("answerInlineQuery"))
    await house.api.push(update)
    await house.api.until(lambda: len(house.api.of("answerInlineQuery")) > before)
    return house.api.of("answerInlineQuery")[-1].fields


async def test_one_picture_a_car_without_words_and_all_of_those_that_fit_with_words(house: House) -> None:
    session = await a_car(house)
    fields = await answer(house, typed(""))
    (one,) = json.loads(fields["results"])
    views = house.store.view_rows[session.id]
    assert (one["type"], one["photo_file_id"]) == ("photo", views[0].file_id)
    assert "BMW X5" in one["caption"]
    assert (fields["cache_time"], fields["is_personal"], fields["next_offset"]) == ("0", "true", "")
    every = json.loads((await answer(house, typed("bmw RED")))["results"])
    assert [row["photo_file_id"] for row in every] == [view.file_id for view in views]
    assert len({row["id"] for row in every}) == 5
    assert json.loads((await answer(house, typed("audi")))["results"]) == []


async def test_nobody_else_sees_them(house: House) -> None:
    session = await a_car(house)
    for words in ("", "bmw", session.id):
        fields = await answer(house, typed(words, user=8))
        assert json.loads(fields["results"]) == []
    assert json.loads(fields["button"])["start_parameter"] == "new"


async def test_many_cars_come_in_pages_and_an_offset_from_nowhere_is_the_first(house: House) -> None:
    for number in range(45):
        session = a_session(str(number), created=1000.0 + number)
        album = an_album(session)
        await house.store.accept(session, album, blank_views(album))
        house.store.view_rows[session.id] = [
            replace(view, file_id=f"f-{number}") for view in house.store.view_rows[session.id]
        ]
    first = await answer(house, typed(""))
    assert (len(json.loads(first["results"])), first["next_offset"]) == (20, "20")
    last = await answer(house, typed("", offset="40"))
    assert (len(json.loads(last["results"])), last["next_offset"]) == (5, "")
    assert len(json.loads((await answer(house, typed("", offset="-1; x")))["results"])) == 20
    assert len(json.loads((await answer(house, typed("škoda")))["results"])) == 40
    assert json.loads((await answer(house, typed("nothing")))["results"]) == []
