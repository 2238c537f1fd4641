"""Does a film arrive once, and is only a real doubt told, where the disk answers late or not at all?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.pipeline.errors import DeliveryError, StorageError
from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.spin import Taken
from tests.fakes.spins import FILM, MemorySpins
from tests.unit.test_spinner import Set

BEFORE, AFTER = "before its effect", "after its effect"


@dataclass(slots=True)
class Moody(MemorySpins):
    """`moods` holds, for a state that a film comes into (or "file_id"), when the next calls fail."""

    moods: dict[str, list[str]] = field(default_factory=dict)

    async def move(self, session_id: SessionId, *, old: AlbumState, new: AlbumState) -> bool:
        mood = self._mood(new.value)
        if mood == BEFORE:
            raise StorageError("room")
        answer = await MemorySpins.move(self, session_id, old=old, new=new)
        if mood == AFTER:
            raise StorageError("answer")
        return answer

    async def set_file_id(self, session_id: SessionId, file_id: str | None) -> None:
        if self._mood("file_id"):
            raise StorageError("room")
        await MemorySpins.set_file_id(self, session_id, file_id)

    def _mood(self, name: str) -> str | None:
        waiting = self.moods.get(name)
        return waiting.pop(0) if waiting else None


@dataclass(slots=True)
class Scene(Set):
    """A film whose disk has moods."""

    store: Moody = field(default_factory=Moody)

    async def played(self) -> SessionId:
        """Ask for a film and see it to its end."""
        spin = await self.spin()
        await self.spinner().submit(spin)
        await self.ended()
        return spin.session_id

    def words(self) -> list[str]:
        """What the person was told at the end."""
        return [word for word, _ in self.courier.told if "/" not in word]

    def end(self, session_id: SessionId) -> AlbumState:
        return self.store.rows[session_id].state


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    for spinner in made.spinners:
        await spinner.close()


@pytest.mark.parametrize("mood", [BEFORE, AFTER])
async def test_a_mark_without_an_answer_is_taken_back_and_the_film_sent_once(scene: Scene, mood: str) -> None:
    scene.store.moods = {"delivering": [mood], "open": [BEFORE, AFTER]}
    car = await scene.played()
    assert (scene.end(car), scene.words()) == (AlbumState.DELIVERED, ["over"])
    assert scene.courier.sent == [(car, FILM)]


@pytest.mark.parametrize(
    "moods", [{"delivered": [BEFORE] * 9}, {"delivered": [AFTER]}, {"file_id": [BEFORE] * 9}]
)
async def test_what_arrived_is_written_however_long_the_disk_refuses(
    scene: Scene, moods: dict[str, list[str]]
) -> None:
    scene.store.moods = moods
    car = await scene.played()
    assert (scene.end(car), scene.words()) == (AlbumState.DELIVERED, ["over"])
    assert scene.store.rows[car].file_id == f"film-{car}"


@pytest.mark.parametrize("error", [DeliveryError(kind="unknown"), ValueError("a bug")])
async def test_a_doubt_is_told_once_though_the_disk_refuses(scene: Scene, error: Exception) -> None:
    scene.courier.fails, scene.store.moods = [error], {"unknown": [BEFORE, AFTER]}
    car = await scene.played()
    assert (scene.end(car), scene.words()) == (AlbumState.UNKNOWN, ["unsure"])
    assert len(scene.courier.sent) == 1


@pytest.mark.parametrize(("kind", "told"), [("refused", ["failed"]), ("blocked", [])])
async def test_a_refusal_is_no_doubt_though_the_disk_refuses(
    scene: Scene, kind: str, told: list[str]
) -> None:
    scene.courier.fails = [DeliveryError(kind=kind)]
    scene.store.moods = {"open": [BEFORE] * 9, "failed": [BEFORE] if kind == "blocked" else []}
    car = await scene.played()
    assert (scene.end(car), scene.words()) == (AlbumState.FAILED, told)


async def test_a_stop_that_was_not_confirmed_takes_the_status_away(scene: Scene) -> None:
    scene.store.moods = {"cancelled": [AFTER]}
    spin, spinner = await scene.spin(), scene.spinner()
    assert await spinner.submit(spin) is Taken.ACCEPTED
    with pytest.raises(StorageError):
        await spinner.cancel(spin.session_id)
    await scene.ended()
    assert (scene.end(spin.session_id), scene.words()) == (AlbumState.CANCELLED, ["over"])
    assert scene.courier.sent == []
