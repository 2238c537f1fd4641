"""Spans reach a collector with their parents and without people's words; without the package nothing is loaded."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Album
from bot.pipeline.ports import Event, Step
from bot.watch.watch import open_watch
from tests.fakes.cars import FRONT, a_session, an_album
from tests.fakes.clock import RealClock
from tests.loopback.collector import Collector

ROOT = Path(__file__).resolve().parents[3]
WITHOUT = """
import sys
from bot.__main__ import commands
commands(["parse"])
assert not {"bot.config", "rich.progress", "structlog", "telegram"} & set(sys.modules), "loaded with another command"
import bot.serve
RARE = ("opentelemetry", "alembic", "sqlalchemy.orm", "scipy", "skimage", "matplotlib", "mitsuba", "openai", "simpy")
assert not [name for name in RARE if name in sys.modules], "loaded without being asked"
sys.modules["opentelemetry"] = None
from bot.watch.spans import open_spans
assert open_spans("http://127.0.0.1:9", version="1") is None
"""


class Deaf:
    def happened(self, event: Event) -> None: ...


def steps(album: Album) -> list[Event]:
    return [Event(step=step, album=album) for step in (Step.RESEARCHED, Step.COMPOSED)]


async def test_a_span_stands_below_the_one_in_whose_task_it_began() -> None:
    async with Collector() as collector:
        async with open_watch(clock=RealClock(), endpoint=collector.url) as watch:

            async def album() -> None:
                with watch.tracer.span("view", angle=FRONT):
                    raise ProviderError(provider="openai", kind=FailureKind.REFUSED, code="червоний BMW")

            with watch.tracer.span("update"):
                later = asyncio.create_task(album())
            with pytest.raises(ProviderError):
                await later
        (update,), (view,) = collector.of("update"), collector.of("view")
        assert (view.parent, view.trace) == (update.id, update.trace)
        assert update.parent == b""
        assert view.facts == {"rakurs.angle": "front", "error.type": "ProviderError.refused"}
        assert "червоний".encode() not in collector.raw
        assert b"exception" not in collector.raw


async def test_composing_is_timed_between_two_steps() -> None:
    async with Collector() as collector:
        async with open_watch(clock=RealClock(), endpoint=collector.url) as watch:
            progress = watch.progress(Deaf())
            for event in steps(an_album(a_session(), FRONT)):
                progress.happened(event)
        (compose,) = collector.of("compose")
        assert compose.facts["rakurs.session"].startswith("CAR-")


def test_nothing_is_loaded_unless_it_is_asked_for_and_nothing_breaks_without_the_package() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT], check=True, cwd=ROOT)
