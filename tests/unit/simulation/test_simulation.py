"""Simulated runs whose outcome can be worked out on paper."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import simpy
from PIL import Image

from bot.config import Settings
from bot.handlers.outbox import Limits
from bot.makers import first_takes, keys_of
from bot.pipeline.errors import BadSettings
from bot.pipeline.providers.registry import build_providers
from bot.pipeline.providers.studio import StudioProvider
from bot.simulation.arrivals import Arrival, Arrivals, Burst, Poisson, Trace, read_trace
from bot.simulation.chart import draw_chart
from bot.simulation.latency import Fixed, LogNormal, parse_latency
from bot.simulation.outcome import play
from bot.simulation.plan import Fleet, Maker, Plan, Telegram, maker_of
from bot.simulation.stations import Rate, Turns

FREE = Limits(all_rate=1e6, chat_rate=1e6, chat_burst=1e6)


def plan(
    arrivals: Arrivals,
    *,
    views: int = 5,
    at_once: int = 10,
    price: float = 0.0,
    albums: int = 4,
    limits: Limits = FREE,
) -> Plan:
    """A picture takes 10 s and costs no machine anything; Telegram takes no time."""
    return Plan(
        arrivals=arrivals,
        views=views,
        maker=Maker(latency=Fixed(10.0), at_once=at_once, price=price),
        fleet=Fleet(at_once=albums, loop=0.0, cpu=0.0, search=0.0),
        telegram=Telegram(limits=limits, upload=0.0),
    )


def at(*moments: float, owner: str | None = None) -> Trace:
    return Trace(rows=[Arrival(at=moment, owner=owner or f"p{moment}") for moment in moments])


def test_one_album_takes_as_long_as_a_picture() -> None:
    outcome = play(plan(at(0.0), price=0.04)).outcome
    assert outcome.album.p50 == pytest.approx(10.0, abs=0.01)
    assert outcome.first.p50 == pytest.approx(10.0, abs=0.01)
    assert outcome.cost == pytest.approx(0.2)


def test_a_provider_that_makes_five_at_once_serves_one_after_the_other() -> None:
    outcome = play(plan(at(0.0, 0.1, 0.2), at_once=5)).outcome
    assert outcome.album.most == pytest.approx(29.8, abs=0.1)
    assert outcome.used["provider"] == pytest.approx(1.0, abs=0.01)


def test_the_tightest_station_is_the_pace_of_a_long_run() -> None:
    """1,000 at once: the tightest carries 720 albums an hour, so the last has waited 5,000 s."""
    outcome = play(plan(Burst(people=1000, seconds=1.0), at_once=10)).outcome
    assert outcome.stations[0].name == "provider, at once"
    assert outcome.stations[0].albums == pytest.approx(720)
    assert outcome.overloaded
    assert outcome.album.most == pytest.approx(5000, rel=0.01)


def test_a_queue_that_is_known_on_paper() -> None:
    """M/D/1: one album at a time, 10 s each, half busy: (1 + ρ / (2 (1 - ρ))) × 10 s on average is 15 s."""
    played = play(plan(Poisson(per_minute=3.0, hours=20.0), views=1, albums=1))
    waits = [album.album - album.asked for album in played.lived]
    assert sum(waits) / len(waits) == pytest.approx(15.0, rel=0.08)
    assert played.outcome.used["turns"] == pytest.approx(0.5, abs=0.03)


def test_telegrams_pace_holds_a_crowd_back() -> None:
    """300 albums of 5 pictures with a status and buttons and an edit are 2,400 messages: 80 s at 30 a second."""
    slow = plan(Burst(people=300, seconds=1.0), at_once=10_000, albums=10_000, limits=Limits())
    assert play(slow).outcome.drained_after == pytest.approx(80, rel=0.1)


def test_someone_with_one_wish_is_not_behind_all_of_someone_elses() -> None:
    greedy = [Arrival(at=0.0, owner="greedy") for _ in range(20)]
    played = play(plan(Trace(rows=[*greedy, Arrival(at=0.5, owner="modest")]), at_once=5, albums=1))
    modest = next(album for album in played.lived if album.owner == "modest")
    # the turn that is under way, one more of the greedy one's, and its own
    assert modest.album - modest.asked == pytest.approx(29.5, abs=0.1)
    assert played.outcome.fairness < 1


def test_the_same_plan_gives_the_same_outcome() -> None:
    chance = plan(Poisson(per_minute=30.0, hours=0.1))
    assert play(chance).outcome == play(chance).outcome


def test_a_rate_is_kept_after_its_burst() -> None:
    env = simpy.Environment()
    rate, passed = Rate(env, rate=2.0, burst=4.0), list[float]()

    def one() -> simpy.events.ProcessGenerator:
        yield from rate.take(2.0)
        passed.append(env.now)

    for _ in range(4):
        env.process(one())
    env.run()
    assert passed == [0.0, 0.0, 1.0, 2.0]


def test_turns_go_round_by_owner() -> None:
    env, order = simpy.Environment(), list[str]()
    turns = Turns(env, at_once=1, each=1)

    def one(owner: str) -> simpy.events.ProcessGenerator:
        yield from turns.take(owner)
        order.append(owner)
        yield env.timeout(1)
        turns.give_back(owner)

    for owner in "aaabc":
        env.process(one(owner))
    env.run()
    # the second turn was next in line before anybody else came
    assert "".join(order) == "aabca"


def test_a_long_tail_has_its_median_and_its_95th() -> None:
    latency = parse_latency("12,40")
    assert latency == LogNormal(median=12, p95=40)
    rng = random.Random(5)
    found = sorted(latency.sample(rng) for _ in range(20_000))
    assert found[10_000] == pytest.approx(12, rel=0.03)
    assert found[19_000] == pytest.approx(40, rel=0.05)
    assert sum(found) / len(found) == pytest.approx(latency.mean, rel=0.03)


@pytest.mark.parametrize("words", ["", "fast", "0", "-3", "nan", "5,4", "1,2,3", "inf"])
def test_what_is_no_latency_is_said(words: str) -> None:
    with pytest.raises(BadSettings):
        parse_latency(words)


def test_a_trace_is_read_in_the_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "wishes.csv"
    path.write_text("seconds,owner,views\n20,b,\n3.5,a,2\n", encoding="utf-8")
    rows = read_trace(path).wishes(random.Random(1))
    assert rows == [Arrival(at=3.5, owner="a", views=2), Arrival(at=20.0, owner="b")]


@pytest.mark.parametrize(
    "content",
    ["", "when\n3\n", "seconds\nsoon\n", "seconds,views\n1,99\n", "seconds\n-1\n", "seconds\nnan\n"],
)
def test_a_trace_that_cannot_be_played_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wishes.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadSettings):
        read_trace(path)
    with pytest.raises(BadSettings):
        read_trace(tmp_path / "not there.csv")


def test_the_picture_is_a_picture() -> None:
    with Image.open(io.BytesIO(draw_chart(play(plan(Burst(people=40, seconds=30.0)))))) as picture:
        picture.load()
        assert picture.size == (1600, 1200)


def test_a_limit_a_minute_lets_so_many_begin_at_once_as_the_gate_does() -> None:
    limited = plan(at(0.0), views=10)
    limited = replace(limited, maker=replace(limited.maker, per_minute=5))
    # five at once, and the other five when the minute is over
    assert play(limited).outcome.album.most == pytest.approx(70.0, abs=0.01)
    assert play(limited).outcome.stations[0].name == "provider, a minute"


def test_a_pause_between_two_pictures_is_kept() -> None:
    paced = plan(at(0.0), views=3)
    paced = replace(paced, maker=replace(paced.maker, pace=45.0))
    outcome = play(paced).outcome
    assert outcome.album.most == pytest.approx(100.0, abs=0.01)
    assert (outcome.stations[0].name, outcome.stations[0].albums) == ("provider, its pause", 3600 / 135)


NAMED: list[dict[str, Any]] = [
    {},
    {"openai_api_key": "k"},
    {"openai_api_key": "k", "openai_image_per_minute": 50, "openai_image_concurrency": 3},
    {"openai_base_url": "http://127.0.0.1:9/v1", "rakurs_providers": ("openai",), "openai_image_price": 0.5},
    {"pollinations_api_key": "k"},
    {"pollinations_api_key": "k", "pollinations_per_minute": 7, "pollinations_image_model": "flux"},
    {"rakurs_providers": ("pollinations",)},
]


@pytest.mark.parametrize("named", NAMED, ids=lambda named: " ".join(named) or "nothing")
async def test_what_is_not_said_is_as_the_bot_is_set_up(named: dict[str, Any]) -> None:
    settings = Settings(_env_file=None, **named)
    studio = StudioProvider()
    (provider, *_) = build_providers(settings.provider_order, keys=keys_of(settings), studio=studio)
    takes = provider.capabilities
    assert first_takes(settings) == takes
    maker = maker_of(first_takes(settings))
    assert (maker.at_once, maker.per_minute, maker.pace) == (takes.concurrency, takes.per_minute, takes.pace)
    assert (maker.latency.mean, maker.price) == (takes.seconds, takes.price)
    await provider.close()
