"""What /metrics tells: names that Prometheus takes, what was counted, and nobody's id."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from telegram.error import BadRequest, RetryAfter

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import DeliveryError, FailureKind, ProviderError
from bot.pipeline.model import Picture, PictureRequest, Seed, Strength
from bot.pipeline.ports import Capabilities, Event, Looked, Step
from bot.pipeline.tracing import Untraced
from bot.watch.lag import LoopLag
from bot.watch.meters import Meters
from bot.watch.watch import Watch, open_watch
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views
from tests.fakes.clock import RealClock
from tests.fakes.courier import RecordingCourier
from tests.unit.handlers.house import Unmarked


def read(meters: Meters) -> dict[str, float]:
    """Every sample of the exposition by its name and labels."""
    text = generate_latest(meters.registry).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        sample.name + ("{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}" if sample.labels else ""): sample.value
        for sample in samples
    }  # fmt: skip


@pytest.fixture
def watch() -> Watch:
    meters = Meters()
    return Watch(clock=RealClock(), tracer=Untraced(), lag=LoopLag(registry=meters.registry), meters=meters)


class Painter:
    """A provider that draws, or fails with what `failure` names."""

    name = "painter"
    capabilities = Capabilities(strength=Strength.SEEDS, concurrency=2, seconds=1.0)
    failure: FailureKind | None = None

    def draws(self, angle: object) -> bool:
        return True

    async def draw(self, request: PictureRequest) -> Picture:
        if self.failure is not None:
            raise ProviderError(provider=self.name, kind=self.failure)
        return a_picture(provider=self.name, cost=0.25)

    async def close(self) -> None: ...


async def test_pictures_are_counted_by_provider_and_by_what_came(watch: Watch) -> None:
    session, painter = a_session(), Painter()
    provider = watch.around().provider(painter)
    request = PictureRequest(
        session_id=session.id, spec=session.spec, angle=CATALOGUE[FRONT], seed=Seed(1), prompt="red"
    )
    assert await provider.draw(request) == a_picture(provider="painter", cost=0.25)
    for painter.failure in (FailureKind.TIMEOUT, FailureKind.TIMEOUT, FailureKind.QUOTA):
        with pytest.raises(ProviderError):
            await provider.draw(request)
    seen = read(watch.meters)
    assert seen["rakurs_pictures_total{outcome=drawn,provider=painter}"] == 1
    assert seen["rakurs_pictures_total{outcome=timeout,provider=painter}"] == 2
    assert seen["rakurs_pictures_total{outcome=quota,provider=painter}"] == 1
    assert seen["rakurs_cost_usd_total{provider=painter}"] == 0.25
    assert seen["rakurs_picture_seconds_count{provider=painter}"] == 1


async def test_what_a_bad_answer_and_a_look_cost_is_counted_as_well(watch: Watch) -> None:
    class Dear(Painter):
        async def draw(self, request: PictureRequest) -> Picture:
            raise ProviderError(provider=self.name, kind=FailureKind.BAD_ANSWER, bought=True, cost=0.5)

    class Looker:
        model, price, rests = "m", 0.1, False
        costs = iter((0.125, 0.0, None))

        async def see(self, picture: bytes) -> Looked:
            return Looked(cost=next(self.costs))

    session, looker = a_session(), watch.around().judge(Looker())
    request = PictureRequest(
        session_id=session.id, spec=session.spec, angle=CATALOGUE[FRONT], seed=Seed(1), prompt="red"
    )
    with pytest.raises(ProviderError):
        await watch.around().provider(Dear()).draw(request)
    assert [(await looker.see(b"")).cost for _ in range(3)] == [0.125, 0.0, None]
    assert (looker.model, looker.price, looker.rests) == ("m", 0.1, False)
    seen = read(watch.meters)
    assert seen["rakurs_cost_usd_total{provider=painter}"] == 0.5
    assert seen["rakurs_cost_usd_total{provider=vision}"] == 0.125


async def test_every_album_is_counted_once_by_how_it_ended(watch: Watch) -> None:
    session = a_session(created=RealClock().now() - 30)
    album = an_album(session, FRONT, SIDE)
    views = blank_views(album)
    inner = RecordingCourier()
    courier = watch.courier(inner)
    pictures = [a_picture()] * 2
    await courier.deliver(session, album, views, pictures, Unmarked())
    await courier.deliver(session, album, views[:1], pictures[:1], Unmarked())
    await courier.arrived(session, album, views)
    for kind, told in (
        ("unknown", courier.unsure),
        ("refused", courier.failed),
        ("blocked", None),
        ("later", None),
    ):
        inner.fails.append(DeliveryError(kind=kind))
        with pytest.raises(DeliveryError):
            await courier.deliver(session, album, views, pictures, Unmarked())
        if told is not None:
            await told(session, album)
    seen = read(watch.meters)
    outcomes = {name: value for name, value in seen.items() if name.startswith("rakurs_albums_total")}
    assert outcomes == {
        "rakurs_albums_total{outcome=complete}": 1,
        "rakurs_albums_total{outcome=partial}": 1,
        "rakurs_albums_total{outcome=unknown}": 1,
        "rakurs_albums_total{outcome=failed}": 2,
    }
    assert seen["rakurs_album_seconds_sum"] == 60


async def test_the_first_picture_of_an_album_is_timed_once(watch: Watch) -> None:
    album = an_album(a_session(created=RealClock().now() - 7), FRONT, SIDE)

    class Deaf:
        def happened(self, event: Event) -> None: ...

    progress = watch.progress(Deaf())
    for done in (1, 2):
        progress.happened(Event(step=Step.DRAWN, album=album, angle=FRONT, done=done))
    seen = read(watch.meters)
    assert (seen["rakurs_first_picture_seconds_count"], seen["rakurs_first_picture_seconds_sum"]) == (1, 7)


async def test_calls_of_the_bot_api_by_method_and_error(watch: Watch) -> None:
    calls = watch.calls()

    async def answer(error: Exception | None) -> bool:
        if error is not None:
            raise error
        return True

    assert await calls.process_request(answer, (None,), {}, "sendMessage", {"chat_id": 77777}, None)
    for error in (RetryAfter(3), BadRequest("chat 77777 not found")):
        with pytest.raises(type(error)):
            await calls.process_request(answer, (error,), {}, "sendMessage", {"chat_id": 77777}, None)
    seen = read(watch.meters)
    assert seen["rakurs_telegram_calls_total{method=sendMessage,outcome=ok}"] == 1
    assert seen["rakurs_telegram_calls_total{method=sendMessage,outcome=BadRequest}"] == 1
    assert seen["rakurs_telegram_retry_after_total{method=sendMessage}"] == 1
    assert not any("77777" in name for name in seen)


async def test_readings_are_taken_when_somebody_asks(watch: Watch) -> None:
    open_for = {"openai": 12.5, "studio": 0.0}
    watch.meters.table("breaker_open_seconds", "Not asked", "source", lambda: open_for)
    watch.meters.sums("searches", "Questions", "outcome", lambda: {"hit": 3})
    watch.around().job("tidy_database", "ok")
    seen = read(watch.meters)
    assert seen["rakurs_breaker_open_seconds{source=openai}"] == 12.5
    assert seen["rakurs_searches_total{outcome=hit}"] == 3
    assert seen["rakurs_job_runs_total{job=tidy_database,outcome=ok}"] == 1
    open_for["openai"] = 0.0
    assert read(watch.meters)["rakurs_breaker_open_seconds{source=openai}"] == 0


async def test_lag_is_measured_while_the_watch_is_open() -> None:
    async with open_watch(clock=RealClock(), endpoint=None) as watch:
        await asyncio.sleep(0.1)
        assert 0 <= watch.lag.p99() < 5
        assert read(watch.meters)["rakurs_loop_lag_seconds_count"] > 0
