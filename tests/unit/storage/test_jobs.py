"""Is what is old thrown away, what is needed kept, and every run on record?"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.pipeline.errors import StorageError
from bot.pipeline.model import AlbumState, Session
from bot.pipeline.money import Limits, Outcome
from bot.pipeline.ports import CachedSearch, Receipt
from bot.pipeline.spin import Spin
from storage import Storage, open_storage
from storage.jobs import DAY, SCHEDULE, Jobs
from storage.retention import FUNCTIONS
from storage.schema import charges, sessions, updates
from tests.fakes.cars import FRONT, a_call, a_picture, a_session, an_album, blank_views

START = 1_800_000_000.0


@dataclass(slots=True)
class Time:
    now: float = START
    naps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        if len(self.naps) > 2:
            raise asyncio.CancelledError
        self.now += seconds


@pytest.fixture
def moment() -> Time:
    return Time()


@pytest.fixture
async def storage(url: str, tmp_path: Path, moment: Time) -> object:
    async with open_storage(url, media_dir=tmp_path / "media", clock=moment.clock) as opened:
        yield opened


@pytest.fixture
def jobs(storage: Storage, moment: Time) -> Jobs:
    return Jobs(storage=storage, clock=moment.clock, sleep=moment.sleep)


async def a_car(storage: Storage, message: str, *, days: float, over: bool = True) -> Session:
    """A delivered (or still open) session of so many days ago, with one picture."""
    session = a_session(message, created=START - days * DAY)
    album = an_album(session, FRONT)
    await storage.sessions.accept(session, album, blank_views(album))
    await storage.sessions.save_picture(session.id, FRONT, a_picture())
    await storage.sessions.choose(session.id, FRONT, "fake")
    if over:
        await storage.sessions.move(session.id, 1, old=AlbumState.OPEN, new=AlbumState.DELIVERING)
        await storage.sessions.save_receipt(session.id, 1, Receipt(messages=("1",), file_ids={FRONT: "f"}))
    return session


def test_every_scheduled_name_has_its_function_and_every_function_a_schedule() -> None:
    assert set(SCHEDULE) == set(FUNCTIONS)
    assert all(every >= 60 for every in SCHEDULE.values())


async def test_the_listing_names_all_with_their_last_run(jobs: Jobs, moment: Time) -> None:
    assert [state.outcome for state in await jobs.listing()] == ["never"] * len(SCHEDULE)
    assert set(await jobs.run_due()) == set(SCHEDULE)
    states = await jobs.listing()
    assert {state.outcome for state in states} == {"ok"}
    assert {state.started for state in states} == {START}
    assert await jobs.run_due() == ()
    moment.now += 3600
    assert set(await jobs.run_due()) == {name for name, every in SCHEDULE.items() if every == 3600}


async def test_a_clock_set_back_stops_no_job(jobs: Jobs, moment: Time) -> None:
    await jobs.run_due()
    moment.now -= 30 * DAY
    assert set(await jobs.run_due()) == set(SCHEDULE)


async def test_of_several_processes_one_runs_a_job(storage: Storage, moment: Time) -> None:
    many = [Jobs(storage=storage, clock=moment.clock) for _ in range(5)]
    ran = await asyncio.gather(*(each.run_due() for each in many))
    assert sorted(name for names in ran for name in names) == sorted(SCHEDULE)


async def test_a_failed_job_is_on_record_and_tried_again_soon(
    jobs: Jobs, moment: Time, tmp_path: Path
) -> None:
    (tmp_path / "media").rmdir()
    await jobs.run("sweep_media")
    state = next(state for state in await jobs.listing() if state.name == "sweep_media")
    assert state.outcome == "failed"
    assert not state.due(moment.now + 899)
    assert state.due(moment.now + 900)


async def test_the_loop_looks_again_and_again(jobs: Jobs, moment: Time) -> None:
    with pytest.raises(asyncio.CancelledError):
        await jobs.run_for_ever(pause=1800)
    assert moment.naps == [1800, 1800, 1800]
    assert all(state.outcome == "ok" for state in await jobs.listing())


async def test_bytes_of_old_cars_go_but_telegrams_copies_stay_known(
    storage: Storage, jobs: Jobs, tmp_path: Path
) -> None:
    ages = {"old": 100.0, "new": 10.0}
    cars = {name: await a_car(storage, name, days=days) for name, days in ages.items()}
    open_one = await a_car(storage, "open", days=100, over=False)
    # delivered today although accepted long ago: not old
    await jobs.run("forget_pictures")
    assert (tmp_path / "media" / cars["old"].id).is_dir()
    moment_of_end = sa.text("UPDATE albums SET finished = created WHERE finished IS NOT NULL")
    await storage.database.execute(moment_of_end)
    await jobs.run("forget_pictures")
    assert await storage.sessions.picture(cars["old"].id, FRONT, "fake") is None
    assert not (tmp_path / "media" / cars["old"].id).exists()
    for kept in (cars["new"], open_one):
        assert await storage.sessions.picture(kept.id, FRONT, "fake") == a_picture()
    (view,) = await storage.sessions.views(cars["old"].id)
    assert (view.file_id, view.provider, view.width) == ("f", "fake", 1536)
    await storage.sessions.save_picture(cars["old"].id, FRONT, a_picture(b"drawn again"))
    again = await storage.sessions.picture(cars["old"].id, FRONT, "fake")
    assert again is not None
    assert again.content == b"drawn again"


async def test_very_old_cars_go_with_everything(storage: Storage, jobs: Jobs, tmp_path: Path) -> None:
    old, new = await a_car(storage, "old", days=400), await a_car(storage, "new", days=300)
    await storage.database.execute(sa.text("UPDATE albums SET finished = created"))
    await jobs.run("forget_sessions")
    assert await storage.sessions.session(old.id) is None
    assert await storage.sessions.session(new.id) is not None
    assert [path.name for path in (tmp_path / "media").iterdir()] == [new.id]


async def test_finished_updates_and_stale_searches_go(storage: Storage, jobs: Jobs, moment: Time) -> None:
    for number in (1, 2):
        await storage.inbox.put(number, "{}")
    await storage.inbox.done(1)
    for key, days in (("stale", -31.0), ("expired", -1.0)):
        await storage.searches.keep(key, CachedSearch(value=b"x", expires=START + days * DAY))
    moment.now += 4 * DAY
    await storage.searches.keep("stale", CachedSearch(value=b"x", expires=moment.now - 31 * DAY))
    await jobs.run_due()
    rows = await storage.database.rows(sa.select(updates.c.id))
    assert [row.id for row in rows] == [2]
    assert await storage.searches.find("stale") is None
    assert await storage.searches.find("expired") is not None


async def test_files_that_no_row_names_are_swept_once_they_are_old(
    storage: Storage, jobs: Jobs, tmp_path: Path
) -> None:
    car = await a_car(storage, "1", days=1)
    folder = tmp_path / "media" / car.id
    photo = await storage.sessions.keep_photo(car.id, b"photo")
    await storage.database.execute(sa.update(sessions).where(sessions.c.id == car.id).values(photo=photo))
    spin = Spin(session_id=car.id, owner="7", chat="7", request="1")
    assert await storage.spins.accept(spin)
    await storage.spins.keep_film(car.id, b"film")
    kept = list(folder.iterdir())
    assert len(kept) == 3
    (tmp_path / "media" / "CAR-00000000").mkdir()
    stray, draft, fresh = folder / "stray.jpg", folder / ".draft", folder / "fresh.jpg"
    lost = tmp_path / "media" / "CAR-00000000" / "lost.jpg"
    for file in (stray, draft, fresh, lost):
        file.write_bytes(b"x")
    long_ago = time.time() - 7200
    for file in (*kept, stray, draft, lost, lost.parent):
        os.utime(file, (long_ago, long_ago))
    await jobs.run("sweep_media")
    assert {path.name for path in folder.iterdir()} == {*(file.name for file in kept), "fresh.jpg"}
    assert not lost.exists()
    state = next(state for state in await jobs.listing() if state.name == "sweep_media")
    assert state.facts == {"files": 3}


async def test_reservations_of_the_dead_are_settled_and_whose_they_were_is_forgotten(
    storage: Storage, jobs: Jobs, moment: Time
) -> None:
    call = a_call(a_session(), provider="p", price=0.5)
    ledger = storage.ledger
    await ledger.hold([call], Limits())
    await ledger.hold([call], Limits(), asked=True)
    await jobs.run("settle_charges")
    assert [one.outcome for one in await ledger.charges(call.session_id)] == [Outcome.HELD, Outcome.ASKED]
    moment.now += 3 * 3600
    await jobs.run("settle_charges")
    assert [one.outcome for one in await ledger.charges(call.session_id)] == [Outcome.MAYBE]
    owners = sa.select(charges.c.owner, charges.c.chat)
    assert [tuple(row) for row in await storage.database.rows(owners)] == [("7", "7")]
    moment.now += 3 * DAY
    await jobs.run("settle_charges")
    assert [tuple(row) for row in await storage.database.rows(owners)] == [("", "")]
    moment.now += 400 * DAY
    await jobs.run("forget_charges")
    assert await ledger.charges(call.session_id) == ()


async def test_a_clock_set_forward_takes_no_reservation_from_an_album_under_way(
    storage: Storage, jobs: Jobs, moment: Time
) -> None:
    car = await a_car(storage, "1", days=0, over=False)
    call = a_call(car, provider="p", price=0.5)
    held, _ = await storage.ledger.hold([call, call], Limits())
    moment.now += 5 * 3600
    await jobs.run("settle_charges")
    await storage.ledger.ask(held)
    await storage.sessions.save_arrival(car.id, FRONT, a_picture(b"bought"), held)
    assert [one.outcome for one in await storage.ledger.charges(car.id)] == [Outcome.WASTED, Outcome.HELD]
    await storage.sessions.move(car.id, 1, old=AlbumState.OPEN, new=AlbumState.CANCELLED)
    await jobs.run("settle_charges")
    assert [one.outcome for one in await storage.ledger.charges(car.id)] == [Outcome.WASTED]


async def test_cars_of_which_nothing_was_ever_drawn_go_after_a_month(
    storage: Storage, jobs: Jobs, tmp_path: Path
) -> None:
    async def a_draft(message: str, *, days: float, end: AlbumState | None) -> Session:
        session = a_session(message, created=START - days * DAY)
        album = an_album(session, FRONT)
        await storage.sessions.accept(session, album, blank_views(album))
        await storage.sessions.keep_photo(session.id, b"photo")
        if end is not None:
            await storage.sessions.move(session.id, 1, old=AlbumState.OPEN, new=end)
        return session

    failed = await a_draft("failed", days=40, end=AlbumState.FAILED)
    cancelled = await a_draft("cancelled", days=40, end=AlbumState.CANCELLED)
    kept = [
        await a_draft("open", days=40, end=None),
        await a_draft("young", days=20, end=AlbumState.FAILED),
        await a_draft("filmed", days=40, end=AlbumState.CANCELLED),
        await a_car(storage, "drawn", days=40),
    ]
    assert await storage.spins.accept(Spin(session_id=kept[2].id, owner="7", chat="7", request="1"))
    await storage.database.execute(sa.text("UPDATE albums SET finished = created WHERE state != 'open'"))
    await jobs.run("forget_drafts")
    for gone in (failed, cancelled):
        assert await storage.sessions.session(gone.id) is None
        assert not (tmp_path / "media" / gone.id).exists()
    for session in kept:
        assert await storage.sessions.session(session.id) is not None
    state = next(state for state in await jobs.listing() if state.name == "forget_drafts")
    assert state.facts == {"sessions": 2}


async def test_a_job_that_nobody_knows_is_a_mistake_of_the_code(jobs: Jobs) -> None:
    with pytest.raises(KeyError):
        await jobs.run("forget_everything")


async def test_the_audit_does_not_grow_for_ever(jobs: Jobs, moment: Time) -> None:
    await jobs.run_due()
    moment.now += 100 * DAY
    await jobs.run("forget_job_runs")
    states = {state.name: state.outcome for state in await jobs.listing()}
    assert states.pop("forget_job_runs") == "ok"
    assert set(states.values()) == {"never"}


async def test_without_a_record_nothing_runs(storage: Storage, jobs: Jobs) -> None:
    await storage.database.execute(sa.text("DROP TABLE job_runs"))
    with pytest.raises(StorageError):
        await jobs.run("forget_updates")
