"""Which bytes are used, kept or thrown away: what a kill left, what is in doubt, what came twice?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import DUPLICATE, OTHER_SHAPE, Album, AngleName, Picture, SessionId, View, ViewState
from bot.pipeline.money import Outcome
from tests.fakes.cars import a_picture
from tests.fakes.painter import SEEDS, Answer, Painter, studio
from tests.fakes.store import MemoryStore
from tests.loopback.pictures import picture_bytes
from tests.unit.generate.desk import Desk, Moments

K = FailureKind
UPRIGHT = picture_bytes("upright", size=(256, 384))
"""A picture of another shape than the asked one: it is in doubt."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def one_view(desk: Desk, one: Painter) -> tuple[Album, View]:
    session, album = await desk.accept("front")
    done = await desk.drawer(one, studio()).draw_set(session, album)
    return done, desk.views(session)["front"]


async def test_one_in_doubt_is_made_again_and_the_better_takes_its_place(desk: Desk) -> None:
    one = Painter(script={"front": [UPRIGHT]})
    album, view = await one_view(desk, one)
    assert (album.provider, len(one.asked)) == ("one", 2)
    assert (view.state, view.warnings, (view.width, view.height)) == (ViewState.DRAWN, (), (384, 256))


@pytest.mark.parametrize(
    "second",
    [UPRIGHT, K.BAD_REQUEST, K.QUOTA, K.REFUSED, b"<html>"],
    ids=["doubt", "bad", "quota", "refused", "page"],
)
async def test_where_there_is_no_better_one_it_is_shown_with_its_label(
    desk: Desk, second: FailureKind | bytes
) -> None:
    one = Painter(script={"front": [UPRIGHT, second, second, second, second]})
    album, view = await one_view(desk, one)
    assert (album.provider, view.state, view.warnings) == ("one", ViewState.DRAWN, (OTHER_SHAPE,))
    assert [step for step, _, _ in desk.told()][2:] == ["started", "drawn", "finished"]
    assert desk.told()[-1] == ("finished", None, 1)


PAID = replace(SEEDS, price=0.04)


@pytest.mark.parametrize(
    ("second", "labels"), [([], ()), ([b"<html>"], (OTHER_SHAPE,))], ids=["better", "page"]
)
async def test_of_two_that_were_paid_the_one_that_is_not_shown_is_in_the_books(
    desk: Desk, second: list[bytes], labels: tuple[str, ...]
) -> None:
    one = Painter(capabilities=PAID, script={"front": [UPRIGHT, *second]})
    _, view = await one_view(desk, one)
    assert (view.state, view.warnings) == (ViewState.DRAWN, labels)
    rows = desk.store.ledger.rows.values()
    assert sorted(row.outcome for row in rows) == sorted([Outcome.STORED, Outcome.WASTED])


async def test_others_are_held_against_the_second_in_doubt_that_is_shown(desk: Desk) -> None:
    async def when_the_front_is_drawn() -> bytes:
        async with asyncio.timeout(5):
            await desk.one_drawn.wait()
        return UPRIGHT

    one = Painter(script={"front": [UPRIGHT, UPRIGHT], "side": [when_the_front_is_drawn] * 2})
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, studio()).draw_set(session, album)
    assert [view.warnings for view in desk.views(session).values()] == [
        (OTHER_SHAPE,),
        (OTHER_SHAPE, f"{DUPLICATE}:front"),
    ]


@pytest.mark.parametrize("then", [[K.SERVER, K.SERVER], [UPRIGHT]], ids=["server errors", "in doubt"])
async def test_waits_for_a_busy_provider_take_no_tries_away(
    desk: Desk, then: list[FailureKind | bytes]
) -> None:
    one = Painter(script={"front": [K.RATE_LIMIT, K.RATE_LIMIT, K.RATE_LIMIT, *then]})
    album, view = await one_view(desk, one)
    assert (album.provider, view.state, view.warnings) == ("one", ViewState.DRAWN, ())
    assert len(one.asked) == 3 + len(then) + 1
    assert "sequential" not in [step for step, _, _ in desk.told()]


async def test_one_in_doubt_whose_other_failed_is_told_with_why(desk: Desk) -> None:
    session, album = await desk.accept("front", "side")
    one = Painter(script={"front": [UPRIGHT, K.BAD_REQUEST]})
    with capture_logs() as logs:
        await desk.drawer(one, studio()).draw_set(session, album)
    (shown,) = [entry for entry in logs if entry["event"] == "picture.shown_in_doubt"]
    assert (shown["angle"], shown["kind"], shown["session"]) == ("front", "bad_request", session.id)
    assert not any(entry["event"].startswith("[AsyncGen] Parallel generation failed") for entry in logs)
    (drawn,) = [event for event in desk.events if event.angle == "front"]
    assert drawn.picture == desk.store.pictures[session.id, "front", "one"]


