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
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from PIL import Image

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.ports import Event, Step
from tests.bench.figure import Figure
from tests.loopback.pictures import Entry, Fault
from tests.unit.generate.conftest import Atelier, Listener, open_atelier

_ROUNDS = 3
_CASES = tuple((latency, views) for latency in (2.0, None) for views in (1, 3, 6, 10))
"""Latency in seconds (None: with a long tail) and views."""
_MEDIAN, _SPREAD = 1.5, math.log(4) / statistics.NormalDist().inv_cdf(0.99)
"""Of the long tail: a log-normal distribution in seconds whose p99 is four times its median."""
_MODEL = "seeded-model"
_THREE = 3  # views of which it must be 2.9 times as fast as one after the other


async def figures(*, short: bool) -> list[Figure]:
    """Seconds at the median of three rounds; the floor is the slowest view, as the provider saw it."""
    found: list[Figure] = []
    for latency, count in ((0.2, 2),) if short else _CASES:
        label = f"{count} of {latency:g} s" if latency else f"{count} with a long tail"
        found += await _row(latency, count, label, rounds=1 if short else _ROUNDS)
    return found


async def _row(latency: float | None, count: int, label: str, *, rounds: int) -> list[Figure]:
    angles = list(CATALOGUE)[:count]
    with tempfile.TemporaryDirectory() as folder:
        async with open_atelier(Path(folder), latency=latency or 0.0, model=_MODEL, patience=60) as atelier:
            if latency is None:
                atelier.server.faults = _long_tail
            atelier.listener = told = _Told()
            ours, slowest = await _median(
                atelier, lambda: atelier.draw(atelier.openai, angles=angles), rounds, told
            )
            bare, bare_slowest = await _median(atelier, lambda: _bare(atelier, count), rounds)
            slow, _ = await _median(atelier, lambda: _in_sequence(atelier, count), 1)

    def figure(what: str, value: float, floor: float, words: str, **bounds: float) -> Figure:
        return Figure(
            part="sets", what=f"{label}: {what}", value=value, unit="s", floor=floor, floor_is=words, **bounds
        )

    return [
        figure("Rakurs", ours, slowest, "the slowest view, as the provider saw it", most=1.05),
        Figure(part="sets", what=f"{label}: own time of Rakurs", value=ours - slowest, unit="s", most=0.15),
        Figure(
            part="sets",
            what=f"{label}: from the first picture's last byte until it is told",
            value=statistics.median(told.waits),
            unit="s",
            most=0.3,
        ),
        figure("bare gather of HTTP calls", bare, bare_slowest, "the slowest view, as the provider saw it"),
        figure("one after the other", slow, ours, "Rakurs", **({"least": 2.9} if count == _THREE else {})),
    ]


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


async def _median(
    atelier: Atelier, work: Callable[[], Awaitable[object]], rounds: int, told: _Told | None = None
) -> tuple[float, float]:
    """Wall seconds of the whole, and seconds of its slowest call as the server saw it."""
    seconds, slowest = [], []
    for _ in range(rounds):
        atelier.server.ledger.clear()
        if told is not None:
            told.first = None
        start = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - start)
        slowest.append(max(entry.finished - entry.started for entry in atelier.server.ledger))
        if told is not None and told.first is not None:
            told.waits.append(told.first - min(entry.finished for entry in atelier.server.ledger))
    return statistics.median(seconds), statistics.median(slowest)


async def _call(client: httpx.AsyncClient, atelier: Atelier, number: int) -> None:
    body = {"model": _MODEL, "prompt": f"a car, seed {100000 + number}", "n": 1, "size": "1536x1024"}
    answer = await client.post(f"{atelier.server.openai_url}/images/generations", json=body)
    content = base64.b64decode(answer.json()["data"][0]["b64_json"])
    await asyncio.to_thread(lambda: Image.open(io.BytesIO(content)).load())


async def _bare(atelier: Atelier, count: int) -> None:
    """The floor: plain calls at once, pictures decoded, nothing kept."""
    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(_call(client, atelier, number) for number in range(count)))


async def _in_sequence(atelier: Atelier, count: int) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(count):
            await _call(client, atelier, number)
