"""What becomes of a set step by step: who is asked for what, when it is given up, and what is told?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind, InspectionError, ProviderError, SetFailed, StorageError
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Album, AlbumState, Rung, Strength, ViewState
from bot.pipeline.ports import Capabilities
from tests.unit.generate.desk import SEEDS, STUDIO, Desk, Painter

K = FailureKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


def studio() -> Painter:
    return Painter(name="studio", capabilities=STUDIO, cannot=frozenset({"interior"}))


async def drawn(desk: Desk, *providers: Painter, angles: tuple[str, ...] = ("front", "side")) -> Album:
    session, album = await desk.accept(*angles)
    return await desk.drawer(*providers).draw_set(session, album)


async def failed(desk: Desk, *providers: Painter, angles: tuple[str, ...] = ("front", "side")) -> SetFailed:
    with pytest.raises(SetFailed) as raised:
        await drawn(desk, *providers, angles=angles)
    return raised.value


async def test_a_set_is_told_step_by_step(desk: Desk) -> None:
    album = await drawn(desk, Painter(), studio())
    assert (album.provider, album.strength, album.because, album.unlike) == (
        "one",
        Strength.SEEDS,
        None,
        None,
    )
    steps = desk.told()
    assert [step for step, _, _ in steps] == [
        "researched",
        "composed",
        "started",
        "drawn",
        "drawn",
        "finished",
    ]
    assert [done for _, _, done in steps] == [0, 0, 0, 1, 2, 2]
    assert {angle for step, angle, _ in steps if step == "drawn"} == {"front", "side"}
    assert {event.total for event in desk.events} == {2}
    assert {(event.provider, event.strength) for event in desk.events[2:]} == {("one", Strength.SEEDS)}
    assert all((event.picture is not None) == (event.step.value == "drawn") for event in desk.events)


async def test_who_draws_stands_in_the_rows_before_the_first_call(desk: Desk) -> None:
    session, album = await desk.accept("front")
    seen: list[tuple[str | None, Strength | None]] = []

    def look() -> None:
        row = desk.store.rows[album.id]
        seen.append((row.provider, row.strength))

    await desk.drawer(Painter(script={"front": [look]}), studio()).draw_set(session, album)
    assert seen == [("one", Strength.SEEDS)]


async def test_a_set_that_lacks_nothing_calls_nobody(desk: Desk) -> None:
    one = Painter()
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, studio()).draw_set(session, album)
    row, told = desk.store.rows[album.id], len(desk.events)
    assert await desk.drawer(one, studio()).draw_set(session, row) == row
    assert (len(one.asked), len(desk.events)) == (2, told)


async def test_what_is_there_already_counts_as_done(desk: Desk) -> None:
    session, album = await desk.accept("front", "side", "rear")
    one = Painter(always=K.BAD_REQUEST)
    one.script = {"front": [lambda: None], "side": [lambda: None]}
    await desk.drawer(one, studio()).draw_set(session, album)
    desk.blank(session, "rear")
    desk.events.clear()
    again = Painter()
    album = await desk.drawer(again, studio()).draw_set(session, desk.store.rows[album.id])
    assert again.angles == ["rear"]
    assert [entry for entry in desk.told() if entry[0] in {"started", "drawn", "finished"}] == [
        ("started", None, 2),
        ("drawn", "rear", 3),
        ("finished", None, 3),
    ]


async def test_whoever_drew_this_car_before_is_asked_first(desk: Desk) -> None:
    session, album = await desk.accept("front")
    two = Painter(name="two")
    await desk.drawer(Painter(always=K.QUOTA), two, studio()).draw_set(session, album)
    one = Painter()
    _, more = await desk.accept("rear", session=session, number=2)
    album = await desk.drawer(one, two, studio()).draw_set(session, more)
    assert (album.provider, album.unlike, one.asked) == ("two", None, [])


async def test_another_hand_than_the_earlier_albums_is_named(desk: Desk) -> None:
    session, album = await desk.accept("front")
    await desk.drawer(Painter(), studio()).draw_set(session, album)
    _, more = await desk.accept("rear", session=session, number=2)
    album = await desk.drawer(Painter(always=K.QUOTA), studio()).draw_set(session, more)
    assert (album.provider, album.unlike, album.because) == ("studio", "one", K.QUOTA)
    assert (desk.store.rows[album.id].unlike, desk.store.rows[album.id].because) == ("one", K.QUOTA)


async def test_why_the_first_did_not_draw_it_is_kept_and_the_others_are_not_asked_about(desk: Desk) -> None:
    album = await drawn(desk, Painter(always=K.QUOTA), Painter(name="two", always=K.UNAUTHORIZED), studio())
    assert (album.provider, album.because) == ("studio", K.QUOTA)
    assert [step for step, _, _ in desk.told() if step in {"started", "next_provider"}] == [
        "started",
        "next_provider",
        "next_provider",
    ]


async def test_why_is_still_known_after_a_kill(desk: Desk) -> None:
    session, album = await desk.accept("front", provider="studio", because=K.BUDGET)
    done = await desk.drawer(Painter(), studio()).draw_set(session, album)
    assert (done.provider, done.because) == ("studio", K.BUDGET)
    session, album = await desk.accept("front", provider="gone", because=K.BUDGET)
    done = await desk.drawer(Painter(), studio()).draw_set(session, album)
    assert (done.provider, done.because) == ("one", None)


async def test_nobody_could_draw_it(desk: Desk) -> None:
    last = studio()
    last.always = K.CRASHED
    session, album = await desk.accept("front", "side")
    with pytest.raises(SetFailed) as raised:
        await desk.drawer(Painter(always=K.BAD_REQUEST), last).draw_set(session, album)
    assert raised.value.kinds == {"one": K.BAD_REQUEST, "studio": K.CRASHED}
    assert {(v.state, v.failure) for v in desk.views(session).values()} == {(ViewState.MISSING, K.CRASHED)}
    assert desk.told()[-1] == ("finished", None, 0)


async def test_pictures_of_a_hand_that_is_gone_are_no_reason_to_fail(desk: Desk) -> None:
    session, album = await desk.accept("front", "side")
    await desk.drawer(Painter(script={"side": [K.BAD_REQUEST] * 2}), studio()).draw_set(session, album)
    desk.blank(session, "side")
    desk.events.clear()
    album = await desk.drawer(Painter(always=K.QUOTA), studio()).draw_set(session, desk.store.rows[album.id])
    assert {angle: view.state for angle, view in desk.views(session).items()} == {
        "front": ViewState.DRAWN,
        "side": ViewState.MISSING,
    }
    assert album.provider == "one"
    assert desk.told()[-1] == ("finished", None, 1)


async def test_what_a_provider_cannot_show_is_not_tried_one_by_one(desk: Desk) -> None:
    last = studio()
    album = await drawn(desk, last, angles=("front", "interior"))
    assert album.provider == "studio"
    assert last.angles == ["front"]
    assert ("missing", "interior", 1) in desk.told()
    assert "sequential" not in [step for step, _, _ in desk.told()]
    missing = next(event for event in desk.events if event.step.value == "missing")
    assert missing.failure is K.UNSUPPORTED


async def test_a_missing_view_is_tried_once_more_by_itself(desk: Desk) -> None:
    one = Painter(script={"side": [K.BAD_REQUEST]})
    album = await drawn(desk, one, studio())
    assert one.angles == ["front", "side", "side"]
    assert album.provider == "one"
    assert ("sequential", None, 1) in desk.told()


async def test_what_is_refused_is_asked_for_in_other_words_only(desk: Desk) -> None:
    one = Painter(script={"front": [K.REFUSED] * 2})
    session, album = await desk.accept("front")
    await desk.drawer(one, studio()).draw_set(session, album)
    assert len({request.prompt for request in one.asked}) == 3
    assert desk.views(session)["front"].rung is Rung.GENERIC


async def test_another_failure_than_a_refusal_ends_the_ladder(desk: Desk) -> None:
    one = Painter(script={"front": [K.REFUSED, K.BAD_REQUEST, K.BAD_REQUEST, K.BAD_REQUEST]})
    await drawn(desk, one, studio())
    assert one.angles.count("front") == 2


@pytest.mark.parametrize("kind", [K.QUOTA, K.UNAUTHORIZED, K.NOT_FOUND])
async def test_what_stops_a_provider_ends_its_sequence_at_once(desk: Desk, kind: FailureKind) -> None:
    one = Painter(always=K.BAD_REQUEST, script={"front": [K.BAD_REQUEST, kind]})
    album = await drawn(desk, one, studio(), angles=("front", "side", "rear"))
    assert one.angles == ["front", "side", "rear", "front"]
    assert (album.provider, album.because) == ("studio", kind)


async def test_an_open_breaker_ends_a_sequence(desk: Desk) -> None:
    one = Painter(always=K.QUOTA)
    drawer = desk.drawer(one, studio())
    session, album = await desk.accept("front", "side", "rear")
    await drawer.draw_set(session, album)
    assert len(one.asked) == 3
    assert drawer.breakers() == {"one": 60.0, "studio": 0.0}
    session, album = await desk.accept("front")
    assert (await drawer.draw_set(session, album)).provider == "studio"
    assert len(one.asked) == 3


@pytest.mark.parametrize(
    ("kind", "opens"), [(K.SERVER, True), (K.TIMEOUT, True), (K.PLACEHOLDER, True), (K.BAD_REQUEST, False)]
)
async def test_what_a_whole_set_meets_tells_of_the_provider(
    desk: Desk, kind: FailureKind, opens: bool
) -> None:
    one = Painter(always=kind)
    drawer = desk.drawer(one, studio())
    for number in range(3):
        assert drawer.breakers()["one"] == 0.0, number
        session, album = await desk.accept("front")
        await drawer.draw_set(session, album)
    assert (drawer.breakers()["one"] > 0) == opens


async def test_when_the_time_is_up_only_the_last_resort_is_asked(desk: Desk) -> None:
    desk.rules = RetryRules(set_deadline=100)

    def slow() -> None:
        desk.clock.time += 100
        raise ProviderError(provider="one", kind=K.BAD_REQUEST)

    two, last = Painter(name="two"), studio()
    last.always = K.BAD_REQUEST
    error = await failed(desk, Painter(script={"front": [slow]}), two, last, angles=("front",))
    assert error.kinds == {"one": K.BAD_REQUEST, "two": K.TIMEOUT, "studio": K.BAD_REQUEST}
    assert two.asked == []
    assert len(last.asked) == 2


async def test_within_its_time_the_next_is_asked(desk: Desk) -> None:
    desk.rules = RetryRules(set_deadline=100)

    def slow() -> None:
        desk.clock.time += 99
        raise ProviderError(provider="one", kind=K.QUOTA)

    album = await drawn(
        desk,
        Painter(always=K.QUOTA, script={"front": [slow]}),
        Painter(name="two"),
        studio(),
        angles=("front",),
    )
    assert album.provider == "two"


async def test_the_sequence_ends_when_the_time_of_the_set_is_up(desk: Desk) -> None:
    desk.rules = RetryRules(set_deadline=100)

    def slow() -> None:
        desk.clock.time += 100
        raise ProviderError(provider="one", kind=K.BAD_REQUEST)

    one = Painter(script={"side": [K.BAD_REQUEST, slow], "rear": [K.BAD_REQUEST]})
    session, album = await desk.accept("front", "side", "rear")
    await desk.drawer(one, studio()).draw_set(session, album)
    assert one.angles == ["front", "side", "rear", "side"]
    assert desk.views(session)["rear"].failure is K.BAD_REQUEST


async def test_the_pauses_that_a_provider_demands_are_no_delay_of_the_set(desk: Desk) -> None:
    desk.rules = RetryRules(set_deadline=10)
    paced = replace(SEEDS, pace=5.0, concurrency=1)
    album = await drawn(desk, Painter(capabilities=paced), studio(), angles=("front", "side", "rear", "top"))
    assert album.provider == "one"
    assert desk.clock.time == 15.0


async def test_a_view_that_takes_too_long_has_run_out_of_time(desk: Desk) -> None:
    desk.rules = RetryRules(deadline=0.02)

    async def never() -> None:
        await asyncio.Event().wait()

    one = Painter(script={"side": [never, never]})
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, studio()).draw_set(session, album)
    assert desk.views(session)["side"].failure is K.TIMEOUT
    assert desk.views(session)["front"].state is ViewState.DRAWN


async def test_a_disk_that_fails_is_heard(desk: Desk) -> None:
    def breaks() -> None:
        desk.store.broken = True
        raise ProviderError(provider="one", kind=K.BAD_REQUEST)

    with pytest.raises(StorageError):
        await drawn(desk, Painter(script={"front": [breaks]}), studio(), angles=("front",))


async def test_two_albums_that_lack_the_same_view_share_its_call(desk: Desk) -> None:
    one = Painter()
    session, album = await desk.accept("front", "side")
    drawer = desk.drawer(one, studio())
    await asyncio.gather(drawer.draw_set(session, album), drawer.draw_set(session, album))
    assert sorted(one.angles) == ["front", "side"]
    assert drawer.reused() == {"stored": 0, "arrived": 0, "joined": 2}


async def test_a_picture_that_is_stored_is_taken_and_counted(desk: Desk) -> None:
    session, album = await desk.accept("front", "side")
    await desk.drawer(Painter(), studio()).draw_set(session, album)
    desk.blank(session, "front", "side")
    one = Painter()
    drawer = desk.drawer(one, studio())
    assert (await drawer.draw_set(session, album)).provider == "one"
    assert one.asked == []
    assert drawer.reused() == {"stored": 2, "arrived": 0, "joined": 0}


async def test_it_turned_out_to_hold_less_and_the_row_says_so(desk: Desk) -> None:
    one = Painter(capabilities=replace(SEEDS, strength=Strength.REFERENCES))

    def learns() -> None:
        one.capabilities = replace(one.capabilities, strength=Strength.NONE)

    one.script = {"front": [learns]}
    session, album = await desk.accept("front")
    done = await desk.drawer(one, studio()).draw_set(
        session, replace(album, because=K.BUDGET, provider="one")
    )
    row = desk.store.rows[album.id]
    assert done.strength is row.strength is Strength.NONE
    assert (row.provider, row.because) == ("one", K.BUDGET)
    assert desk.events[-1].strength is Strength.NONE


async def test_after_too_many_there_is_a_wait_and_no_failure(desk: Desk) -> None:
    busy = ProviderError(provider="one", kind=K.RATE_LIMIT, retry_after=7.0)
    one = Painter(script={"front": [busy]})
    album = await drawn(desk, one, studio(), angles=("front",))
    assert (album.provider, len(one.asked)) == ("one", 2)
    assert desk.clock.naps == [7.0]


async def test_a_server_that_stumbles_is_asked_again_after_a_growing_wait(desk: Desk) -> None:
    one = Painter(script={"front": [K.SERVER, K.SERVER]})
    await drawn(desk, one, studio(), angles=("front",))
    first, second = desk.clock.naps
    assert 0.25 <= first <= 0.5 <= second <= 1.0


async def test_a_bug_in_a_provider_is_one_missing_view(desk: Desk) -> None:
    one = Painter(script={"front": [ValueError("a bug"), ValueError("a bug")]})
    session, album = await desk.accept("front", "side")
    with capture_logs() as logs:
        await desk.drawer(one, studio()).draw_set(session, album)
    assert desk.views(session)["front"].failure is K.CRASHED
    told = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert "[AsyncGen] Parallel generation failed: front: ValueError" in told
    assert not any("a bug" in str(event) for event in told)


async def test_unusable_pictures_of_a_whole_set_are_named(desk: Desk) -> None:
    bad = InspectionError(K.BLANK)
    one = Painter(script={"front": [bad] * 9})
    last = studio()
    last.always = K.BAD_REQUEST
    error = await failed(desk, one, last, angles=("front",))
    assert error.kinds["one"] is K.BLANK


async def test_guides_are_made_for_those_who_take_them(desk: Desk) -> None:
    guide = studio()
    takes = Capabilities(
        strength=Strength.REFERENCES, concurrency=4, seconds=1, takes_references=2, takes_guide=True
    )
    one = Painter(capabilities=takes)
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, guide, guides=guide).draw_set(session, album)
    assert [request.guide for request in one.asked] == [b"guide front", b"guide side"]


async def test_the_log_follows_a_set_by_its_ids(desk: Desk) -> None:
    session, album = await desk.accept("front", "side")
    one = Painter(script={"side": [K.BAD_REQUEST] * 2})
    with capture_logs() as logs:
        await desk.drawer(one, studio()).draw_set(session, album)
    mine = [entry for entry in logs if entry["event"].startswith(("[Async", "sequential", "picture"))]
    assert {entry["session"] for entry in mine} == {session.id}
    assert "[AsyncImages] Generated 1/2 images in parallel" in [entry["event"] for entry in mine]
    again = next(entry for entry in mine if entry["event"] == "sequential.failed")
    assert (again["angle"], again["rung"], again["provider"]) == ("side", "full", "one")
    lost = next(entry for entry in mine if entry["event"] == "picture.failed")
    assert (lost["kind"], lost["attempt"], lost["again_in"]) == ("bad_request", 1, None)


async def test_albums_that_were_deleted_meanwhile_are_left(desk: Desk) -> None:
    session, album = await desk.accept("front")
    await desk.store.delete_session(session.id)
    one = Painter()
    assert await desk.drawer(one, studio()).draw_set(session, album) is album
    assert (one.asked, album.state) == ([], AlbumState.OPEN)
