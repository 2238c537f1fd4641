"""What people are told of the time left follows what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.pipeline.model import Album, AngleName, Picture, SessionId, Strength
from bot.pipeline.pace import Pace
from bot.pipeline.ports import Capabilities, Event, Step
from bot.pipeline.providers.presets import Overrides, preset_for

ANGLES = tuple(AngleName(name) for name in ("front", "rear", "side", "top"))


@dataclass(slots=True)
class Heard:
    events: list[Event] = field(default_factory=list)

    def happened(self, event: Event) -> None:
        self.events.append(event)


def drawn(seconds: float) -> Event:
    picture = Picture(content=b"", media_type="", width=1, height=1, provider="p", model="m", seconds=seconds)
    album = Album(session_id=SessionId("CAR-00000000"), number=1, angles=ANGLES, chat="7")
    return Event(step=Step.DRAWN, album=album, angle=ANGLES[0], picture=picture)


def test_it_starts_with_what_the_provider_says_and_learns() -> None:
    pace, heard = Pace(ticks=lambda: 0.0), Heard()
    pace.tell(heard)
    pace.expect("p", Capabilities(strength=Strength.SEEDS, concurrency=2, seconds=10))
    before = pace.expected_seconds(ANGLES)
    assert before == 22.0
    for _ in range(30):
        pace.happened(drawn(3.0))
    assert abs(pace.expected_seconds(ANGLES) - 8.0) < 0.1
    assert len(heard.events) == 30


def test_who_waits_is_told_by_how_far_apart_albums_arrive() -> None:
    now = [0.0]
    pace = Pace(ticks=lambda: now[0])
    pace.expect("p", Capabilities(strength=Strength.SEEDS, concurrency=2, seconds=10))
    # nothing measured yet: two pictures in ten seconds, four pictures an album
    assert pace.seconds_behind(3, ANGLES) == 22.0 + 3 * 20.0
    for _ in range(40):
        now[0] += 7.0
        pace.arrived()
    assert abs(pace.seconds_behind(9, ANGLES) - 70.0) < 5
    # and when nothing arrives any more, the wait grows
    now[0] += 300
    assert pace.seconds_behind(9, ANGLES) > 150
    pace.rested()
    assert pace.seconds_behind(0, ANGLES) == 22.0


def test_telegram_alone_is_a_limit_too() -> None:
    pace = Pace(ticks=lambda: 0.0)
    pace.expect("p", Capabilities(strength=Strength.SEEDS, concurrency=500, seconds=1))
    assert pace.seconds_behind(280, ANGLES) >= 280 * 6 / 28


def test_while_drawn_albums_wait_to_leave_telegrams_limit_tells_more_than_their_distance() -> None:
    now = [0.0]
    pace = Pace(ticks=lambda: now[0])
    pace.expect("p", Capabilities(strength=Strength.SEEDS, concurrency=500, seconds=1))
    for _ in range(20):
        now[0] += 3.0
        pace.arrived()
    assert pace.seconds_behind(99, ANGLES) > 250
    assert pace.seconds_behind(99, ANGLES, leaving=5) == 100 * 6 / 28
    assert pace.seconds_behind(0, ANGLES, leaving=5) == pace.expected_seconds(ANGLES)


def test_a_limit_a_minute_is_told_of() -> None:
    pace = Pace(ticks=lambda: 0.0)
    takes = preset_for("openai", "gpt-image-2", Overrides(per_minute=3)).capabilities("gpt-image-2")
    assert (takes.per_minute, takes.apart) == (3, 20.0)
    pace.expect("p", takes)
    # three at once, the fourth a minute later
    assert pace.expected_seconds(ANGLES) == 2.0 + 60.0 + takes.seconds
    assert pace.expected_seconds(ANGLES[:3]) == 2.0 + takes.seconds
    assert pace.seconds_behind(2, ANGLES) == 2.0 + 60.0 + takes.seconds + 2 * 4 * 20.0
