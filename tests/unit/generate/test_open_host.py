"""Without a key Pollinations says "queue full": that is waited out there, and with a key means no money."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise

import pytest
import pytest_asyncio

from bot.pipeline.errors import FailureKind
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import Album, View
from bot.pipeline.providers.pollinations import OpenPollinations
from tests.fakes.clock import JumpingClock
from tests.loopback.pictures import NO_MONEY, Entry, Fault
from tests.unit.generate.conftest import Atelier

pytestmark = pytest.mark.asyncio(loop_scope="module")
PACE = 45.0


class Keyless:
    """The open host in an atelier whose waits are over at once; `at` is when it was asked,
    and whether it refused."""

    def __init__(self, atelier: Atelier, clock: JumpingClock) -> None:
        self.atelier, self.clock = atelier, clock
        self.open = OpenPollinations(base_url=atelier.server.url, timeout=20)
        self.at: list[tuple[float, bool]] = []
        atelier.clock = clock
        atelier.rules = RetryRules(base=0.5)

    def answers(self, decide: Callable[[Entry, int], Fault | None]) -> None:
        def faults(entry: Entry, before: int) -> Fault | None:
            fault = decide(entry, before)
            self.at.append((self.clock.passed, fault is not None))
            return fault

        self.atelier.server.faults = faults

    async def draw(self, angles: Sequence[str] = ("front", "side")) -> tuple[Album, list[View]]:
        album, views = await self.atelier.draw(self.open, self.atelier.studio, angles=angles)
        assert isinstance(album, Album)
        return album, list(views.values())


@pytest_asyncio.fixture(loop_scope="module")
async def keyless(anew: Atelier) -> AsyncIterator[Keyless]:
    anew.server.size = (384, 288)
    one = Keyless(anew, JumpingClock())
    yield one
    await one.open.close()


@pytest.mark.parametrize(("status", "named"), [(402, None), (402, 60.0), (429, None), (429, 10.0)])
async def test_a_full_queue_is_waited_out_in_paces_and_draws_the_set(
    keyless: Keyless, status: int, named: float | None
) -> None:
    busy = Fault(status=status, headers={"Retry-After": f"{named:g}"} if named else {})
    keyless.answers(lambda _entry, before: busy if before < 2 else None)
    album, views = await keyless.draw()
    assert {view.provider for view in views} == {album.provider} == {"pollinations"}
    assert len(keyless.at) == 6
    for (earlier, refused), (later, _) in pairwise(keyless.at):
        assert later - earlier >= (max(PACE, named or 0.0) if refused else PACE)
    assert keyless.atelier.server.most_at_once == 1
    assert "[AsyncGen] Falling back to sequential generation" not in keyless.atelier.events()
    assert len(keyless.atelier.server.bought()) == 2
    assert await keyless.atelier.storage.ledger.charges(album.session_id) == ()


async def test_a_queue_that_stays_full_ends_with_the_studio(keyless: Keyless) -> None:
    keyless.answers(lambda _entry, _before: NO_MONEY)
    album, views = await keyless.draw(angles=("front",))
    assert (album.provider, album.because) == ("studio", FailureKind.RATE_LIMIT)
    assert {view.provider for view in views} == {"studio"}
    assert keyless.atelier.server.bought() == []


async def test_with_a_key_the_same_status_means_that_the_money_is_gone(keyless: Keyless) -> None:
    atelier = keyless.atelier
    atelier.server.faults = lambda _entry, _before: NO_MONEY
    album, _ = await atelier.draw(atelier.pollinations, atelier.studio)
    assert isinstance(album, Album)
    assert (album.provider, album.because) == ("studio", FailureKind.QUOTA)
    assert len(atelier.server.ledger) == 3
    assert await atelier.storage.ledger.charges(album.session_id) == ()
