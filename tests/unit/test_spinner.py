"""Does every accepted film come to one end, one of a person at a time, whatever is killed or broken?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.pipeline.errors import DeliveryError, FailureKind, ProviderError, StorageError
from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.spin import Spin, Taken
from bot.pipeline.spinner import ATTEMPTS, Spinner
from tests.fakes.cars import a_session, an_album, blank_views
from tests.fakes.spins import FILM, FilmsAtOnce, MemorySpins, RecordingSpinCourier
from tests.fakes.store import MemoryStore


@dataclass(slots=True)
class Set:
    """Everything around one spinner."""

    cars: MemoryStore = field(default_factory=MemoryStore)
    store: MemorySpins = field(default_factory=MemorySpins)
    films: FilmsAtOnce = field(default_factory=FilmsAtOnce)
    courier: RecordingSpinCourier = field(default_factory=RecordingSpinCourier)
    spinners: list[Spinner] = field(default_factory=list)

    def spinner(self, *, most: int = 12) -> Spinner:
        """A process that has just begun."""
        one = Spinner(
            store=self.store, cars=self.cars, films=self.films, courier=self.courier, most=most, sleep=_soon
        )
        self.spinners.append(one)
        return one

    async def spin(self, message: str = "1", *, owner: str = "7", request: str = "q1") -> Spin:
        session = a_session(message, owner=owner)
        album = replace(an_album(session), provider="openai")
        await self.cars.accept(session, album, blank_views(album))
        return Spin(session_id=session.id, owner=owner, chat=owner, request=request)

    def state(self, spin: Spin) -> AlbumState:
        return self.store.rows[spin.session_id].state

    async def ended(self) -> None:
        """Wait until nothing is under way in this process."""
        async with asyncio.timeout(5):
            for spinner in self.spinners:
                await asyncio.gather(*(task for _, task in spinner._tasks.values()), return_exceptions=True)
        await asyncio.sleep(0)


async def _soon(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
async def stage() -> AsyncIterator[Set]:
    made = Set()
    yield made
    for spinner in made.spinners:
        await spinner.close()


async def test_a_film_is_made_once_and_sent_by_its_file_id_after_that(stage: Set) -> None:
    spin, spinner = await stage.spin(), stage.spinner()
    assert await spinner.submit(spin) is Taken.ACCEPTED
    await stage.ended()
    assert stage.courier.sent == [(spin.session_id, FILM)]
    assert stage.courier.drawn_by == ["openai"]
    assert stage.state(spin) is AlbumState.DELIVERED
    assert await spinner.submit(spin) is Taken.REPEATED
    assert await spinner.submit(replace(spin, request="q2")) is Taken.ACCEPTED
    await stage.ended()
    assert stage.courier.sent[1:] == [(spin.session_id, f"film-{spin.session_id}")]
    assert stage.films.made == [spin.session_id]
    assert [word for word, _ in stage.courier.told] == ["0/0", "1/2", "2/2", "over", "over"]


async def test_one_at_a_time_for_a_person_and_a_small_queue(stage: Set) -> None:
    stage.films.gate = asyncio.Event()
    spinner = stage.spinner(most=2)
    first = await stage.spin("1")
    assert await spinner.submit(first) is Taken.ACCEPTED
    assert await spinner.submit(first) is Taken.REPEATED
    assert await spinner.submit(await stage.spin("2", request="q2")) is Taken.BUSY
    assert await spinner.submit(await stage.spin("3", owner="8")) is Taken.ACCEPTED
    assert await spinner.submit(await stage.spin("4", owner="9")) is Taken.FULL
    await asyncio.sleep(0.01)
    assert stage.films.made == [first.session_id]
    assert (spinner.running("7"), spinner.place("8")) == (first.session_id, 1)
    stage.films.gate.set()
    await stage.ended()
    assert len(stage.courier.sent) == 2


async def test_a_cancelled_film_is_not_sent(stage: Set) -> None:
    stage.films.gate = asyncio.Event()
    spin, spinner = await stage.spin(), stage.spinner()
    await spinner.submit(spin)
    await asyncio.sleep(0.01)
    assert await spinner.cancel(spin.session_id)
    await stage.ended()
    assert (stage.state(spin), stage.courier.sent) == (AlbumState.CANCELLED, [])
    assert not await spinner.cancel(spin.session_id)
    assert not await spinner.cancel(SessionId("CAR-00000000"))


async def test_after_a_kill_a_film_is_finished(stage: Set) -> None:
    spin = await stage.spin()
    stage.films.gate = asyncio.Event()
    killed = stage.spinner()
    await killed.submit(spin)
    await asyncio.sleep(0.01)
    await killed.close()
    assert stage.state(spin) is AlbumState.OPEN
    stage.films.gate.set()
    await stage.spinner().start()
    await stage.ended()
    assert stage.courier.sent == [(spin.session_id, FILM)]


async def test_a_film_that_was_made_before_a_kill_is_not_made_again(stage: Set) -> None:
    spin = await stage.spin()
    await stage.store.accept(spin)
    await stage.store.keep_film(spin.session_id, FILM)
    await stage.spinner().start()
    await stage.ended()
    assert (stage.films.made, len(stage.courier.sent)) == ([], 1)


async def test_what_was_being_sent_at_a_kill_is_told_and_not_sent_again(stage: Set) -> None:
    spin = await stage.spin()
    await stage.store.accept(replace(spin, state=AlbumState.DELIVERING))
    await stage.spinner().start()
    await stage.ended()
    assert stage.courier.told == [("unsure", spin.session_id)]
    assert (stage.state(spin), stage.courier.sent) == (AlbumState.UNKNOWN, [])


@pytest.mark.parametrize(
    ("kind", "state", "told", "sent"),
    [
        ("unknown", AlbumState.UNKNOWN, ["unsure"], 1),
        ("later", AlbumState.DELIVERED, ["over"], 2),
        ("refused", AlbumState.FAILED, ["failed"], 1),
        ("blocked", AlbumState.FAILED, [], 1),
    ],
)
async def test_an_upload_that_goes_wrong(
    stage: Set, kind: str, state: AlbumState, told: list[str], sent: int
) -> None:
    stage.courier.fails = [DeliveryError(kind=kind)]
    spin = await stage.spin()
    await stage.spinner().submit(spin)
    await stage.ended()
    assert stage.state(spin) is state
    assert [word for word, _ in stage.courier.told if "/" not in word] == told
    assert len(stage.courier.sent) == sent
    assert len(stage.films.made) == 1


async def test_a_file_id_that_telegram_forgot_is_replaced_by_the_film(stage: Set) -> None:
    spin = await stage.spin()
    await stage.store.accept(spin)
    await stage.store.keep_film(spin.session_id, FILM)
    await stage.store.set_file_id(spin.session_id, "gone")
    stage.courier.fails = [DeliveryError(kind="refused")]
    await stage.spinner().start()
    await stage.ended()
    assert [film for _, film in stage.courier.sent] == ["gone", FILM]
    assert stage.store.rows[spin.session_id].file_id == f"film-{spin.session_id}"


@pytest.mark.parametrize(
    "error", [ProviderError(provider="studio", kind=FailureKind.CRASHED), ValueError("broken code")]
)
async def test_a_film_that_cannot_be_made_is_said_so(stage: Set, error: Exception) -> None:
    stage.films.fails = [error]
    spin = await stage.spin()
    await stage.spinner().submit(spin)
    await stage.ended()
    assert stage.state(spin) is AlbumState.FAILED
    assert ("failed", spin.session_id) in stage.courier.told


async def test_a_full_disk_is_waited_for(stage: Set) -> None:
    stage.store.broken = 2
    spin = await stage.spin()
    await stage.spinner().submit(spin)
    await stage.ended()
    assert (stage.state(spin), len(stage.courier.sent)) == (AlbumState.DELIVERED, 1)


@dataclass(slots=True)
class Forgetful(MemorySpins):
    """`lost` answers of `accept` never come, though it took effect; `deaf` makes every move fail."""

    lost: int = 0
    deaf: bool = False

    async def accept(self, spin: Spin) -> bool:
        answer = await MemorySpins.accept(self, spin)
        if self.lost:
            self.lost -= 1
            raise StorageError("answer")
        return answer

    async def move(self, session_id: SessionId, *, old: AlbumState, new: AlbumState) -> bool:
        if self.deaf:
            raise StorageError("move")
        return await MemorySpins.move(self, session_id, old=old, new=new)


async def test_a_film_whose_acceptance_was_not_confirmed_is_made(stage: Set) -> None:
    stage.store = Forgetful(lost=1)
    spin, spinner = await stage.spin(), stage.spinner()
    with pytest.raises(StorageError):
        await spinner.submit(spin)
    await stage.ended()
    assert (stage.state(spin), len(stage.courier.sent)) == (AlbumState.DELIVERED, 1)


async def test_a_film_that_could_not_be_given_up_is_taken_up_when_it_is_asked_for_again(stage: Set) -> None:
    stage.store = store = Forgetful(deaf=True, broken=ATTEMPTS)
    spin, spinner = await stage.spin(), stage.spinner()
    await spinner.submit(spin)
    await stage.ended()
    assert (stage.state(spin), stage.courier.sent) == (AlbumState.OPEN, [])
    store.deaf = False
    assert await spinner.submit(replace(spin, request="q2")) is Taken.REPEATED
    await stage.ended()
    assert (stage.state(spin), len(stage.courier.sent)) == (AlbumState.DELIVERED, 1)
