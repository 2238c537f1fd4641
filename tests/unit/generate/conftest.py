"""Whole sets drawn by real providers over HTTP, kept in a real SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import SetFailed
from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import (
    Album,
    AngleName,
    Body,
    CarSpec,
    Research,
    Session,
    View,
    origin_for,
    seeds_for,
    session_id_for,
)
from bot.pipeline.money import Budgets
from bot.pipeline.ports import Clock, Event, Judge, Provider, Step
from bot.pipeline.providers.openai import OpenAIProvider
from bot.pipeline.providers.presets import Overrides, preset_for
from bot.pipeline.runs import always
from storage import Storage, open_storage
from storage.schema import charges
from tests.fakes.clock import RealClock
from tests.fakes.painter import Painter, studio
from tests.loopback.pictures import PictureServer

SPEC = CarSpec(brand="BMW", model="X5", year=2021, color="red", body=Body.SUV, given=frozenset({"brand"}))
THREE = tuple(AngleName(name) for name in ("front", "side", "rear"))


@dataclass(slots=True)
class ShortResearch:
    """Finds what it was told to, at once."""

    found: Research = field(default_factory=Research)

    async def research(self, spec: CarSpec, angles: Sequence[AngleName]) -> Research:
        return self.found


@dataclass(slots=True)
class Listener:
    events: list[Event] = field(default_factory=list)
    drawn: asyncio.Event = field(default_factory=asyncio.Event)

    def happened(self, event: Event) -> None:
        self.events.append(event)
        if event.step is Step.DRAWN:
            self.drawn.set()


@dataclass(slots=True)
class Atelier:
    """One house of providers and its ledger; `draw` runs a whole set and keeps the log."""

    server: PictureServer
    storage: Storage
    listener: Listener
    studio: Painter
    openai: OpenAIProvider
    pollinations: OpenAIProvider
    log: list[Any] = field(default_factory=list)
    research: ShortResearch = field(default_factory=ShortResearch)
    budgets: Budgets = field(default_factory=Budgets)
    rules: RetryRules = field(default_factory=lambda: RetryRules(base=0.01, deadline=20))
    made: int = 0
    spec: CarSpec = SPEC
    guided: bool = True
    judge: Judge | None = None
    ready: Callable[[], Awaitable[None]] = always
    clock: Clock = field(default_factory=RealClock)

    def drawer(self, *providers: Provider) -> SetDrawer:
        return SetDrawer(
            store=self.storage.sessions,
            providers=providers,
            researcher=self.research,
            progress=self.listener,
            guides=self.studio if self.guided else None,
            clock=self.clock,
            cashier=Cashier(ledger=self.storage.ledger, budgets=self.budgets),
            rules=self.rules,
            judge=self.judge,
            ready=self.ready,
        )

    async def accept(
        self, angles: Sequence[str] = THREE, *, photo: bytes | None = None
    ) -> tuple[Session, Album]:
        self.made += 1
        session_id = session_id_for(origin_for(bot="b", chat="c", message=str(self.made)))
        name = await self.storage.sessions.keep_photo(session_id, photo) if photo else None
        session = Session(id=session_id, spec=self.spec, owner="7", chat="7", photo=name)
        names = tuple(AngleName(angle) for angle in angles)
        album = Album(session_id=session_id, number=1, angles=names, chat="7")
        seeds = seeds_for(session_id, CATALOGUE)
        views = [View(session_id=session_id, angle=name, seed=seeds[name]) for name in names]
        assert await self.storage.sessions.accept(session, album, views)
        return session, album

    async def stopped(
        self, when: Awaitable[object], *providers: Provider, angles: Sequence[str] = THREE
    ) -> Album:
        """An album whose drawing is cancelled then, as it is stored."""
        session, album = await self.accept(angles)
        drawing = asyncio.create_task(self.drawer(*providers).draw_set(session, album))
        await asyncio.wait_for(when, 10)
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing
        stored = await self.storage.sessions.album(session.id, 1)
        assert stored is not None
        return stored

    async def draw(
        self, *providers: Provider, angles: Sequence[str] = THREE
    ) -> tuple[Album | SetFailed, dict[str, View]]:
        session, album = await self.accept(angles)
        result: Album | SetFailed
        with capture_logs() as log:
            try:
                result = await self.drawer(*providers).draw_set(session, album)
            except SetFailed as error:
                result = error
        self.log = log
        views = {str(view.angle): view for view in await self.storage.sessions.views(session.id)}
        return result, views

    def events(self) -> list[str]:
        return [entry["event"] for entry in self.log]


Open = Callable[..., Any]


@asynccontextmanager
async def open_atelier(
    folder: Path, *, latency: float = 0.0, model: str = "gpt-image-2.6-flare", patience: float = 2
) -> AsyncIterator[Atelier]:
    url = f"sqlite:///{folder / 'rows.sqlite3'}"
    async with (
        PictureServer(latency=latency) as server,
        open_storage(url, media_dir=folder / "media") as storage,
    ):
        openai = OpenAIProvider(
            api_key="k",
            base_url=server.openai_url,
            model=model,
            preset=preset_for("openai", model, Overrides(quality="medium")),
            timeout=patience,
        )
        pollinations = OpenAIProvider(
            name="pollinations",
            api_key="p",
            base_url=f"{server.pollinations_url}/v1",
            model="flux",
            preset=preset_for("pollinations", "flux"),
            timeout=2,
        )
        yield Atelier(
            server=server,
            storage=storage,
            listener=Listener(),
            studio=studio(size=(768, 512)),
            openai=openai,
            pollinations=pollinations,
        )
        await openai.close()
        await pollinations.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Atelier]:
    """One for a whole module: opening it costs more than most tests."""
    async with open_atelier(tmp_path_factory.mktemp("lasting"), patience=1.5) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def anew(lasting: Atelier) -> Atelier:
    """The module's atelier as if nothing had happened there yet, for tests on the module's loop."""
    lasting.made += 100
    lasting.server.forget()
    await lasting.storage.database.execute(sa.delete(charges))
    kept = {name: getattr(lasting, name) for name in ("server", "storage", "openai", "pollinations", "made")}
    return Atelier(**kept, listener=Listener(), studio=studio(size=(768, 512)))


@pytest.fixture
async def atelier(tmp_path: Path) -> AsyncIterator[Atelier]:
    async with open_atelier(tmp_path) as opened:
        yield opened
