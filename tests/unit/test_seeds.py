"""Are ids and seeds the same on every machine and for ever, and unique within a car?"""

from __future__ import annotations

import hashlib

import pytest

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import AngleName, SessionId, origin_for, parse_session_id, seeds_for, session_id_for

CAR = SessionId("CAR-1A2B3C4D")


def test_an_id_is_made_of_bot_chat_and_message_alone() -> None:
    one = session_id_for(origin_for(bot="1", chat="2", message="3"))
    assert one == "CAR-" + hashlib.sha256(b"1\n2\n3").hexdigest()[:8].upper()
    others = {
        session_id_for(origin_for(bot=bot, chat=chat, message=message))
        for bot, chat, message in [("9", "2", "3"), ("1", "9", "3"), ("1", "2", "9"), ("12", "3", "")]
    }
    assert len(others | {one}) == 5


def test_a_further_attempt_is_another_id() -> None:
    origin = origin_for(bot="1", chat="2", message="3")
    assert len({session_id_for(origin, attempt) for attempt in range(4)}) == 4
    assert session_id_for(origin, 0) == session_id_for(origin)


def test_a_seed_is_made_of_id_and_angle_alone() -> None:
    seeds = seeds_for(CAR, CATALOGUE)
    digest = hashlib.sha256(b"CAR-1A2B3C4D\nfront").digest()
    assert seeds[AngleName("front")] == 100_000 + int.from_bytes(digest[:8], "big") % 900_000
    assert list(seeds) == list(CATALOGUE)
    assert len(set(seeds.values())) == len(CATALOGUE)
    assert all(100_000 <= seed <= 999_999 for seed in seeds.values())


def test_a_seed_that_is_taken_is_hashed_again_with_a_counter() -> None:
    # so many names that some collide for sure
    names = [AngleName(f"angle {number}") for number in range(3000)]
    seeds = seeds_for(CAR, names)
    assert len(set(seeds.values())) == len(names)
    taken: dict[int, AngleName] = {}
    again = []
    for name in names:
        first = (
            100_000 + int.from_bytes(hashlib.sha256(f"{CAR}\n{name}".encode()).digest()[:8], "big") % 900_000
        )
        if first in taken:
            again.append(name)
        taken[seeds[name]] = name
    assert again
    for name in again:
        digest = hashlib.sha256(f"{CAR}\n{name}\n1".encode()).digest()
        assert seeds[name] == 100_000 + int.from_bytes(digest[:8], "big") % 900_000


@pytest.mark.parametrize("text", ["CAR-1A2B3C4D", "car-1a2b3c4d", " 1a2b3c4d ", "1A2B3C4D"])
def test_an_id_is_understood_as_people_type_it(text: str) -> None:
    assert parse_session_id(text) == CAR


@pytest.mark.parametrize("text", ["", "CAR-", "CAR-1A2B3C4", "CAR-1A2B3C4DE", "CAR-1A2B3C4G", "../1A2B3C4D"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_session_id(text) is None
