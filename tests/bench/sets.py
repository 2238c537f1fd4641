"""How fast is a set of pictures, against bare HTTP calls at once and against one after the other?

All three talk to the same loopback provider with the same latencies in the same run.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from PIL import Image
from structlog.testing import capture_logs

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.generate import SetDrawer
from bot.pipeline.inspect import JPEG_QUALITY
from bot.pipeline.ports import Event, Step
from tests.bench.figure import Figure
from tests.loopback.pictures import Entry, Fault
from tests.unit.generate.conftest import Atelier, Listener, open_atelier

_ROUNDS = 5
_CASES = tuple((latency, views) for latency in (2.0, None) for views in (1, 3, 6, 10))
"""Latency in seconds (None: with a long tail) and views."""
_MEDIAN, _SPREAD = 1.5, math.log(4) / statistics.NormalDist().inv_cdf(0.99)
"""Of the long tail: a log-normal distribution in seconds whose p99 is four times its median."""
_MODEL = "seeded-model"
_THREE = 3  # views of which it must be 2.9 times as fast as one after the other


async def figures(*, short: bool) -> list[Figure]:
    """Seconds at the median of some rounds, ours and the bare calls in turns."""
    found: list[Figure] = []
    for latency, count in ((0.2, 2),) if short else _CASES:
        label = f"{count} of {latency:g} s" if latency else f"{count} with a long tail"
        found += await _row(latency, count, label, rounds=1 if short else _ROUNDS)
    return found


async def _row(latency: float | None, count: int, label: str, *, rounds: int) -> list[Figure]:
    angles = list(CATALOGUE)[:count]
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_atelier(Path(folder), latency=latency or 0.0, model=_MODEL, patience=60) as atelier,
            httpx.AsyncClient(timeout=60) as client,
        ):
            if latency is None:
                atelier.server.faults = _long_tail
            atelier.listener = told = _Told()
            # the bot has one drawer for all its sets; a race would beat the slowest view, which is the floor here
            atelier.rules = replace(atelier.rules, hedge=False)
            drawer = atelier.drawer(atelier.openai)
            ours, bare = [], []
            for _ in range(rounds):
                bare.append(await _timed(atelier, _bare(client, atelier, count)))
                ours.append(await _timed(atelier, _drawn(atelier, drawer, angles), told))
            slow = await _timed(atelier, _in_sequence(client, atelier, count))
    coding = max(0.0, statistics.median(one.beyond for one in bare))
    wall = statistics.median(one.seconds for one in ours)
    slowest = statistics.median(one.slowest for one in ours)

    def figure(what: str, value: float, floor: float, words: str, **bounds: float) -> Figure:
        return Figure(
            part="sets", what=f"{label}: {what}", value=value, unit="s", floor=floor, floor_is=words, **bounds
        )

    found = [
        figure(
            "Rakurs",
            wall,
            slowest + coding,
            "the slowest view, and what a bare gather takes beyond it to decode and encode",
            most=1.05,
        ),
        Figure(
            part="sets",
            what=f"{label}: own time of Rakurs",
            value=statistics.median(one.beyond for one in ours) - coding,
            unit="s",
            most=0.15,
        ),
        Figure(
            part="sets",
            what=f"{label}: from the first picture's last byte until it is told",
            value=statistics.median(told.waits),
            unit="s",
            most=0.3,
        ),
        figure("the same", wall, slowest, "the slowest view alone, as the provider saw it"),
    ]
    if latency is not None:
        # with a long tail each view waits for itself: the sum is no multiple of the slowest
        bounds = {"least": 2.9} if count == _THREE else {}
        found.append(figure("one after the other", slow.seconds, wall, "Rakurs", **bounds))
    return found


class _Told(Listener):
    """Notes when the first picture of a set was told."""

    def __init__(self) -> None:
        super().__init__()
        self.first: float | None = None
        self.waits: list[float] = []

    def happened(self, event: Event) -> None:
        """As the status of the chat would be queued to show it."""
        if event.step is Step.DRAWN and self.first is None:
            self.first = asyncio.get_running_loop().time()


def _long_tail(entry: Entry, _before: int) -> Fault:
    """The delay hangs on the seed."""
    share = random.Random(entry.seed or entry.prompt).uniform(0.001, 0.999)
    return Fault(delay=_MEDIAN * math.exp(_SPREAD * statistics.NormalDist().inv_cdf(share)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Wall seconds of the whole, and seconds of its slowest call as the server saw it."""

    seconds: float
    slowest: float

    @property
    def beyond(self) -> float:
        """Seconds that were not the provider's."""
        return self.seconds - self.slowest


async def _timed(atelier: Atelier, work: Awaitable[object], told: _Told | None = None) -> _Round:
    atelier.server.ledger.clear()
    if told is not None:
        told.first = None
    start = time.perf_counter()
    await work
    seconds = time.perf_counter() - start
    if told is not None and told.first is not None:
        told.waits.append(told.first - min(entry.finished for entry in atelier.server.ledger))
    slowest = max(entry.finished - entry.started for entry in atelier.server.ledger)
    return _Round(seconds=seconds, slowest=slowest)


async def _drawn(atelier: Atelier, drawer: SetDrawer, angles: Sequence[str]) -> None:
    """A set from its acceptance on; what is logged is kept and not printed."""
    with capture_logs():
        await drawer.draw_set(*await atelier.accept(angles))


async def _call(client: httpx.AsyncClient, atelier: Atelier, number: int) -> None:
    body = {"model": _MODEL, "prompt": f"a car, seed {100000 + number}", "n": 1, "size": "1536x1024"}
    answer = await client.post(f"{atelier.server.openai_url}/images/generations", json=body)
    content = base64.b64decode(answer.json()["data"][0]["b64_json"])
    await asyncio.to_thread(_as_jpeg, content)


def _as_jpeg(content: bytes) -> None:
    """What a chat needs of a picture, and no more."""
    Image.open(io.BytesIO(content)).convert("RGB").save(
        io.BytesIO(), "JPEG", quality=JPEG_QUALITY, subsampling=0
    )


async def _bare(client: httpx.AsyncClient, atelier: Atelier, count: int) -> None:
    """The floor: plain calls at once, pictures decoded and encoded, nothing looked at, nothing kept."""
    await asyncio.gather(*(_call(client, atelier, number) for number in range(count)))


async def _in_sequence(client: httpx.AsyncClient, atelier: Atelier, count: int) -> None:
    for number in range(count):
        await _call(client, atelier, number)
