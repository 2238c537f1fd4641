"""What does the status of an album say? The car, how far it is, the place in the queue, the time left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.handlers.labels import angle_label, car_title, provider_label
from bot.handlers.money_words import Hand, hand_words
from bot.handlers.texts import Words
from bot.pipeline.model import AngleName, CarSpec

DRAWN, GIVEN_UP, AWAITED = "✅", "✖", "⏳"
_A_WHILE, _SOON, _STEP = 90, 3, 5
"""Seconds: above the first minutes are told, up to the second none are; counted in steps of the third."""
_LATE = 1.5
"""So many times the expected time is longer than usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How far an album is. `expected` and `passed` in seconds; `place` 0 when it does not wait."""

    spec: CarSpec
    angles: Sequence[AngleName]
    marks: Mapping[AngleName, str]
    sheet: bool
    """Whether the pictures are shown above the words: then the views are counted and not listed."""
    blind: str | None = None
    """The provider that draws without looking at the person's photo."""
    hand: Hand | None = None
    place: int = 0
    expected: float | None = None
    passed: float = 0.0
    paused: bool = False
    """Nothing can be stored at the moment."""


def status_words(way: Way, words: Words) -> str:
    """Telegram HTML of a few lines."""
    lines = [words.t("Drawing <b>{car}</b>", car=car_title(way.spec, words)[:200])]
    if way.sheet:
        done = sum(mark == DRAWN for mark in way.marks.values())
        lines.append(words.t("{done} of {total} views", done=done, total=len(way.angles)))
    else:
        lines += [f"{way.marks.get(angle, AWAITED)} {angle_label(angle, words)}" for angle in way.angles]
    if way.blind:
        lines.append(
            words.t(
                "{provider} cannot look at photos: yours is not used.",
                provider=provider_label(way.blind, words),
            )
        )
    if way.hand is not None:
        lines += hand_words(way.hand, words)
    if way.paused:
        lines.append(
            words.t(
                "I cannot save pictures right now, so I have paused. Nothing is lost: "
                "I go on by myself as soon as I can."
            )
        )
        return "\n".join(lines)
    if way.place:
        lines.append(words.t("You are number {place} in the queue.", place=way.place))
    if way.expected is not None:
        lines.append(_left(way.expected, way.passed, words))
    return "\n".join(lines)


def about_left(left: int, words: Words) -> str:
    """For more than no seconds. In steps: a number that changes all the time would be an edit all the time."""
    if left > _A_WHILE:
        minutes = -(-left // 60)
        return words.n("About {count} minute left", "About {count} minutes left", minutes)
    stepped = -(-left // _STEP) * _STEP
    return words.n("About {count} second left", "About {count} seconds left", stepped)


def _left(expected: float, passed: float, words: Words) -> str:
    left = round(expected - passed)
    if left > _SOON:
        return about_left(left, words)
    if passed > expected * _LATE:
        return words.t("This one takes a little longer than usual.")
    return words.t("Almost there…")
