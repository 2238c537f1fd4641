"""How many workers run the tests, and how do their logs look? Plain tracebacks: pretty ones take seconds."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.config import take_timedeltas
from tests.e2e.nursery import Nursery

take_timedeltas()

structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback, pad_event_to=30
        ),
    ]
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: a quarter of its time a worker waits for timers and for other processes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=_patience, reverse=True)


def _patience(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark and mark.args else 0.0


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery | None]:
    """Where processes of the bot come from that need not be loaded anew; None where Python starts for each."""
    if sys.platform != "linux":
        yield None
        return
    with Nursery() as opened:
        yield opened


def pytest_collection() -> None:
    """What is loaded for the tests stays: nothing of it is looked through for garbage, now or later."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
