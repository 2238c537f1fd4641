"""Every life that a car can have, one random step after the other, each looked at afterwards."""

from __future__ import annotations

import atexit
import itertools
import random
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import SessionId
from storage import open_storage
from storage.migrate import upgrade
from tests.fakes.spins import MemorySpins
from tests.fakes.store import MemoryStore
from tests.loopback.pictures import picture_bytes
from tests.proofs.lives.edges import START
from tests.proofs.lives.ledger import UNDER_WAY, Ledger
from tests.proofs.lives.outside import OUTCOMES
from tests.proofs.lives.people import People, seeds
from tests.proofs.lives.process import LINE, Process, World
from tests.proofs.lives.thread import OneThread

PORTS = ("sessions", "archive", "preferences", "inbox", "shares")
NO_PICTURES = (b"<html>busy</html>", b"\xff\xd8\xff cut short")
IN_DOUBT = picture_bytes("upright", size=(256, 384), form="JPEG")
"""Of another shape than the asked one: worth one more try, and shown where that fails."""
BAD_LOGS = {"album.crashed", "album.not_given_up", "handler.failed"}
CALLS = (
    "accept", "reopen", "move", "save_receipt", "save_arrival", "save_picture", "save_better", "choose",
    "delete_session", "keep_film", "set_status_message", "settled", "done", "put", "hold", "settle",
)  # fmt: skip
"""Of the storage, whose failure a life may meet for sure."""


def _with_error(_logger: Any, _method: str, entry: Any) -> Any:
    if entry.get("exc_info"):
        entry["error"] = repr(sys.exc_info()[1] if entry["exc_info"] is True else entry["exc_info"])
    return entry


