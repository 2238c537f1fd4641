"""What becomes of a set step by step: who is asked first, what do the rows say, what is told?"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind, ProviderError, SetFailed, StorageError
from bot.pipeline.model import AlbumState, Reference, Research, Strength, ViewState
from bot.pipeline.money import Budgets, Limits
from bot.pipeline.ports import Capabilities
from tests.fakes.painter import SEEDS, Painter, studio
from tests.unit.generate.desk import Desk

K = FailureKind


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_set_is_told_step_by_step(desk: Desk) -> None:
    album = await desk.drawn(Painter(), studio())
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
    album = await desk.drawn(Painter(always=K.QUOTA), Painter(name="two", always=K.UNAUTHORIZED), studio())
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


async def test_a_disk_that_fails_is_heard(desk: Desk) -> None:
    def breaks() -> None:
        desk.store.broken = True
        raise ProviderError(provider="one", kind=K.BAD_REQUEST)

    with pytest.raises(StorageError):
        await desk.drawn(Painter(script={"front": [breaks]}), studio(), angles=("front",))


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
    session, before = await desk.accept("rear")
    await desk.drawer(Painter(name="two"), studio()).draw_set(session, before)
    _, album = await desk.accept("front", session=session, number=2)
    done = await desk.drawer(one, studio()).draw_set(
        session, replace(album, because=K.BUDGET, provider="one")
    )
    row = desk.store.rows[album.id]
    assert done.strength is row.strength is Strength.NONE
    assert (row.provider, row.because, row.unlike) == ("one", K.BUDGET, "two")
    assert desk.events[-1].strength is Strength.NONE


async def test_a_bug_in_a_provider_is_one_missing_view(desk: Desk) -> None:
    one = Painter(script={"front": [ValueError("a bug"), ValueError("a bug")]})
    session, album = await desk.accept("front", "side")
    with capture_logs() as logs:
        await desk.drawer(one, studio()).draw_set(session, album)
    assert desk.views(session)["front"].failure is K.CRASHED
    told = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert "[AsyncGen] Parallel generation failed: front: ValueError" in told
    assert not any("a bug" in str(event) for event in told)


async def test_guides_are_made_for_those_who_take_them(desk: Desk) -> None:
    guide = studio()
    takes = Capabilities(
        strength=Strength.REFERENCES, concurrency=4, seconds=1, takes_references=2, takes_guide=True
    )
    one = Painter(capabilities=takes)
    session, album = await desk.accept("front", "side")
    await desk.drawer(one, guide, guides=guide).draw_set(session, album)
    assert guide.guided == [("front", session.spec), ("side", session.spec)]
    front, side = (request.guide for request in one.asked)
    assert front
    assert side
    assert front != side


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


async def test_where_money_does_not_suffice_the_next_draws_and_nothing_stays_set_aside(desk: Desk) -> None:
    desk.budgets = Budgets(limits=Limits(person=0.05))
    session, album = await desk.accept("front", "side")
    one = Painter(capabilities=replace(SEEDS, price=0.04))
    with capture_logs() as logs:
        done = await desk.drawer(one, studio()).draw_set(session, album)
    assert (done.provider, done.because, one.asked) == ("studio", K.BUDGET, [])
    assert desk.store.ledger.rows == {}
    short = next(entry for entry in logs if entry["event"] == "budget.short")
    assert (short["session"], short["provider"], short["scope"]) == (session.id, "one", "user")


async def test_money_is_needed_for_what_can_be_drawn_alone(desk: Desk) -> None:
    desk.budgets = Budgets(limits=Limits(person=0.05))
    one = Painter(capabilities=replace(SEEDS, price=0.04), cannot=frozenset({"interior"}))
    album = await desk.drawn(one, studio(), angles=("front", "interior"))
    assert (album.provider, one.angles) == ("one", ["front"])


async def test_what_was_set_aside_and_not_used_is_given_back(desk: Desk) -> None:
    one = Painter(capabilities=replace(SEEDS, price=0.04), always=K.QUOTA)
    album = await desk.drawn(one, studio())
    assert (album.provider, desk.store.ledger.rows) == ("studio", {})


async def test_photos_that_were_handed_over_are_credited(desk: Desk) -> None:
    photo = Reference(
        angle=None,
        content=b"x",
        media_type="image/jpeg",
        source_url="https://example.org/photo",
        author="Ann",
    )
    desk.found = Research(references=(photo,))
    session, album = await desk.accept("front")
    await desk.drawer(Painter(), studio()).draw_set(session, album)
    assert await desk.store.credits(session.id) == ()
    session, album = await desk.accept("front")
    takes = Painter(capabilities=replace(SEEDS, takes_references=1))
    await desk.drawer(takes, studio()).draw_set(session, album)
    assert [(one.url, one.author) for one in await desk.store.credits(session.id)] == [
        (photo.source_url, "Ann")
    ]
    assert [request.references for request in takes.asked] == [(photo,)]


async def test_a_provider_that_reads_tags_is_asked_with_tags(desk: Desk) -> None:
    one, two = Painter(), Painter(capabilities=replace(SEEDS, instructions=False))
    await desk.drawn(one, studio(), angles=("front",))
    await desk.drawn(two, studio(), angles=("front",))
    assert "," in two.asked[0].prompt
    assert two.asked[0].prompt != one.asked[0].prompt
    assert two.asked[0].negative


async def test_a_set_given_up_is_told_in_the_log_with_its_kind(desk: Desk) -> None:
    with capture_logs() as logs:
        await desk.drawn(Painter(always=K.QUOTA), studio())
    given_up = next(entry for entry in logs if entry["event"] == "provider.gave_up")
    assert (given_up["kind"], given_up["provider"]) == ("quota", "one")
