"""Whole sets: all at once, and every step of the fallback, with the ledger of who was asked for what."""

from __future__ import annotations

import pytest

from bot.pipeline.errors import FailureKind, SetFailed, StorageError
from bot.pipeline.model import OWN_PHOTO, Album, Reference, Research, Rung, Strength, ViewState
from bot.pipeline.ports import Step
from bot.pipeline.providers.openai import OpenAIProvider
from bot.pipeline.providers.presets import Overrides, preset_for
from tests.loopback.pictures import (
    CUT,
    HTML,
    QUOTA,
    RATE_LIMIT,
    REFUSED,
    SERVER,
    UNAUTHORIZED,
    Entry,
    Fault,
    blank_fault,
    picture_bytes,
)
from tests.unit.generate.conftest import Atelier

FELL_BACK = "[AsyncGen] Falling back to sequential generation"


async def test_all_views_overlap_and_share_one_session(atelier: Atelier) -> None:
    atelier.server.latency = 0.3
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"
    assert album.strength is Strength.NONE  # no photo was found
    assert {view.state for view in views.values()} == {ViewState.DRAWN}
    ledger = atelier.server.ledger
    assert len(ledger) == 3
    assert atelier.server.most_at_once == 3
    assert max(entry.started for entry in ledger) < min(entry.finished for entry in ledger)
    assert {f"session {album.session_id}" in entry.prompt for entry in ledger} == {True}
    assert {entry.seed for entry in ledger} == {str(view.seed) for view in views.values()}
    assert "[AsyncGen] Starting parallel prompt generation" in atelier.events()
    assert "[AsyncGen] Generated 3 prompts in parallel" in atelier.events()
    assert "[AsyncImages] Starting parallel image generation" in atelier.events()
    assert "[AsyncImages] Generated 3/3 images in parallel" in atelier.events()
    for angle, view in views.items():
        assert f"[AsyncImage] Generated {angle} with seed {view.seed}" in atelier.events()
    assert FELL_BACK not in atelier.events()


async def test_guides_and_roles_travel_with_every_edit(atelier: Atelier) -> None:
    await atelier.draw(atelier.openai, atelier.studio)
    assert sorted(angle for angle, _ in atelier.studio.guided) == ["front", "rear", "side"]
    assert {entry.api for entry in atelier.server.ledger} == {"edits"}
    assert {entry.images for entry in atelier.server.ledger} == {1}
    assert all("camera pose only" in entry.prompt for entry in atelier.server.ledger)


async def test_more_hands_the_hero_of_the_first_album_on(atelier: Atelier) -> None:
    album, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front-three-quarter"])
    assert isinstance(album, Album)
    store = atelier.storage.sessions
    session = await store.session(album.session_id)
    assert session is not None
    first = next(iter(views.values()))
    more = Album(session_id=session.id, number=2, angles=(type(first.angle)("rear"),), chat="7")
    await store.accept(
        session,
        more,
        [type(first)(session_id=session.id, angle=more.angles[0], seed=type(first.seed)(123456))],
    )
    await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, more)
    assert atelier.server.ledger[-1].images == 2
    assert "earlier picture of this very car" in atelier.server.ledger[-1].prompt


async def test_a_car_that_was_deleted_meanwhile_is_not_drawn(atelier: Atelier) -> None:
    session, album = await atelier.accept()
    await atelier.storage.archive.delete_session(session.id)
    assert await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, album) == album
    assert atelier.server.ledger == []


async def test_a_server_without_edits_is_asked_with_words(atelier: Atelier) -> None:
    atelier.server.edits = False
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert {entry.api for entry in atelier.server.ledger} == {"generations"}
    assert atelier.openai.capabilities.strength is Strength.NONE


async def test_one_view_fails_and_is_drawn_in_sequence(atelier: Atelier) -> None:
    failing: list[str] = []

    def fails_three_times(entry: Entry, before: int) -> Fault | None:
        failing.append(entry.seed) if not failing else None
        return SERVER if entry.seed == failing[0] and before < 3 else None

    atelier.server.faults = fails_three_times
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"
    assert {view.state for view in views.values()} == {ViewState.DRAWN}
    assert FELL_BACK in atelier.events()
    told = [
        entry for entry in atelier.log if entry["event"].startswith("[AsyncGen] Parallel generation failed")
    ]
    assert len(told) == 1
    assert told[0]["exc_info"].exceptions
    assert len(atelier.server.bought()) == 3


