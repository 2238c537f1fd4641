"""What is thrown away, and when? Each job of the storage as one function."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.pipeline.model import SessionId
from storage.charges import close_open
from storage.database import Database, Query
from storage.media import Media
from storage.outcomes import UNDER_WAY
from storage.schema import albums, charges, job_runs, pictures, searches, sessions, spins, updates

HOUR, DAY = 3_600.0, 86_400.0
BATCH = 200
"""So many sessions are cleaned away in one run at most."""
Facts = dict[str, int | float | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days things are kept. Counted from the last album of a session."""

    pictures: float = 90.0
    sessions: float = 365.0
    drafts: float = 30.0
    updates: float = 3.0
    searches: float = 30.0
    job_runs: float = 90.0
    charges: float = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What jobs work on; `now` in UTC seconds since 1970."""

    database: Database
    media: Media
    retention: Retention
    now: float


async def forget_updates(ground: Ground) -> Facts:
    """Numbers of finished updates that Telegram does not repeat any more."""
    before = ground.now - ground.retention.updates * DAY
    return {"updates": await ground.database.execute(sa.delete(updates).where(updates.c.done < before))}


async def forget_searches(ground: Ground) -> Facts:
    """Answers that expired long ago."""
    before = ground.now - ground.retention.searches * DAY
    gone = await ground.database.execute(sa.delete(searches).where(searches.c.expires < before))
    return {"searches": gone}


async def forget_pictures(ground: Ground) -> Facts:
    """Bytes of old sessions; their rows stay, and Telegram's own copies can still be sent."""
    stored = sa.exists().where(pictures.c.session_id == sessions.c.id, pictures.c.file != "")
    old = await ground.database.rows(_old_sessions(ground, ground.retention.pictures, stored))
    files = 0
    for session_id in (SessionId(row.id) for row in old):
        clear = sa.update(pictures).where(pictures.c.session_id == session_id).values(file="")
        await ground.database.execute(clear)
        await ground.database.execute(
            sa.update(spins).where(spins.c.session_id == session_id).values(file=None)
        )
        files += await ground.media.drop(session_id)
    return {"sessions": len(old), "files": files}


async def forget_sessions(ground: Ground) -> Facts:
    """Old sessions with everything."""
    return await _delete(ground, _old_sessions(ground, ground.retention.sessions, sa.true()))


async def forget_drafts(ground: Ground) -> Facts:
    """Cars of which nothing was ever drawn: cancelled, failed, and not tried again."""
    drawn = sa.exists().where(pictures.c.session_id == sessions.c.id)
    filmed = sa.exists().where(spins.c.session_id == sessions.c.id)
    return await _delete(ground, _old_sessions(ground, ground.retention.drafts, sa.and_(~drawn, ~filmed)))


async def sweep_media(ground: Ground) -> Facts:
    """Files that no row names: of deleted sessions, of writes that were killed."""
    files = 0
    for folder in await ground.media.folders():
        id_ = SessionId(folder)
        queries = [
            sa.select(pictures.c.file).where(pictures.c.session_id == id_),
            sa.select(spins.c.file).where(spins.c.session_id == id_),
            sa.select(sessions.c.photo.label("file")).where(sessions.c.id == id_),
        ]
        named = {row.file for query in queries for row in await ground.database.rows(query)}
        # file times are the machine's own, whatever clock the rows were written with
        files += await ground.media.sweep(SessionId(folder), keep=named, before=time.time() - 3600)
    return {"files": files}


async def forget_job_runs(ground: Ground) -> Facts:
    """The audit of long ago."""
    before = ground.now - ground.retention.job_runs * DAY
    return {"runs": await ground.database.execute(sa.delete(job_runs).where(job_runs.c.started < before))}


async def settle_charges(ground: Ground) -> Facts:
    """Reservations whose album nobody takes up again; and whose a charge was, once its day's budget is over."""
    album = sa.and_(albums.c.session_id == charges.c.session_id, albums.c.number == charges.c.number)
    # a clock that was set forward makes the reservations of albums under way look old
    under_way = sa.exists().where(album, albums.c.state.in_(UNDER_WAY))
    old = sa.and_(charges.c.created < ground.now - 2 * HOUR, ~under_way)
    over = charges.c.created.between(ground.now - 30 * DAY, ground.now - 2 * DAY)
    nobodys = sa.update(charges).where(over, charges.c.owner != "").values(owner="", chat="")

    def work(connection: sa.Connection) -> Facts:
        closed = close_open(connection, old)
        return {"charges": closed, "unnamed": connection.execute(nobodys).rowcount}

    return await ground.database.write(work)


async def forget_charges(ground: Ground) -> Facts:
    """The books of long ago."""
    before = ground.now - ground.retention.charges * DAY
    return {"charges": await ground.database.execute(sa.delete(charges).where(charges.c.created < before))}


async def tidy_database(ground: Ground) -> Facts:
    """Fresh statistics for the planner; the write-ahead log back into the file."""
    return {"pages": await ground.database.tidy()}


FUNCTIONS: Mapping[str, Callable[[Ground], Awaitable[Facts]]] = {
    function.__name__: function
    for function in (
        forget_updates,
        forget_searches,
        forget_pictures,
        forget_sessions,
        forget_drafts,
        sweep_media,
        forget_job_runs,
        settle_charges,
        forget_charges,
        tidy_database,
    )
}


async def _delete(ground: Ground, which: Query) -> Facts:
    """Rows first, then files: a kill in between leaves files without rows, which a job sweeps."""
    gone = sa.delete(sessions).where(sessions.c.id.in_(which)).returning(sessions.c.id)

    def work(connection: sa.Connection) -> list[SessionId]:
        # chosen and deleted in one statement: what was asked for again just now stays
        return [SessionId(row.id) for row in connection.execute(gone)]

    ids = await ground.database.write(work)
    for session_id in ids:
        await ground.media.drop(session_id)
    return {"sessions": len(ids)}


def _old_sessions(ground: Ground, days: float, condition: sa.ColumnElement[bool]) -> Query:
    """Ids of sessions whose every album is over and older than that many days."""
    before = ground.now - days * DAY
    recent = sa.exists().where(
        albums.c.session_id == sessions.c.id,
        sa.or_(
            albums.c.state.in_(UNDER_WAY), sa.func.coalesce(albums.c.finished, albums.c.created) >= before
        ),
    )
    return (
        sa.select(sessions.c.id)
        .where(sessions.c.created < before, ~recent, condition)
        .order_by(sessions.c.created)
        .limit(BATCH)
    )
