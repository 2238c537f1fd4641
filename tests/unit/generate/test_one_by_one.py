"""What is asked for again, in which words, how often, and until when?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind, InspectionError, ProviderError, SetFailed
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Rung, ViewState
from tests.fakes.painter import SEEDS, Painter, studio
from tests.unit.generate.desk import Desk

K = FailureKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def failed(desk: Desk, *providers: Painter) -> SetFailed:
    with pytest.raises(SetFailed) as raised:
        await desk.drawn(*providers, angles=("front",))
    return raised.value


async def test_what_a_provider_cannot_show_is_not_tried_one_by_one(desk: Desk) -> None:
    last = studio()
    with capture_logs() as logs:
        album = await desk.drawn(last, angles=("front", "interior"))
    assert album.provider == "studio"
    assert last.angles == ["front"]
    assert ("missing", "interior", 1) in desk.told()
    assert "sequential" not in [step for step, _, _ in desk.told()]
    missing = next(event for event in desk.events if event.step.value == "missing")
    assert missing.failure is K.UNSUPPORTED
    assert "[AsyncGen] Parallel generation failed: interior: studio: unsupported" in [
        entry["event"] for entry in logs
    ]


async def test_a_missing_view_is_tried_once_more_by_itself(desk: Desk) -> None:
    one = Painter(script={"side": [K.BAD_REQUEST]})
    album = await desk.drawn(one, studio())
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
    await desk.drawn(one, studio())
    assert one.angles.count("front") == 2


@pytest.mark.parametrize("kind", [K.QUOTA, K.UNAUTHORIZED, K.NOT_FOUND])
async def test_what_stops_a_provider_ends_its_sequence_at_once(desk: Desk, kind: FailureKind) -> None:
    one = Painter(always=K.BAD_REQUEST, script={"front": [K.BAD_REQUEST, kind]})
    album = await desk.drawn(one, studio(), angles=("front", "side", "rear"))
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
    error = await failed(desk, Painter(script={"front": [slow]}), two, last)
    assert error.kinds == {"one": K.BAD_REQUEST, "two": K.TIMEOUT, "studio": K.BAD_REQUEST}
    assert two.asked == []
    assert len(last.asked) == 2


async def test_within_its_time_the_next_is_asked(desk: Desk) -> None:
    desk.rules = RetryRules(set_deadline=100)

    def slow() -> None:
        desk.clock.time += 99
        raise ProviderError(provider="one", kind=K.QUOTA)

    album = await desk.drawn(
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
    album = await desk.drawn(Painter(capabilities=paced), studio(), angles=("front", "side", "rear", "top"))
    assert album.provider == "one"
    assert desk.clock.time == 15.0


async def test_after_too_many_there_is_a_wait_and_no_failure(desk: Desk) -> None:
    busy = ProviderError(provider="one", kind=K.RATE_LIMIT, retry_after=7.0)
    one = Painter(script={"front": [busy]})
    album = await desk.drawn(one, studio(), angles=("front",))
    assert (album.provider, len(one.asked)) == ("one", 2)
    assert desk.clock.naps == [7.0]


async def test_a_server_that_stumbles_is_asked_again_after_a_growing_wait(desk: Desk) -> None:
    one = Painter(script={"front": [K.SERVER, K.SERVER]})
    await desk.drawn(one, studio(), angles=("front",))
    first, second = desk.clock.naps
    assert 0.25 <= first <= 0.5 <= second <= 1.0


async def test_unusable_pictures_of_a_whole_set_are_named(desk: Desk) -> None:
    bad = InspectionError(K.BLANK)
    one = Painter(script={"front": [bad] * 9})
    last = studio()
    last.always = K.BAD_REQUEST
    error = await failed(desk, one, last)
    assert error.kinds["one"] is K.BLANK


async def test_every_missing_view_has_its_turn_whatever_became_of_the_one_before(desk: Desk) -> None:
    one = Painter(script={"front": [K.BAD_REQUEST], "side": [K.BAD_REQUEST] * 2, "rear": [K.BAD_REQUEST]})
    session, album = await desk.accept("front", "side", "rear")
    with capture_logs() as logs:
        await desk.drawer(one, studio()).draw_set(session, album)
    assert one.angles == ["front", "side", "rear"] * 2
    assert [view.state for view in desk.views(session).values()] == [
        ViewState.DRAWN,
        ViewState.MISSING,
        ViewState.DRAWN,
    ]
    together = next(entry for entry in logs if entry["event"].startswith("[AsyncGen] Parallel"))
    assert together["event"].endswith(
        "failed: front: one: bad_request, side: one: bad_request, rear: one: bad_request"
    )
    assert together["exc_info"].message == "views"
    assert {error.kind for error in together["exc_info"].exceptions} == {K.BAD_REQUEST}
    (again,) = [entry for entry in logs if entry["event"] == "sequential.failed"]
    assert again["exc_info"].kind is K.BAD_REQUEST


async def test_a_view_that_would_try_again_where_others_opened_the_breaker_keeps_its_reason(
    desk: Desk,
) -> None:
    async def when_the_others_have_failed() -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        raise ProviderError(provider="one", kind=K.SERVER)

    one = Painter(always=K.QUOTA, script={"front": [when_the_others_have_failed]})
    album = await desk.drawn(one, studio(), angles=("front", "side", "rear", "top"))
    assert (album.provider, album.because, len(one.asked)) == ("studio", K.SERVER, 4)


async def test_who_rests_is_not_asked_for_the_rest_of_his_set(desk: Desk) -> None:
    one = Painter(script={"side": [K.BAD_REQUEST] * 2})
    drawer = desk.drawer(one, studio())
    session, album = await desk.accept("front", "side")
    await drawer.draw_set(session, album)
    one.always = K.QUOTA
    other, its_album = await desk.accept("front", "side", "rear")
    await drawer.draw_set(other, its_album)
    asked = len(one.asked)
    desk.blank(session, "side")
    with capture_logs() as logs:
        await drawer.draw_set(session, desk.store.rows[album.id])
    assert (desk.views(session)["side"].failure, len(one.asked)) == (K.RESTING, asked)
    assert "failed: side: one: resting" in "".join(entry["event"] for entry in logs)