async def test_a_refused_brand_is_drawn_without_it(atelier: Atelier) -> None:
    atelier.server.faults = lambda entry, _before: REFUSED if "BMW" in entry.prompt else None
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"
    assert {view.rung for view in views.values()} <= {Rung.UNBADGED, Rung.GENERIC}
    assert FELL_BACK in atelier.events()
    prompts = [entry.prompt for entry in atelier.server.ledger]
    assert len(prompts) == len(set(prompts)), "a refused prompt was sent again unchanged"


async def test_a_view_that_stays_away_leaves_a_partial_album_of_one_provider(atelier: Atelier) -> None:
    lost: list[str] = []

    def one_never(entry: Entry, _before: int) -> Fault | None:
        lost.append(entry.seed) if not lost else None
        return SERVER if entry.seed == lost[0] else None

    atelier.server.faults = one_never
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "openai"
    states = sorted(view.state for view in views.values())
    assert states == [ViewState.DRAWN, ViewState.DRAWN, ViewState.MISSING]
    missing = next(view for view in views.values() if view.state is ViewState.MISSING)
    assert missing.failure is FailureKind.SERVER
    assert Step.MISSING in {event.step for event in atelier.listener.events}


@pytest.mark.parametrize("fault", [SERVER, QUOTA, UNAUTHORIZED, HTML, CUT, blank_fault()], ids=str)
async def test_a_dead_provider_hands_the_whole_set_on(atelier: Atelier, fault: Fault) -> None:
    atelier.server.faults = lambda entry, _before: fault if entry.api != "pollinations" else None
    album, views = await atelier.draw(atelier.openai, atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "pollinations"
    assert {view.provider for view in views.values()} == {"pollinations"}
    assert FELL_BACK in atelier.events()
    assert Step.NEXT_PROVIDER in {event.step for event in atelier.listener.events}


async def test_quota_and_wrong_keys_are_not_asked_again_and_again(atelier: Atelier) -> None:
    atelier.server.faults = lambda _entry, _before: QUOTA
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert album.provider == "studio"
    assert len(atelier.server.ledger) == 3  # all at once; then the provider is left alone


async def test_a_slow_provider_is_not_paid_again_by_itself(atelier: Atelier) -> None:
    atelier.server.faults = lambda _entry, before: Fault(delay=30) if before == 0 else None
    await atelier.draw(atelier.openai, atelier.studio)
    per_view = [
        sum(entry.seed == seed for entry in atelier.server.ledger)
        for seed in {e.seed for e in atelier.server.ledger}
    ]
    assert per_view == [2, 2, 2]  # once at once, once more in sequence


async def test_rate_limits_are_waited_for(atelier: Atelier) -> None:
    atelier.server.faults = lambda _entry, before: RATE_LIMIT if before < 2 else None
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert {view.state for view in views.values()} == {ViewState.DRAWN}
    assert FELL_BACK not in atelier.events()
    assert len(atelier.server.bought()) == 3


async def test_nobody_left_fails_the_set_and_says_why(atelier: Atelier) -> None:
    atelier.server.faults = lambda _entry, _before: SERVER
    atelier.studio.always = RuntimeError("a bug in a provider")
    result, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(result, SetFailed)
    assert result.kinds == {"openai": FailureKind.SERVER, "studio": FailureKind.CRASHED}
    assert {view.state for view in views.values()} == {ViewState.MISSING}


async def test_an_angle_that_a_provider_cannot_draw_is_missing_and_honest(atelier: Atelier) -> None:
    album, views = await atelier.draw(atelier.studio, angles=["front", "interior"])
    assert isinstance(album, Album)
    assert views["interior"].failure is FailureKind.UNSUPPORTED
    assert views["front"].state is ViewState.DRAWN


async def test_pictures_that_arrived_are_not_bought_again(atelier: Atelier) -> None:
    session, album = await atelier.accept()
    drawer = atelier.drawer(atelier.openai, atelier.studio)
    await drawer.draw_set(session, album)
    asked = len(atelier.server.ledger)
    again = await atelier.storage.sessions.album(session.id, 1)
    assert again is not None
    await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, again)
    assert len(atelier.server.ledger) == asked


