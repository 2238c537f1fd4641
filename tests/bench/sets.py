"""How fast is a set of pictures, against bare HTTP calls at once and against one after the other?

All three talk to the same loopback provider with the same latencies in the same run.
"""

from __future__ import annotations

import asyncio
import base64
import io
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from PIL import Image
from rich.table import Table

from bot.pipeline.angles import CATALOGUE
from tests.loopback.pictures import Entry, Fault
from tests.unit.generate.conftest import Atelier, open_atelier

_ROUNDS = 3
_CASES = ((2.0, 1), (2.0, 3), (2.0, 6), (2.0, 10), (None, 3), (None, 10))
"""Latency in seconds (None: 0.5 to 3 with a long tail) and views."""
_MODEL = "seeded-model"
_COLUMNS = (
    "latency",
    "views",
    "bare s",
    "Rakurs s",
    "in sequence s",
    "Rakurs / slowest view",
    "bare / slowest view",
    "times faster than in sequence",
    "own ms",
)


async def table() -> Table:
    """Seconds at the median of three rounds, and their ratios."""
    result = Table(title="A set of views on a loopback provider; bare is a plain gather of HTTP calls")
    for name in _COLUMNS:
        result.add_column(name, justify="right")
    for latency, count in _CASES:
        label = f"{latency:g} s" if latency else "0.5–3 s"
        result.add_row(label, str(count), *await _row(latency, count))
    return result


async def _row(latency: float | None, count: int) -> tuple[str, ...]:
    angles = list(CATALOGUE)[:count]
    with tempfile.TemporaryDirectory() as folder:
        async with open_atelier(Path(folder), latency=latency or 0.0, model=_MODEL, patience=60) as atelier:
            if latency is None:
                atelier.server.faults = _long_tail
            ours, slowest = await _median(
                atelier, lambda: atelier.draw(atelier.openai, angles=angles), _ROUNDS
            )
            bare, bare_slowest = await _median(atelier, lambda: _bare(atelier, count), _ROUNDS)
            slow, _ = await _median(atelier, lambda: _in_sequence(atelier, count), 1)
    return (
        f"{bare:.2f}",
        f"{ours:.2f}",
        f"{slow:.2f}",
        f"{ours / slowest:.3f}",
        f"{bare / bare_slowest:.3f}",
        f"{slow / ours:.2f}",
        f"{(ours - slowest) * 1000:.0f}",
    )


def _long_tail(entry: Entry, _before: int) -> Fault:
    """Most are quick, one in ten is slow; the delay hangs on the seed."""
    place = sum(ord(letter) for letter in entry.seed or entry.prompt) % 10
    return Fault(delay=3.0 if place == 0 else 0.5 + place / 10)


async def _median(
    atelier: Atelier, work: Callable[[], Awaitable[object]], rounds: int
) -> tuple[float, float]:
    """Wall seconds of the whole, and seconds of its slowest call as the server saw it."""
    seconds, slowest = [], []
    for _ in range(rounds):
        atelier.server.ledger.clear()
        start = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - start)
        slowest.append(max(entry.finished - entry.started for entry in atelier.server.ledger))
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
