"""How many albums a second are delivered, against bare calls of `send_media_group` in the same run?"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from telegram import InputMediaPhoto

from bot.handlers.outbox import Outbox
from bot.handlers.voice import Voice, make_bot, make_voice
from bot.pipeline.deliver import Delivery
from bot.pipeline.model import Album, Session, Strength
from bot.pipeline.runs import UPLOADS
from storage import Storage, open_storage
from tests.bench.figure import Figure, median
from tests.bench.ours import WITHOUT_PACE
from tests.bench.processes import OURS, open_telegram
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views
from tests.fakes.clock import RealClock

_BYTES = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """What both ways of sending share."""

    storage: Storage
    voice: Voice
    delivery: Delivery


async def figures(*, short: bool) -> list[Figure]:
    """Albums of two pictures of 300 kB; ours reads the rows, marks before and after, and settles."""
    rounds, count = (1, 3) if short else (5, 40)
    ours, bare = [], []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        telegram = await stack.enter_async_context(open_telegram())
        storage = await stack.enter_async_context(
            open_storage(f"sqlite:///{folder / 'rows.sqlite3'}", media_dir=folder / "media")
        )
        outbox = await stack.enter_async_context(Outbox(clock=RealClock(), limits=WITHOUT_PACE))
        voice = make_voice(bot=make_bot(token=OURS, base_url=telegram.url), outbox=outbox, clock=RealClock())
        await stack.enter_async_context(voice.bot)
        delivery = Delivery(store=storage.sessions, courier=voice.courier)
        post = _Post(storage=storage, voice=voice, delivery=delivery)
        for number in range(rounds):
            albums = [await _drawn(storage, f"{number} {place}", place) for place in range(count)]
            bare.append(await _bare(post, count))
            ours.append(await _ours(post, albums))
    return [
        Figure(
            part="albums",
            what="delivered a second",
            value=count / median(ours),
            unit="/s",
            floor=count / median(bare),
            floor_is="bot.send_media_group with the same pictures, as many at once",
        )
    ]


async def _drawn(storage: Storage, message: str, place: int) -> tuple[Session, Album]:
    """An accepted album whose pictures are stored, each person in a chat of their own."""
    session = a_session(message, owner=str(1000 + place), chat=str(1000 + place))
    album = an_album(session)
    store = storage.sessions
    await store.accept(session, album, blank_views(album))
    for angle in (FRONT, SIDE):
        await store.save_picture(session.id, angle, a_picture(b"\xff\xd8" + bytes(_BYTES)), choose=True)
    await store.set_provider(session.id, album.number, "fake", Strength.SEEDS)
    stored = await store.album(session.id, album.number)
    assert stored is not None
    return session, stored


async def _ours(post: _Post, albums: Sequence[tuple[Session, Album]]) -> float:
    places = asyncio.Semaphore(UPLOADS)

    async def one(session: Session, album: Album) -> None:
        async with places:
            await post.delivery.bring(session, album)

    started = time.perf_counter()
    await asyncio.gather(*(one(session, album) for session, album in albums))
    return time.perf_counter() - started


async def _bare(post: _Post, count: int) -> float:
    places, content = asyncio.Semaphore(UPLOADS), b"\xff\xd8" + bytes(_BYTES)

    async def one(chat: int) -> None:
        async with places:
            await post.voice.bot.send_media_group(chat, [InputMediaPhoto(content) for _ in range(2)])

    started = time.perf_counter()
    await asyncio.gather(*(one(1000 + place) for place in range(count)))
    return time.perf_counter() - started