async def test_others_are_held_against_the_one_in_doubt_that_is_shown(desk: Desk) -> None:
    one = Painter(script={"front": [UPRIGHT, K.BAD_REQUEST], "side": [K.BAD_REQUEST, UPRIGHT, UPRIGHT]})
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, studio()).draw_set(session, album)
    assert desk.views(session)["side"].warnings == (OTHER_SHAPE, f"{DUPLICATE}:front")


async def test_after_a_server_error_the_next_one_is_not_doubted(desk: Desk) -> None:
    one = Painter(script={"front": [K.SERVER, UPRIGHT]})
    with capture_logs() as logs:
        _, view = await one_view(desk, one)
    assert (len(one.asked), view.warnings) == (2, (OTHER_SHAPE,))
    assert [entry["kind"] for entry in logs if entry["event"] == "picture.failed"] == ["server"]


@pytest.mark.parametrize(("times", "given_up"), [(20, False), (21, True)])
async def test_twenty_waits_for_a_busy_provider_are_obeyed(desk: Desk, times: int, *, given_up: bool) -> None:
    one = Painter(script={"front": [K.RATE_LIMIT] * times})
    album, _ = await one_view(desk, one)
    assert (album.provider, len(one.asked)) == ("one", times + 1)
    assert ("sequential" in [step for step, _, _ in desk.told()]) == given_up


async def test_what_costs_nothing_is_not_kept_before_it_is_looked_at(desk: Desk) -> None:
    free = Painter(capabilities=replace(SEEDS, repeatable=True), script={"front": [b"<html>"]})
    _, view = await one_view(desk, free)
    assert view.state is ViewState.DRAWN
    assert desk.store.arrivals == {}


async def left_behind(desk: Desk, content: bytes, one: Painter) -> tuple[dict[str, int], View]:
    """A killed process had received those bytes of the front view."""
    session, album = await desk.accept("front")
    left = a_picture(content, provider="one")
    await desk.store.save_arrival(session.id, AngleName("front"), replace(left, paint=None))
    drawer = desk.drawer(one, studio())
    await drawer.draw_set(session, album)
    return drawer.reused(), desk.views(session)["front"]


async def test_what_arrived_before_a_kill_is_used(desk: Desk) -> None:
    one = Painter()
    reused, view = await left_behind(desk, picture_bytes("left", size=(384, 256)), one)
    assert (view.state, view.provider, one.asked) == (ViewState.DRAWN, "one", [])
    assert reused == {"stored": 0, "arrived": 1, "joined": 0}


async def test_every_use_of_what_had_arrived_is_counted(desk: Desk) -> None:
    session, album = await desk.accept("front", "side")
    for angle in album.angles:
        left = a_picture(picture_bytes(f"left {angle}", size=(384, 256)), provider="one")
        await desk.store.save_arrival(session.id, angle, replace(left, paint=None))
    drawer = desk.drawer(Painter(), studio())
    await drawer.draw_set(session, album)
    assert drawer.reused()["arrived"] == 2


async def test_what_arrived_before_a_kill_and_is_no_picture_is_asked_for_anew(desk: Desk) -> None:
    one = Painter()
    with capture_logs() as logs:
        reused, view = await left_behind(desk, b"<html>", one)
    assert (view.state, len(one.asked), reused["arrived"]) == (ViewState.DRAWN, 1, 0)
    told = next(entry for entry in logs if entry["event"] == "picture.left_unusable")
    assert (told["session"], told["kind"]) == (view.session_id, "bad_answer")


HEDGES = replace(SEEDS, hedges=True, price=0.04)


async def hurried(desk: Desk, one: Painter, *angles: str) -> Album:
    """An album of a provider whose usual time is known."""
    drawer = desk.drawer(one, studio())
    for _ in range(20):
        session, album = await desk.accept("rear")
        await drawer.draw_set(session, album)
    one.asked.clear()
    desk.clock.naps.clear()
    session, album = await desk.accept(*angles)
    return await drawer.draw_set(session, album)


async def forever() -> None:
    async with asyncio.timeout(5):
        await asyncio.Event().wait()


