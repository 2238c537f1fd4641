"""How long is a view waited for, and what of the pictures whose time is up?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.model import ViewState
from tests.fakes.painter import SEEDS, Painter, studio
from tests.unit.generate.desk import Desk, Moments

K = FailureKind


class Jumps(asyncio.SelectorEventLoop):
    """A loop whose clock can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


async def passes(seconds: float) -> None:
    """So much time passes; whoever may wait no longer is gone at the end."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Jumps)
    loop.ahead += seconds
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def on_a_jumping_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await work()

    with asyncio.Runner(loop_factory=Jumps) as runner:
        runner.run(whole())


def late(desk: Desk, seconds: float) -> Callable[[], Awaitable[None]]:
    """An answer that comes so long after another view was drawn."""

    async def answer() -> None:
        async with asyncio.timeout(5):
            await desk.one_drawn.wait()
        await passes(seconds)

    return answer


LONG = RetryRules().deadline


@pytest.mark.parametrize(
    ("seconds", "rules", "pace", "in_time"),
    [
        (LONG, RetryRules(), 0.0, False),
        (LONG - 30, RetryRules(), 0.0, True),
        (100, RetryRules(set_deadline=100), 0.0, False),
        (70, RetryRules(set_deadline=100), 0.0, True),
        # the pauses of its own two pictures and of those of three other sets
        (LONG + 40, RetryRules(), 5.0, False),
        (LONG + 15, RetryRules(), 5.0, True),
    ],
)
def test_a_view_has_its_time_and_no_more_than_its_set(
    desk: Desk, seconds: float, rules: RetryRules, pace: float, *, in_time: bool
) -> None:
    desk.rules, desk.clock.time = rules, 1_000.0
    one = Painter(capabilities=replace(SEEDS, pace=pace), script={"side": [late(desk, seconds)] * 2})

    async def work() -> None:
        session, album = await desk.accept("front", "side")
        with capture_logs() as logs:
            await desk.drawer(one, studio()).draw_set(session, album)
        side = desk.views(session)["side"]
        failed = "[AsyncGen] Parallel generation failed: side: one: timeout"
        assert desk.views(session)["front"].state is ViewState.DRAWN
        assert (side.failure is None) == in_time
        assert (failed in [entry["event"] for entry in logs]) != in_time
        assert one.angles == ["front", "side"] + ["side"] * (not in_time)

    on_a_jumping_loop(work)


class Refusing(Moments):
    """While the disk refuses, a view's time runs out."""

    async def sleep(self, seconds: float) -> None:
        await Moments.sleep(self, seconds)
        await passes(LONG)


def test_what_came_in_time_and_is_not_stored_in_time_is_not_asked_for_again(desk: Desk) -> None:
    def breaks() -> None:
        desk.store.broken = True

    desk.clock = Refusing()
    one = Painter(script={"front": [breaks]})

    async def work() -> None:
        session, album = await desk.accept("front")
        drawer = desk.drawer(one, studio())
        with pytest.raises(StorageError) as raised:
            await drawer.draw_set(session, album)
        assert raised.value.args == ("arrival", "front")
        desk.store.broken = False
        assert (await drawer.draw_set(session, album)).provider == "one"
        assert (one.angles, drawer.reused()["arrived"]) == (["front"], 1)

    on_a_jumping_loop(work)
