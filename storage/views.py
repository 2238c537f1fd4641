"""What is known of views? Their rows, prompts and chosen pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import AlbumState, AngleName, Prompt, SessionId, View, ViewState
from storage.codec import PROMPT
from storage.database import Database
from storage.rows import VIEWS, view_of
from storage.schema import albums, pictures, views

_OF_SESSION = VIEWS.where(views.c.session_id == sa.bindparam("of_session"))
CHANGE_VIEW = sa.update(views).where(
    views.c.session_id == sa.bindparam("of_session"), views.c.angle == sa.bindparam("of_angle")
)
_SAME = sa.and_(views.c.state == ViewState.DRAWN.value, views.c.provider == sa.bindparam("of_provider"))
_CHOOSE = CHANGE_VIEW.where(
    sa.exists().where(
        pictures.c.session_id == sa.bindparam("of_session"),
        pictures.c.angle == sa.bindparam("of_angle"),
        pictures.c.provider == sa.bindparam("of_provider"),
        pictures.c.checked,
    )
).values(
    state=ViewState.DRAWN.value,
    provider=sa.bindparam("of_provider"),
    failure=None,
    # what Telegram holds is the picture of before
    file_id=sa.case((_SAME, views.c.file_id), else_=None),
)
_FIRST_DRAWN = sa.update(albums).where(
    albums.c.session_id == sa.bindparam("of_session"),
    albums.c.first_drawn.is_(None),
    albums.c.state == AlbumState.OPEN.value,
    albums.c.angles.contains(sa.bindparam("named")),
)


class Views:
    """The part of SessionStore about views. `clock` gives UTC seconds since 1970."""

    def __init__(self, *, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def views(self, session_id: SessionId) -> tuple[View, ...]:
        """See SessionStore."""
        rows = await self._database.rows(_OF_SESSION, of_session=session_id)
        return tuple(view_of(row) for row in rows)

    async def save_prompts(self, session_id: SessionId, prompts: Mapping[AngleName, Prompt]) -> None:
        """See SessionStore."""

        def work(connection: sa.Connection) -> None:
            for angle, prompt in prompts.items():
                _change(connection, session_id, angle, prompt=PROMPT.text(prompt))

        await self._database.write(work)

    async def choose(self, session_id: SessionId, angle: AngleName, provider: str) -> None:
        """See SessionStore. Raises StorageError when that provider's picture is not stored."""
        now = self._clock()
        await self._database.write(lambda connection: choose(connection, session_id, angle, provider, now))

    async def mark_missing(self, session_id: SessionId, angle: AngleName, failure: FailureKind) -> None:
        """See SessionStore."""
        gone = {
            "state": ViewState.MISSING.value,
            "failure": failure.value,
            "provider": None,
            "file_id": None,
        }
        await self._database.write(lambda connection: _change(connection, session_id, angle, **gone))


def choose(
    connection: sa.Connection, session_id: SessionId, angle: AngleName, provider: str, now: float
) -> None:
    """Make that provider's checked picture the view's; raises StorageError where there is none."""
    this = {"of_session": session_id, "of_angle": angle}
    if connection.execute(_CHOOSE, {**this, "of_provider": provider}).rowcount == 0:
        raise StorageError("no such picture", session_id, angle, provider)
    connection.execute(_FIRST_DRAWN, {"of_session": session_id, "named": f'"{angle}"', "first_drawn": now})


def _change(connection: sa.Connection, session_id: SessionId, angle: AngleName, **values: Any) -> None:
    done = connection.execute(CHANGE_VIEW, {"of_session": session_id, "of_angle": angle, **values})
    if done.rowcount == 0:
        raise StorageError("no such view", session_id, angle)
