"""A courier and a drawer that write down what they were asked, and fail where they are told to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.pipeline.errors import DeliveryError, FailureKind, SetFailed
from bot.pipeline.model import Album, Picture, Session, Strength, View, ViewState
from bot.pipeline.ports import Receipt, Sending, SessionStore
from tests.fakes.cars import a_picture


@dataclass(slots=True)
class RecordingCourier:
    """`fails` holds what the next uploads raise, in order.

    `line` holds uploads up before their turn, `gate` while they are under way.
    """

    sent: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    deaf: bool = False
    gate: asyncio.Event | None = None
    line: asyncio.Event | None = None
    lost: list[Exception] = field(default_factory=list)

    async def deliver(
        self,
        session: Session,
        album: Album,
        views: Sequence[View],
        pictures: Sequence[Picture],
        sending: Sending,
    ) -> Receipt:
        assert views
        assert len(views) == len(pictures)
        if self.line is not None:
            await self.line.wait()
        if not await sending.begin():
            raise DeliveryError(kind="stopped")
        if self.gate is not None:
            await self.gate.wait()
        self.sent.append((album.id, tuple(view.angle for view in views)))
        if self.fails:
            raise self.fails.pop(0)
        messages = tuple(str(len(self.sent) * 100 + index) for index in range(len(views)))
        return Receipt(messages=messages, file_ids={view.angle: f"file-{view.angle}" for view in views})

    async def arrived(self, session: Session, album: Album, views: Sequence[View]) -> None:
        self._tell("arrived", album)

    async def unsure(self, session: Session, album: Album) -> None:
        self._tell("unsure", album)

    async def failed(self, session: Session, album: Album) -> None:
        self._tell("failed", album)

    def _tell(self, word: str, album: Album) -> None:
        self.told.append((word, album.id))
        if self.lost:
            raise self.lost.pop(0)
        if self.deaf:
            raise DeliveryError(kind="blocked")


@dataclass(slots=True)
class ScriptedDrawer:
    """Draws at once, but for sessions named in `fails`, `breaks` (how often) and `partly`.

    `gate` holds all drawing up; `most` is how many albums were under way at a time.
    """

    store: SessionStore
    gate: asyncio.Event | None = None
    fails: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    breaks: Counter[str] = field(default_factory=Counter)
    error: Exception = field(default_factory=lambda: RuntimeError("broken"))
    calls: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def draw_set(self, session: Session, album: Album) -> Album:
        self.calls.append(album.id)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.gate is not None:
                await self.gate.wait()
            return await self._draw(session, album)
        finally:
            self.under_way -= 1

    async def _draw(self, session: Session, album: Album) -> Album:
        if self.breaks[session.id]:
            self.breaks[session.id] -= 1
            raise self.error
        views = [view for view in await self.store.views(session.id) if view.angle in album.angles]
        for index, view in enumerate(view for view in views if view.state is ViewState.BLANK):
            if session.id in self.fails or (session.id in self.partly and index):
                await self.store.mark_missing(session.id, view.angle, FailureKind.SERVER)
                continue
            await self.store.save_picture(
                session.id, view.angle, a_picture(f"{album.id} {view.angle}".encode())
            )
            await self.store.choose(session.id, view.angle, "fake")
            self.drawn.append(f"{session.id} {view.angle}")
        if session.id in self.fails:
            raise SetFailed(kinds={"fake": FailureKind.SERVER})
        return replace(album, provider="fake", strength=Strength.SEEDS)
