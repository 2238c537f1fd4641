"""Is nothing lost, sent twice, bought twice or mixed, whatever happens between any two steps?"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from bot.pipeline.errors import FailureKind
from tests.proofs.lives.machine import Life, LifeOnDisk


def lives(count: int, *, steps: int, repeatable: bool) -> settings:
    """So many lives of so many steps; a repeatable run has the same ones every time."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        derandomize=repeatable,
        print_blob=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_lives_in_memory() -> None:
    run_state_machine_as_test(Life, settings=lives(15, steps=25, repeatable=True))


def test_lives_on_disk() -> None:
    run_state_machine_as_test(LifeOnDisk, settings=lives(5, steps=20, repeatable=True))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("kind", "count"), [(Life, 1500), (LifeOnDisk, 300)])
def test_many_lives(kind: type[Life], count: int) -> None:
    run_state_machine_as_test(kind, settings=lives(count, steps=40, repeatable=False))


def a_life() -> tuple[list[dict[str, str]], dict[int, str]]:
    """One with everything in it: what the bot logged, and what people see at its end."""
    random.seed(7)
    life = LifeOnDisk()
    life.begins()
    life.describe(7, ["front", "side"])
    life.describe(8, [])
    life.provider_fails("one", FailureKind.SERVER, 5)
    life.storage_fails(20, True, 1, "")
    for seed in range(2):
        life.go_on(60, seed)
        life.nothing_is_wrong()
    life.kill()
    life.start()
    life.more(0, "top")
    life.telegram_fails("album", "lost", 1)
    life.go_on(30, 7)
    life.teardown()
    logs = [{key: str(value) for key, value in entry.items()} for entry in life.logs]
    return logs, dict(life.world.chats.texts)


def test_a_life_on_disk_can_be_repeated_step_by_step() -> None:
    first = a_life()
    assert len(first[0]) > 20
    assert a_life() == first


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("answer", ["flood", "unwritten", "moved", "lost"])
def test_a_film_whose_mark_got_no_answer(answer: str, late: bool) -> None:
    life = Life()
    life.begins()
    life.describe(7, ["front"])
    for seed in range(20):
        life.go_on(60, seed)
    life.film(0, stop=False)
    life.storage_fails(0, late, 2, "move")
    life.telegram_fails("album", answer, 1)
    life.go_on(60, 1)
    life.nothing_is_wrong()
    life.teardown()
    assert life.world.ledger.films.uploads.total() == 1
