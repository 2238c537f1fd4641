"""How do other programs (and our own command line) get an album? One call, one typed result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.app import House, open_house
from bot.config import Settings, load_settings
from bot.logs import leave_logs_to_the_caller
from bot.pipeline.accept import under_free_id
from bot.pipeline.angles import ALBUM_LIMIT, CATALOGUE, DEFAULT_ALBUM, parse_angles
from bot.pipeline.errors import NotOneCar, SetFailed, TooManyAngles
from bot.pipeline.folder import AlbumFacts, add_spin, make_folder, write_album
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    CarSpec,
    Picture,
    Reading,
    ReadingKind,
    Session,
    SessionId,
    View,
    ViewState,
    origin_for,
    seeds_for,
)
from bot.pipeline.ports import Event
from bot.words import open_words

DATABASE = "draw.sqlite3"
"""The command line's own rows: the bot must not take up what a terminal asked for."""
_OWNER = "cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """album.json's values; `failed` says why there is no picture at all."""

    facts: AlbumFacts
    failed: SetFailed | None


class Unwatched:
    """A Progress that nobody looks at."""

    def happened(self, event: Event) -> None:
        """Nothing to show."""


async def draw(
    description: str, *, angles: str | None = None, out: Path | None = None, settings: Settings | None = None
) -> AlbumFacts:
    """Draw one car: the same album.json, pictures and contact sheet as `rakurs draw`.

    `angles` are words separated by commas (the default album without them), `out` is the folder (one
    named after the session, in the current folder, without it). Settings come from the environment
    unless handed in. Raises BadDescription, NotOneCar, UnknownAngle, TooManyAngles, BadSettings,
    SetFailed when no picture came, and StorageError; an album with fewer pictures than asked is
    returned with its `missing` views.
    """
    settings, words = settings or load_settings(), open_words()
    if settings.rakurs_reader_model is None:
        # what cannot be drawn is known before anything is opened
        _wish(words.understanding.understand(description), angles)
    leave_logs_to_the_caller()
    async with open_house(settings, progress=Unwatched(), database=DATABASE, words=words) as house:
        return await draw_in(house, description, angles=angles, out=out)


async def draw_in(
    house: House, description: str, *, angles: str | None = None, out: Path | None = None
) -> AlbumFacts:
    """`draw` in a house that is open already."""
    reading = house.understanding.understand(description)
    if house.second is not None:
        reading = await house.second.read(description, reading)
    drawn = await draw_album(house, *_wish(reading, angles), out)
    if drawn.failed is not None:
        raise drawn.failed
    return drawn.facts


def _wish(reading: Reading, angles: str | None) -> tuple[CarSpec, tuple[AngleName, ...]]:
    """Raises NotOneCar, UnknownAngle and TooManyAngles."""
    if reading.spec is None or reading.kind not in {ReadingKind.CAR, ReadingKind.UNSURE}:
        raise NotOneCar(kind=reading.kind.value)
    asked = parse_angles(angles) if angles else reading.angles
    if len(asked) > ALBUM_LIMIT:
        raise TooManyAngles(asked=len(asked), limit=ALBUM_LIMIT)
    return reading.spec, asked


def draw_sync(
    description: str, *, angles: str | None = None, out: Path | None = None, settings: Settings | None = None
) -> AlbumFacts:
    """`draw` for programs without asyncio; safe in any thread, inside a running event loop too.

    It blocks its caller until the album is there, so inside a running loop prefer `await draw(…)`.
    Every call pays the start; for more than one album there is `bot.Rakurs`.
    """

    def run() -> AlbumFacts:
        return asyncio.run(draw(description, angles=angles, out=out, settings=settings))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1, thread_name_prefix="rakurs") as thread:
        return thread.submit(run).result()


async def draw_album(house: House, spec: CarSpec, angles: Sequence[AngleName], folder: Path | None) -> Drawn:
    """Accept, draw, write the folder (by default one named after the session, here).

    Raises TooManyAngles, and StorageError before anything is drawn where the folder cannot be written.
    """
    asked = tuple(angles) or DEFAULT_ALBUM
    if len(asked) > ALBUM_LIMIT:
        raise TooManyAngles(asked=len(asked), limit=ALBUM_LIMIT)
    started = house.clock.ticks()
    store = house.storage.sessions
    session, album = await _accepted(house, spec, asked)
    target = folder or Path(session.id)
    await asyncio.to_thread(make_folder, target)
    failed = None
    try:
        album = await house.drawer.draw_set(session, album)
    except SetFailed as error:
        failed = error
    views = {view.angle: view for view in await store.views(session.id)}
    pictures: dict[str, Picture] = {}
    for view in views.values():
        picture = await store.picture(session.id, view.angle, view.provider or "")
        if view.state is ViewState.DRAWN and picture is not None:
            pictures[view.angle] = picture
    facts = await asyncio.to_thread(
        write_album,
        target,
        session=session,
        album=album,
        views=[views[angle] for angle in asked],
        pictures=pictures,
        seconds=house.clock.ticks() - started,
        instructions=house.reads_sentences(album.provider),
        credits=await store.credits(session.id),
        charges=await house.storage.ledger.charges(session.id),
    )
    end = AlbumState.FAILED if failed else AlbumState.DELIVERED
    await store.move(session.id, album.number, old=AlbumState.OPEN, new=end)
    return Drawn(facts=facts, failed=failed)


async def draw_spin(house: House, spec: CarSpec, facts: AlbumFacts, folder: Path, frames: int) -> None:
    """The same car turning once round, as spin.mp4 beside its pictures; always drawn by the studio.

    Adds `spin` to album.json. Raises ProviderError and StorageError.
    """
    film = await house.studio.spin(spec, SessionId(facts["session_id"]), frames)
    await asyncio.to_thread(add_spin, folder, facts, film)


async def _accepted(house: House, spec: CarSpec, angles: tuple[AngleName, ...]) -> tuple[Session, Album]:
    """A new session: every run of the command is a message of its own. Raises StorageError."""
    now = house.clock.now()
    origin = origin_for(bot=_OWNER, chat=_OWNER, message=f"{now:.6f} {house.clock.ticks():.9f}")

    async def accept(session_id: SessionId) -> tuple[Session, Album]:
        session = Session(id=session_id, spec=spec, owner=_OWNER, chat=_OWNER, created=now, origin=origin)
        album = Album(session_id=session_id, number=1, angles=angles, chat=_OWNER, created=now)
        seeds = seeds_for(session_id, CATALOGUE)
        views = [View(session_id=session_id, angle=angle, seed=seeds[angle]) for angle in angles]
        await house.storage.sessions.accept(session, album, views)
        return session, album

    return await under_free_id(origin, accept)
