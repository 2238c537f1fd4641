"""Which updates has Telegram handed over that no handler has finished?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from storage.database import Database
from storage.schema import updates
from storage.together import Together


@dataclass(frozen=True, slots=True)
class _Note:
    """An update to store, or one that is done (payload None)."""

    update_id: int
    payload: str | None = None


_DONE = sa.update(updates).where(updates.c.id.in_(sa.bindparam("those", expanding=True)))
AT_A_TIME = 100
"""Updates of the dead that one worker takes over at a time."""


class Inbox:
    """Implements the handlers' Inbox. `clock` gives UTC seconds since 1970.

    Every call returns when it is on the disk; calls that come together share one commit. `worker` gives
    this process's number where several share the database, else None.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], float],
        worker: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._worker = worker
        self._together = Together(commit=self._commit, start=database.start)

    async def put(self, update_id: int, payload: str) -> bool:
        """Store durably; False when it was there already, finished or not. Raises StorageError."""
        return await self._together.add(_Note(update_id, payload))

    async def done(self, update_id: int) -> None:
        """A handler is through with it; what people wrote is not kept any longer."""
        await self._together.add(_Note(update_id))

    async def pending(self) -> Sequence[str]:
        """Payloads that no handler finished, oldest first; among several workers, each is told one of them."""
        worker = self._worker()
        if worker is None:
            query = sa.select(updates.c.payload).where(updates.c.done.is_(None)).order_by(updates.c.id)
            return tuple(row.payload for row in await self._database.rows(query))
        free = sa.and_(updates.c.done.is_(None), updates.c.worker.is_(None))
        some = sa.select(updates.c.id).where(free).order_by(updates.c.id).limit(AT_A_TIME)
        if not await self._database.rows(some.limit(1)):
            return ()
        chosen = updates.c.id.in_(some.with_for_update(skip_locked=True))
        take = sa.update(updates).where(chosen).values(worker=worker)
        taken = take.returning(updates.c.id, updates.c.payload)

        def work(connection: sa.Connection) -> tuple[str, ...]:
            rows = connection.execute(taken).all()
            return tuple(row.payload for row in sorted(rows, key=lambda row: int(row.id)))

        return await self._database.write(work)

    async def _commit(self, notes: Sequence[_Note]) -> Sequence[bool]:
        new = {note.update_id: note.payload for note in reversed(notes) if note.payload is not None}
        done = [note.update_id for note in notes if note.payload is None]

        def work(connection: sa.Connection) -> set[int]:
            fresh = self._add(connection, new) if new else set()
            if done:
                connection.execute(_DONE, {"those": done, "done": self._clock(), "payload": ""})
            return fresh

        # Telegram hands over nothing more until this is stored, and everybody's answer begins with it
        fresh = await self._database.write(work, urgent=True)
        answers = []
        for note in notes:
            answers.append(note.payload is not None and note.update_id in fresh)
            # the same update twice in one commit is new only once
            fresh.discard(note.update_id)
        return answers

    def _add(self, connection: sa.Connection, new: dict[int, str]) -> set[int]:
        """Insert those that are not there; hand back which were new."""
        same = {"received": self._clock(), "worker": self._worker()}
        rows = [{"id": number, "payload": payload, **same} for number, payload in new.items()]
        return set(connection.scalars(self._database.insert_new(updates), rows))
