"""How does one description become one album in a folder?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import House
from bot.pipeline.angles import ALBUM_LIMIT, CATALOGUE, DEFAULT_ALBUM
from bot.pipeline.errors import SetFailed, TooManyAngles
from bot.pipeline.folder import write_album
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    CarSpec,
    Picture,
    Session,
    View,
    ViewState,
    seeds_for,
    session_id_for,
)

DATABASE = "draw.sqlite3"
"""The command line's own rows: the bot must not take up what a terminal asked for."""
_OWNER = "cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """album.json's values; `failed` says why there is no picture at all."""

    facts: dict[str, Any]
    failed: SetFailed | None


async def draw_album(house: House, spec: CarSpec, angles: Sequence[AngleName], folder: Path | None) -> Drawn:
    """Accept, draw, write the folder (by default one named after the session, here).

    Raises TooManyAngles and StorageError.
    """
    asked = tuple(angles) or DEFAULT_ALBUM
    if len(asked) > ALBUM_LIMIT:
        raise TooManyAngles(asked=len(asked), limit=ALBUM_LIMIT)
    started = house.clock.ticks()
    session, album = _wish(house, spec, asked)
    seeds = seeds_for(session.id, CATALOGUE)
    store = house.storage.sessions
    await store.accept(
        session, album, [View(session_id=session.id, angle=angle, seed=seeds[angle]) for angle in asked]
    )
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
        folder or Path(session.id),
        session=session,
        album=album,
        views=[views[angle] for angle in asked],
        pictures=pictures,
        seconds=house.clock.ticks() - started,
        instructions=house.reads_sentences(album.provider),
    )
    end = AlbumState.FAILED if failed else AlbumState.DELIVERED
    await store.move(session.id, album.number, old=AlbumState.OPEN, new=end)
    return Drawn(facts=facts, failed=failed)


def _wish(house: House, spec: CarSpec, angles: tuple[AngleName, ...]) -> tuple[Session, Album]:
    """A new session: every run of the command is a message of its own."""
    now = house.clock.now()
    session_id = session_id_for(bot=_OWNER, chat=_OWNER, message=f"{now:.6f} {house.clock.ticks():.9f}")
    session = Session(id=session_id, spec=spec, owner=_OWNER, chat=_OWNER, created=now)
    return session, Album(session_id=session_id, number=1, angles=angles, chat=_OWNER, created=now)
