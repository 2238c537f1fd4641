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
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from structlog.testing import capture_logs

from bot.pipeline.angles import DEFAULT_ALBUM
from bot.pipeline.errors import FailureKind
from bot.pipeline.model import SessionId, origin_for, session_id_for
from storage import open_storage
from storage.migrate import upgrade
from tests.fakes.store import MemoryStore
from tests.loopback.bot_api import message, pressed
from tests.loopback.pictures import picture_bytes
from tests.proofs.lives.edges import START
from tests.proofs.lives.ledger import UNDER_WAY
from tests.proofs.lives.outside import OUTCOMES
from tests.proofs.lives.process import LINE, Process, World
from tests.proofs.lives.thread import OneThread

PEOPLE = (7, 8)
PORTS = ("sessions", "archive", "preferences", "inbox", "shares")
ANGLES = ("front", "rear", "side", "top", "wheel", "interior")
NO_PICTURES = (b"<html>busy</html>", b"\xff\xd8\xff cut short")
IN_DOUBT = picture_bytes("upright", size=(256, 384), form="JPEG")
"""Of another shape than the asked one: worth one more try, and shown where that fails."""
BAD_LOGS = {"album.crashed", "album.not_given_up", "handler.failed"}
seeds = st.integers(0, 2**16)


def _with_error(_logger: Any, _method: str, entry: Any) -> Any:
    if entry.get("exc_info"):
        entry["error"] = repr(sys.exc_info()[1] if entry["exc_info"] is True else entry["exc_info"])
    return entry


class Life(RuleBasedStateMachine):
    """Steps and what must hold after each of them; at the end all trouble stops, and all must come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = OneThread()
        self.loop.set_exception_handler(lambda _loop, context: self.world.ledger.wrong.append(str(context)))
        self._logs = capture_logs(processors=[_with_error])
        self.logs = self._logs.__enter__()
        self.world = World(parts=self.open_parts())
        self.process: Process | None = None
        self.cars: list[tuple[int, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.wishes: list[tuple[str, tuple[str, ...]]] = []
        self.number = 10

    def open_parts(self) -> dict[str, Any]:
        """The storage's ports."""
        store = MemoryStore()
        return {
            **dict.fromkeys(PORTS, store),
            "ledger": store.ledger,
        }

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def send(self, update: dict[str, Any]) -> None:
        """Telegram has one more update for the bot."""
        chats = self.world.chats
        whole = {"update_id": chats.next_update, **update}
        chats.next_update += 1
        self.sent.append(whole)
        self._hand_over(whole)

    def _hand_over(self, update: dict[str, Any]) -> None:
        self.world.chats.waiting.append(update)
        if self.process is not None:
            self.process.nudge()

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
        self.world.faults.troubles.add("kill")

    @precondition(lambda self: self.process is not None)
    @rule(steps=st.integers(1, 60), seed=seeds)
    def go_on(self, steps: int, seed: int) -> None:
        assert self.process is not None
        self.run(self.process.edges.go_on(steps, random.Random(seed)))
        if not self.process.edges.alive:
            self.kill()

    @rule(who=st.sampled_from(PEOPLE), angles=st.lists(st.sampled_from(ANGLES), max_size=3, unique=True))
    def describe(self, who: int, angles: list[str]) -> None:
        self.number += 1
        self.cars.append(
            (who, session_id_for(origin_for(bot="424242", chat=str(who), message=str(self.number))))
        )
        self.wishes.append((self.cars[-1][1], tuple(angles) or DEFAULT_ALBUM))
        words = " ".join(["BMW", ", ".join(angles)])
        self.send({"message": message(words, number=self.number, user=who, chat=who)})

    @precondition(lambda self: self.sent)
    @rule(pick=seeds, anew=st.booleans())
    def repeat(self, pick: int, anew: bool) -> None:
        """The same update once more, or the same message as another update."""
        update = self.sent[pick % len(self.sent)]
        if not anew:
            self._hand_over(update)
        elif "message" in update:
            self.send({"message": update["message"]})

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, verb=st.sampled_from("rsxrsxD"), album=st.integers(1, 3), stranger=st.booleans())
    def press(self, pick: int, verb: str, album: int, stranger: bool) -> None:
        who, car = self.cars[pick % len(self.cars)]
        who = PEOPLE[1 - PEOPLE.index(who)] if stranger and verb == "D" else who
        choice = "" if verb == "D" else f":{album}"
        self.send(pressed(f"{verb}:{car}{choice}", user=who, chat=who))

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, angle=st.sampled_from(ANGLES))
    def more(self, pick: int, angle: str) -> None:
        who, car = self.cars[pick % len(self.cars)]
        self.number += 1
        if any(album.session_id == car for album in self.world.ledger.accepted.values()):
            self.wishes.append((car, (angle,)))
        self.send({"message": message(f"/more {car} {angle}", number=self.number, user=who, chat=who)})

    @rule(who=st.sampled_from(PEOPLE))
    def cancel(self, who: int) -> None:
        self.number += 1
        self.send({"message": message("/cancel", number=self.number, user=who, chat=who)})

    @rule(
        who=st.sampled_from([name for name, _ in LINE]),
        what=st.one_of(st.sampled_from(FailureKind), st.sampled_from((*NO_PICTURES, IN_DOUBT))),
        times=st.integers(1, 8),
    )
    def provider_fails(self, who: str, what: FailureKind | bytes, times: int) -> None:
        self.world.faults.provider.setdefault(who, []).extend([what] * times)

    @rule(what=st.sampled_from(("album", "text")), how=st.sampled_from(OUTCOMES), times=st.integers(1, 3))
    def telegram_fails(self, what: str, how: str, times: int) -> None:
        self.world.faults.telegram.setdefault(what, []).extend([how] * times)

    @rule(after=st.integers(0, 30), late=st.booleans(), times=st.integers(1, 3))
    def storage_fails(self, after: int, late: bool, times: int) -> None:
        self.world.faults.storage += [(after, late)] + [(0, late)] * (times - 1)

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
        if not self.process.edges.alive or self.run(self.world.parts["inbox"].pending()):
            # what the disk did not let be marked as done is handled again by the next process
            self.kill()
            self.start()
            self.run(self.process.rest())
        self.nothing_is_wrong()
        store = self.world.parts["sessions"]
        left = [name for name, state in self.world.ledger.states.items() if state in UNDER_WAY]
        assert not left, f"never ended: {left}\n{self._story()}"
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
        for car, angles in self.wishes:
            if car in ledger.deleted:
                continue
            have = {name for one in ledger.accepted.values() if one.session_id == car for name in one.angles}
            assert set(angles) <= have or len(have) + len(angles) > 10, f"{car} lacks {set(angles) - have}"
        shown = [text for text in self.world.chats.texts.values() if text.startswith("Drawing")]
        assert not shown, f"a status stays: {shown}"


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
        return {name: getattr(storage, name) for name in (*PORTS, "ledger")}

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