async def test_the_same_picture_for_two_angles_is_made_again(atelier: Atelier) -> None:
    same = Fault(content=picture_bytes("one and the same"))
    atelier.server.faults = lambda _entry, before: same if before == 0 else None
    album, views = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert {view.state for view in views.values()} == {ViewState.DRAWN}
    assert not any(view.warnings for view in views.values())
    assert len(atelier.server.ledger) == 5


async def test_pollinations_gets_seed_size_and_key(atelier: Atelier) -> None:
    _, views = await atelier.draw(atelier.pollinations, atelier.studio)
    seeds = {str(view.seed) for view in views.values()}
    assert {entry.fields["seed"] for entry in atelier.server.ledger} == seeds
    assert {entry.auth for entry in atelier.server.ledger} == {"Bearer p"}
    assert {entry.fields["size"] for entry in atelier.server.ledger} == {'"1024x768"'}


async def test_the_cost_is_counted_by_tokens(atelier: Atelier) -> None:
    _, views = await atelier.draw(atelier.openai, atelier.studio)
    expected = (200 * 5 + 100 * 8 + 1000 * 30) / 1_000_000
    assert all(view.cost == pytest.approx(expected) for view in views.values())


async def test_references_are_handed_over_as_pictures_and_credited(atelier: Atelier) -> None:
    photo = Reference(
        angle=None,
        content=picture_bytes("photo", form="JPEG"),
        media_type="image/jpeg",
        source_url="https://example.org/photo",
        author="Ann",
        licence="CC BY-SA 4.0",
    )
    atelier.research.found = Research(references=(photo,))
    album, _ = await atelier.draw(atelier.openai, atelier.studio)
    assert isinstance(album, Album)
    assert {entry.images for entry in atelier.server.ledger} == {2}
    assert all("Image 1 shows the car's identity" in entry.prompt for entry in atelier.server.ledger)
    used = await atelier.storage.sessions.credits(album.session_id)
    assert [(one.author, one.licence) for one in used] == [("Ann", "CC BY-SA 4.0")]


async def test_the_persons_own_photo_goes_before_all_others_and_is_nobody_elses(atelier: Atelier) -> None:
    found = Reference(
        angle=None,
        content=picture_bytes("found", form="JPEG"),
        media_type="image/jpeg",
        source_url="https://example.org/photo",
    )
    atelier.research.found = Research(references=(found,))
    session, album = await atelier.accept(photo=picture_bytes("own", form="JPEG"))
    await atelier.drawer(atelier.openai, atelier.studio).draw_set(session, album)
    assert {entry.images for entry in atelier.server.ledger} == {3}
    assert all("Images 1–2 show the car's identity" in entry.prompt for entry in atelier.server.ledger)
    used = await atelier.storage.sessions.credits(session.id)
    assert {one.url for one in used} == {OWN_PHOTO, "https://example.org/photo"}


async def test_nobody_is_credited_for_what_was_not_handed_over(atelier: Atelier) -> None:
    photo = Reference(
        angle=None, content=b"", media_type="image/jpeg", source_url="https://example.org/photo"
    )
    atelier.research.found = Research(references=(photo,))
    album, _ = await atelier.draw(atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert await atelier.storage.sessions.credits(album.session_id) == ()


async def test_no_call_goes_out_once_nothing_can_be_stored_and_what_was_on_its_way_is_kept(
    atelier: Atelier,
) -> None:
    full = False

    async def ready() -> None:
        if full:
            raise StorageError("room", 0)

    def fills(_entry: Entry, _before: int) -> Fault:
        nonlocal full
        full = True
        return Fault(delay=0.05)

    atelier.ready, atelier.server.faults = ready, fills
    session, album = await atelier.accept()
    model = "gpt-image-2.6-flare"
    preset = preset_for("openai", model, Overrides(quality="medium", concurrency=1))
    single = OpenAIProvider(api_key="k", base_url=atelier.server.openai_url, model=model, preset=preset)
    drawer = atelier.drawer(single, atelier.studio)
    with pytest.raises(StorageError):
        await drawer.draw_set(session, album)
    assert len(atelier.server.ledger) == 1
    assert not [view for view in await atelier.storage.sessions.views(session.id) if view.failure]
    full, atelier.server.faults = False, lambda _entry, _before: None
    await drawer.draw_set(session, album)
    assert len(atelier.server.ledger) == 3
    assert {view.state for view in await atelier.storage.sessions.views(session.id)} == {ViewState.DRAWN}
    await single.close()
