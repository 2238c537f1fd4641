"""Is nothing lost, sent twice, bought twice or mixed, whatever happens between any two steps?"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

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
