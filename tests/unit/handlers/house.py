"""The real application around fakes of the ports; the fakes keep everything in memory."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from bot.pipeline.errors import DeliveryError
from bot.pipeline.figures import Figures, Inside, JobRun, Slot
from bot.pipeline.model import (
    AlbumState,
    AngleName,
    CarSpec,
    Picture,
    Reading,
    ReadingKind,
    SessionId,
    Strength,
)
from bot.pipeline.ports import Courier, Event, Progress, Step
from tests.fakes.store import MemoryStore


def a_jpeg(color: str, size: tuple[int, int] = (48, 32)) -> bytes:
    """A picture of that colour alone."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()


RED = CarSpec(
    brand="BMW",
    model="X5",
    year=2021,
    color="red",
    given=frozenset({"brand", "model"}),
    inferred=frozenset({"year"}),
)
PICTURE = Picture(
    content=a_jpeg("crimson"),
    media_type="image/jpeg",
    width=48,
    height=32,
    provider="fake",
    model="m",
    seconds=1,
)


class WordsOfTests:
    """Knows a few descriptions by heart."""

    def understand(self, description: str, *, previous: CarSpec | None = None) -> Reading:
        if previous is not None:
            return Reading(kind=ReadingKind.CAR, specs=(replace(previous, color=description),))
        kinds = {"two cars": ReadingKind.SEVERAL, "maybe": ReadingKind.UNSURE}
        if description in kinds:
            return Reading(kind=kinds[description], specs=(RED, replace(RED, brand="<b>Audi&", model="A4")))
        if "nude" in description:
            return Reading(kind=ReadingKind.UNSUITABLE)
        if "BMW" not in description:
            return Reading(kind=ReadingKind.NO_CAR)
        angles = (AngleName("front"),) if "front" in description else ()
        return Reading(kind=ReadingKind.CAR, specs=(replace(RED, trim=description[:30]),), angles=angles)


class Unmarked:
    """Lets every upload begin."""

    async def begin(self) -> bool:
        return True

    async def withdraw(self) -> None: ...


@dataclass(slots=True)
class DrawsAtOnce:
    """A runner whose provider is instant; `hold` keeps albums open, as a slow provider would."""

    store: MemoryStore
    courier: Courier
    progress: Progress
    hold: bool = False
    picture: Picture = PICTURE
    submitted: list[str] = field(default_factory=list)

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def cancel(self, session_id: SessionId, number: int) -> bool:
        return await self.store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.CANCELLED)

    async def submit(self, session_id: SessionId, number: int) -> None:
        self.submitted.append(f"{session_id}/{number}")
        if self.hold:
            return
        await self.store.set_provider(session_id, number, "fake", Strength.SEEDS)
        album = self.store.rows[f"{session_id}/{number}"]
        for angle in album.angles:
            await self.store.save_picture(session_id, angle, self.picture)
            await self.store.choose(session_id, angle, "fake")
            self.progress.happened(Event(step=Step.DRAWN, album=album, angle=angle, picture=self.picture))
        views = [v for v in await self.store.views(session_id) if v.angle in album.angles]
        await self.store.move(session_id, number, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
        session = self.store.sessions[session_id]
        try:
            receipt = await self.courier.deliver(
                session, album, views, [self.picture] * len(views), Unmarked()
            )
        except DeliveryError as error:
            new = AlbumState.UNKNOWN if error.kind == "unknown" else AlbumState.FAILED
            await self.store.move(session_id, number, old=AlbumState.DELIVERING, new=new)
            if error.kind == "unknown":
                await self.courier.unsure(session, album)
            return
        await self.store.save_receipt(session_id, number, receipt)
        await self.courier.arrived(session, self.store.rows[album.id], views)


class Glanced:
    async def inside(self) -> Inside:
        return Inside(
            up=3 * 86_400 + 7_260,
            versions=(("Rakurs", "0.1.0"), ("Python", "3.11.7"), ("database", "sqlite")),
            updates=2,
            messages=3,
            albums=4,
            providers=(("openai", 42.0), ("studio", 0.0)),
            sources=(("Wikimedia", 0.0),),
            searches=(("hit", 30), ("miss", 10), ("joined", 5), ("failed", 0)),
            reused=(("stored", 2), ("arrived", 1), ("joined", 4)),
            disk_free=12 * 2**30,
            database=48 * 2**20,
            lag_p99=0.004,
            jobs=(
                JobRun(name="sweep_media", outcome="failed", started=1_800_000_000.0 - 7200),
                JobRun(name="tidy_database", outcome="ok", started=1_800_000_000.0 - 90),
                JobRun(name="forget_updates", outcome="never", started=None),
            ),
        )


class Counted:
    async def figures(self, since: float | None) -> Figures:
        return Figures(complete=8, partial=1, failed=1, pictures=41, album_p50=12.5, first_picture_p50=3.0)

    async def trend(self, since: float, *, width: float, slots: int) -> tuple[Slot, ...]:
        return tuple(Slot(start=since + number * width, complete=number) for number in range(slots))

    async def waits(self, since: float, bounds: Sequence[float]) -> tuple[int, ...]:
        return tuple(range(len(bounds) + 1))