class Life(People):
    """What may go wrong, and what must hold after every step; at the end all trouble stops, and all must
    come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = OneThread()
        self.loop.set_exception_handler(lambda _loop, context: self.world.ledger.wrong.append(str(context)))
        self._logs = capture_logs(processors=[_with_error])
        self.logs = self._logs.__enter__()
        self.world = World(parts=self.open_parts())
        self.process: Process | None = None

    def open_parts(self) -> dict[str, Any]:
        """The storage's ports."""
        store = Together()
        return {**dict.fromkeys(PORTS, store), "ledger": store.ledger, "spins": store.films}

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def hand_over(self, update: dict[str, Any]) -> None:
        """See People."""
        self.world.chats.waiting.append(update)
        if self.process is not None:
            self.process.nudge()

    def clock(self) -> float:
        """See People."""
        return START + (self.world.now if self.process is None else self.process.edges.now)

    def known(self) -> Ledger:
        """See People."""
        return self.world.ledger

    @initialize()
    def begins(self) -> None:
        self.start()

    @precondition(lambda self: self.process is None)
    @rule()
    def start(self) -> None:
        async def begin() -> Process:
            process = Process(self.world)
            process.start()
            return process

        self.process = self.run(begin())

    @precondition(lambda self: self.process is not None)
    @rule()
    def kill(self) -> None:
        """Between any two steps: whatever is held at an edge has not happened, or nobody heard that it has."""
        assert self.process is not None
        self.run(self.process.kill())
        self.process = None
        self.world.ledger.in_hand.clear()
        self.world.ledger.films.killed()
        self.world.faults.troubles.add("kill")

    @precondition(lambda self: self.process is not None)
    @rule(steps=st.integers(1, 60), seed=seeds)
    def go_on(self, steps: int, seed: int) -> None:
        assert self.process is not None
        self.run(self.process.edges.go_on(steps, random.Random(seed)))
        if not self.process.edges.alive:
            self.kill()

    @rule(
        who=st.sampled_from([*(name for name, _ in LINE), "judge", "film"]),
        what=st.one_of(st.sampled_from(FailureKind), st.sampled_from((*NO_PICTURES, IN_DOUBT))),
        times=st.integers(1, 8),
    )
    def provider_fails(self, who: str, what: FailureKind | bytes, times: int) -> None:
        self.world.faults.provider.setdefault(who, []).extend([what] * times)

    @rule(what=st.sampled_from(("album", "text")), how=st.sampled_from(OUTCOMES), times=st.integers(1, 3))
    def telegram_fails(self, what: str, how: str, times: int) -> None:
        self.world.faults.telegram.setdefault(what, []).extend([how] * times)

    @rule(
        after=st.integers(0, 30),
        late=st.booleans(),
        times=st.integers(1, 3),
        only=st.sampled_from(("", *CALLS)),
    )
    def storage_fails(self, after: int, late: bool, times: int, only: str) -> None:
        """So many calls later, or the next one of that name."""
        first = (only, 0 if only else after, late)
        self.world.faults.storage += [first] + [(only, 0, late)] * (times - 1)

    @invariant()
    def nothing_is_wrong(self) -> None:
        for album in list(self.world.ledger.accepted.values()):
            stored, views = self.run(self._rows(album.session_id, album.number))
            if stored is None:
                self.world.ledger.wrong.append(f"{album.id} is lost")
            else:
                self.world.ledger.compare(stored, views)
        broken = [entry for entry in self.logs if entry["event"] in BAD_LOGS and not self._excused(entry)]
        assert not self.world.ledger.wrong, self.world.ledger.wrong
        assert not broken, broken

    def _excused(self, entry: Any) -> bool:
        return entry["event"] == "handler.failed" and "storage" in self.world.faults.troubles

    async def _rows(self, session_id: SessionId, number: int) -> tuple[Any, Any]:
        store = self.world.parts["sessions"]
        return await store.album(session_id, number), await store.views(session_id)

    def teardown(self) -> None:
        """All trouble stops, a process lives: nothing stays undone, nobody untold."""
        try:
            self._come_to_rest()
        finally:
            if self.process is not None:
                self.run(self.process.kill())
            self.close_parts()
            self._logs.__exit__(None, None, None)
            self.loop.close()

    def close_parts(self) -> None:
        """The storage is no longer needed."""

    def _come_to_rest(self) -> None:
        faults = self.world.faults
        faults.storage.clear()
        faults.provider.clear()
        faults.telegram.clear()
        if self.process is None:
            self.start()
        assert self.process is not None
        self.run(self.process.rest())
        untold = any(entry["event"] == "spin.not_told" for entry in self.logs)
        if not self.process.edges.alive or self.run(self.world.parts["inbox"].pending()) or untold:
            # what could not be marked as done, or told, is taken up by the next process
            self.kill()
            self.start()
            self.run(self.process.rest())
        self.nothing_is_wrong()
        store = self.world.parts["sessions"]
        left = [name for name, state in self.world.ledger.states.items() if state in UNDER_WAY]
        assert not left, f"never ended: {left}\n{self._story()}"
        films = [name for name, state in self.world.ledger.films.states.items() if state in UNDER_WAY]
        assert not films, f"films that never ended: {films}\n{self._story()}"
        assert not self.run(store.unsettled()), "nobody was told how it ended"
        assert not self.run(self.world.parts["inbox"].pending()), "an update was not handled"
        assert not self.world.chats.waiting, "an update was not taken"
        if not faults.troubles:
            self._without_trouble()

    def _story(self) -> str:
        """What the bot itself wrote about it last."""
        return "\n".join(str({key: str(value)[:90] for key, value in one.items()}) for one in self.logs[-25:])

    def _without_trouble(self) -> None:
        """What may be expected of a life in which nothing failed."""
        ledger = self.world.ledger
        for wish, angles in self.wishes:
            car = wish[0]
            if ledger.once_deleted.intersection(wish):
                continue
            have = {name for one in ledger.accepted.values() if one.session_id == car for name in one.angles}
            assert set(angles) <= have or len(have) + len(angles) > 10, f"{car} lacks {set(angles) - have}"
        shown = [text for text in self.world.chats.texts.values() if text.startswith(("Drawing", "Turning"))]
        assert not shown, f"a status stays: {shown}"


class Together(MemoryStore):
    """Forgets the film of a car with the car, as the rows on a disk do."""

    films: MemorySpins

    def __init__(self) -> None:
        MemoryStore.__init__(self)
        self.films = MemorySpins()

    async def delete_session(self, session_id: SessionId) -> None:
        await MemoryStore.delete_session(self, session_id)
        self.films.rows.pop(session_id, None)
        self.films.films.pop(session_id, None)


class LifeOnDisk(Life):
    """The same with the real storage in SQLite."""

    def open_parts(self) -> dict[str, Any]:
        self._folder = tempfile.TemporaryDirectory(prefix="rakurs-life-")
        self._moments = map(float, itertools.count(int(START)))
        folder = Path(self._folder.name)
        shutil.copy(_empty_database(), folder / "rows.sqlite3")
        self._opening = open_storage(
            f"sqlite:///{folder / 'rows.sqlite3'}", media_dir=folder / "media", clock=self._moments.__next__
        )
        storage = self.run(self._opening.__aenter__())
        return {name: getattr(storage, name) for name in (*PORTS, "ledger", "spins")}

    def close_parts(self) -> None:
        self.run(self._opening.__aexit__(None, None, None))
        self._folder.cleanup()


@cache
def _empty_database() -> Path:
    """Made once: bringing a new file to today's schema takes longer than a life."""
    path = Path(tempfile.mkdtemp(prefix="rakurs-life-")) / "rows.sqlite3"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    upgrade(f"sqlite:///{path}")
    return path
