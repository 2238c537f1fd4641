"""Does `rakurs simulate` foretell the real bot? One crowd for real, and the same crowd simulated.

The wishes of the real run are played as a trace; everything else are the bot's own limits and the
loopback servers' figures, but for what this machine needs of its own for a picture: a smaller crowd
before it is served by a provider that takes almost no time, so that only our own work is left.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.simulation.arrivals import Arrival, Trace
from bot.simulation.latency import Fixed
from bot.simulation.outcome import play
from bot.simulation.plan import Fleet, Maker, Plan, Telegram
from tests.bench.figure import Figure
from tests.e2e.conftest import Town
from tests.load import crowd
from tests.load.run import free_port
from tests.load.servers import CrowdPictures, CrowdTelegram

_TOLERANCE = 0.3
_AT_ONCE = 10  # what the provider of the loopback server is taken to bear
_NO_TIME = 0.02
_SHOWS = {"editMessageMedia", "sendMediaGroup", "sendPhoto"}
_ALBUM = {"sendMediaGroup", "sendPhoto"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many people within so many seconds; seconds of a picture; people of the run before."""

    people: int = 60
    within: float = 5.0
    views: int = 3
    seconds: float = 1.5
    before: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a crowd met: moments of its wishes, seconds to the first picture and to the album.

    `own` is the seconds between two pictures that were asked for, on average.
    """

    wishes: Sequence[Arrival]
    first: Sequence[float]
    album: Sequence[float]
    own: float
    upload: float


class _Pictures(CrowdPictures):
    """Notes when each picture was asked for."""

    def __init__(self, *, latency: float) -> None:
        super().__init__(latency=latency)
        self.asked: list[float] = []

    async def _generations(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(asyncio.get_running_loop().time())
        return await super()._generations(request)


async def figures(*, short: bool) -> list[Figure]:
    """Simulated seconds, with the real ones as what they must come near to."""
    size = Size(people=4, within=0.5, seconds=0.1, before=3) if short else Size()
    before = await _real(Size(people=size.before, within=0.5, views=size.views, seconds=_NO_TIME))
    real = await _real(size)
    plan = Plan(
        arrivals=Trace(rows=real.wishes),
        views=size.views,
        maker=Maker(latency=Fixed(size.seconds), at_once=_AT_ONCE),
        fleet=Fleet(loop=before.own, cpu=0.0, search=0.0),
        telegram=Telegram(upload=real.upload),
    )
    foretold = play(plan).outcome
    rows = (
        ("first picture, p50", foretold.first.p50, _at(real.first, 0.5)),
        ("first picture, p95", foretold.first.p95, _at(real.first, 0.95)),
        ("album, p50", foretold.album.p50, _at(real.album, 0.5)),
        ("album, p95", foretold.album.p95, _at(real.album, 0.95)),
    )
    crowd_words = f"the real bot, {size.people} people in {size.within:g} s"
    return [
        Figure(
            part="foretold",
            what=f"{what}, simulated",
            value=simulated,
            unit="s",
            floor=seen,
            floor_is=crowd_words,
            least=1 - _TOLERANCE,
            most=1 + _TOLERANCE,
        )
        for what, simulated, seen in rows
    ]


async def _real(size: Size) -> Run:
    with tempfile.TemporaryDirectory(prefix="rakurs-foretold-") as folder:
        async with CrowdTelegram() as api, _Pictures(latency=size.seconds) as pictures:
            town, port = Town(api=api, pictures=pictures, folder=Path(folder)), free_port()
            seen = crowd.Seen(plan=crowd.Plan(people=size.people, within=size.within, views=size.views))
            people = crowd.Crowd(api=api, pictures=pictures, town=town, port=port, seen=seen)
            try:
                await town.start(RAKURS_HTTP_PORT=str(port))
                await people.come()
            finally:
                await town.stop()
    first = {sent.chat: sent.at for sent in reversed(api.sent) if sent.method in _SHOWS}
    album = {sent.chat: sent.at + api.upload for sent in api.sent if sent.method in _ALBUM}
    return Run(
        wishes=[Arrival(at=at - seen.began, owner=chat) for chat, at in seen.asked.items()],
        first=[first[chat] - at for chat, at in seen.asked.items()],
        album=[album[chat] - at for chat, at in seen.asked.items()],
        own=(max(pictures.asked) - min(pictures.asked)) / (len(pictures.asked) - 1),
        upload=api.upload,
    )


def _at(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[math.ceil(share * len(ordered)) - 1]