async def test_a_straggler_is_raced_once_it_takes_longer_than_usual(desk: Desk) -> None:
    one = Painter(capabilities=HEDGES, script={"front": [forever]})
    album = await hurried(desk, one, "front")
    assert (album.provider, one.angles) == ("one", ["front", "front"])
    # its pictures take one second each
    assert sum(desk.clock.naps) == pytest.approx(2.0)


async def test_who_may_not_be_raced_is_waited_for(desk: Desk) -> None:
    one = Painter(script={"front": [lambda: asyncio.sleep(0.01)]})
    await hurried(desk, one, "front")
    assert (one.angles, desk.clock.naps) == (["front"], [])


async def test_the_other_one_that_came_is_used_where_the_first_is_no_picture(desk: Desk) -> None:
    good = picture_bytes("good", size=(384, 256))
    one = Painter(capabilities=HEDGES, script={"front": two_at_once(b"<html>", good)})
    album = await hurried(desk, one, "front")
    assert (album.provider, one.angles) == ("one", ["front", "front"])
    rows = await desk.store.ledger.charges(album.session_id)
    assert sorted(row.outcome for row in rows) == sorted([Outcome.STORED, Outcome.WASTED])


def two_at_once(first: bytes, second: bytes) -> list[Answer]:
    """Answers of two raced calls: the first waits until the second has come as well."""
    both = asyncio.Event()

    async def slow() -> bytes:
        async with asyncio.timeout(5):
            await both.wait()
        return first

    def quick() -> bytes:
        both.set()
        return second

    return [slow, quick]


async def test_the_other_one_that_came_is_used_where_the_first_is_in_doubt(desk: Desk) -> None:
    better = picture_bytes("better", size=(384, 256))
    one = Painter(capabilities=HEDGES, script={"front": two_at_once(UPRIGHT, better)})
    album = await hurried(desk, one, "front")
    (view,) = desk.store.view_rows[album.session_id]
    assert (one.angles, view.warnings, view.width) == (["front", "front"], (), 384)


class Late(Moments):
    """Its first wait takes longer than anything."""

    async def sleep(self, seconds: float) -> None:
        if self.naps:
            await Moments.sleep(self, seconds)
        else:
            self.naps.append(seconds)
            await forever()


async def test_of_the_last_two_that_came_one_in_doubt_is_not_doubted(desk: Desk) -> None:
    desk.clock = Late()
    one = Painter(
        capabilities=HEDGES, script={"front": [K.SERVER, *two_at_once(b"<html>", UPRIGHT), UPRIGHT]}
    )
    with capture_logs() as logs:
        album = await hurried(desk, one, "front")
    (view,) = desk.store.view_rows[album.session_id]
    assert (len(one.asked), view.warnings) == (3, (OTHER_SHAPE,))
    assert [entry["kind"] for entry in logs if entry["event"] == "picture.failed"] == ["server"]


async def test_the_other_one_that_came_as_well_is_in_the_books(desk: Desk) -> None:
    good = picture_bytes("good", size=(384, 256))
    one = Painter(capabilities=HEDGES, script={"front": two_at_once(good, good)})
    album = await hurried(desk, one, "front")
    rows = await desk.store.ledger.charges(album.session_id)
    assert sorted(row.outcome for row in rows) == sorted([Outcome.STORED, Outcome.WASTED])
    assert album.provider == "one"


class Slow(MemoryStore):
    """Takes for ever over a looked-at front."""

    reached: asyncio.Event

    async def save_picture(
        self, session_id: SessionId, angle: AngleName, picture: Picture, *, choose: bool = False
    ) -> None:
        if angle == "front":
            self.reached.set()
            await forever()
        await MemoryStore.save_picture(self, session_id, angle, picture, choose=choose)


async def test_a_set_that_is_cut_off_knows_what_the_other_one_cost(desk: Desk) -> None:
    good = picture_bytes("good", size=(384, 256))
    one = Painter(capabilities=HEDGES, script={"front": two_at_once(good, good)})
    desk.store = store = Slow()
    store.reached = asyncio.Event()
    drawing = asyncio.ensure_future(hurried(desk, one, "front"))
    await asyncio.wait_for(store.reached.wait(), 10)
    drawing.cancel()
    await asyncio.gather(drawing, return_exceptions=True)
    rows = [row for row in store.ledger.rows.values() if row.angle == "front"]
    assert sorted(row.outcome for row in rows) == sorted([Outcome.STORED, Outcome.WASTED])
