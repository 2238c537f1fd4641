"""Are ids and seeds the same on every machine and for ever, and unique within a car?"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter

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
    # so many names that some collide for sure, and some of these once more
    names = [AngleName(f"angle {number}") for number in range(40_000)]
    seeds = seeds_for(CAR, names)
    taken: set[int] = set()
    attempts = Counter[int]()
    for name in names:
        attempt = next(number for number in itertools.count() if hashed(name, number) not in taken)
        assert seeds[name] == hashed(name, attempt)
        taken.add(seeds[name])
        attempts[attempt] += 1
    assert set(attempts) >= {0, 1, 2}


def hashed(name: AngleName, attempt: int) -> int:
    material = f"{CAR}\n{name}\n{attempt}" if attempt else f"{CAR}\n{name}"
    return 100_000 + int.from_bytes(hashlib.sha256(material.encode()).digest()[:8], "big") % 900_000


@pytest.mark.parametrize("text", ["CAR-1A2B3C4D", "car-1a2b3c4d", " 1a2b3c4d ", "1A2B3C4D"])
def test_an_id_is_understood_as_people_type_it(text: str) -> None:
    assert parse_session_id(text) == CAR


@pytest.mark.parametrize("text", ["", "CAR-", "CAR-1A2B3C4", "CAR-1A2B3C4DE", "CAR-1A2B3C4G", "../1A2B3C4D"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_session_id(text) is None
