"""What must every SpinStore keep?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.pipeline.model import AlbumState, SessionId
from bot.pipeline.spin import Spin
from tests.contract.conftest import Kept
from tests.fakes.cars import a_session, an_album, blank_views
from tests.fakes.spins import MemorySpins


async def a_spin(kept: Kept, message: str = "1", *, created: float = 100.0) -> Spin:
    """A wish for a film of a car that is stored."""
    session = a_session(message)
    album = an_album(session)
    await kept.sessions.accept(session, album, blank_views(album))
    return Spin(
        session_id=session.id, owner="7", chat="7", request="q1", language="uk",
        thread="5", reply_to="10", created=created,
    )  # fmt: skip


async def test_a_wish_is_taken_once_and_found_again(kept: Kept) -> None:
    spin = await a_spin(kept)
    assert await kept.spins.accept(spin)
    assert not await kept.spins.accept(spin)
    assert not await kept.spins.accept(replace(spin, request="q2"))
    assert await kept.spins.spin(spin.session_id) == spin
    await kept.spins.set_status_message(spin.session_id, "77")
    assert (await kept.spins.under_way())[0].status_message == "77"


async def test_states_change_only_from_the_one_that_is_thought_of(kept: Kept) -> None:
    spin = await a_spin(kept)
    await kept.spins.accept(spin)
    old, new = AlbumState.OPEN, AlbumState.DELIVERING
    assert await kept.spins.move(spin.session_id, old=old, new=new)
    assert not await kept.spins.move(spin.session_id, old=old, new=new)
    assert not await kept.spins.move(SessionId("CAR-00000000"), old=old, new=new)


async def test_another_wish_keeps_the_film_and_the_same_one_does_nothing(kept: Kept) -> None:
    spin = await a_spin(kept)
    await kept.spins.accept(spin)
    assert await kept.spins.film(spin.session_id) is None
    await kept.spins.keep_film(spin.session_id, b"film")
    await kept.spins.set_file_id(spin.session_id, "f-1")
    await kept.spins.move(spin.session_id, old=AlbumState.OPEN, new=AlbumState.DELIVERED)
    assert await kept.spins.under_way() == ()
    assert not await kept.spins.accept(spin)
    assert await kept.spins.accept(replace(spin, request="q2"))
    assert await kept.spins.spin(spin.session_id) == replace(spin, request="q2", file_id="f-1")
    assert await kept.spins.film(spin.session_id) == b"film"


async def test_what_is_under_way_comes_oldest_first_and_goes_with_its_car(kept: Kept) -> None:
    late, early = await a_spin(kept, "1", created=200.0), await a_spin(kept, "2", created=100.0)
    for spin in (late, early):
        await kept.spins.accept(spin)
    assert await kept.spins.under_way() == (early, late)


async def test_a_deleted_car_has_no_film(kept: Kept) -> None:
    spin = await a_spin(kept)
    if isinstance(kept.spins, MemorySpins):
        pytest.skip("the fakes in memory do not know of each other")
    await kept.spins.accept(spin)
    await kept.spins.keep_film(spin.session_id, b"film")
    await kept.archive.delete_session(spin.session_id)
    assert await kept.spins.spin(spin.session_id) is None
    assert await kept.spins.film(spin.session_id) is None
