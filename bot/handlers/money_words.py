"""What are people told of who draws, how firmly, for how much, and of a budget that does not suffice?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.handlers.labels import provider_label, strength_label
from bot.handlers.texts import Words
from bot.pipeline.errors import BudgetExceeded, FailureKind
from bot.pipeline.model import Album, Strength, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who draws an album. `pace` in seconds between two pictures, 0 where they come at once; `renewed_in`
    seconds until budgets are renewed. `strength` is None as long as photos are looked for.
    """

    provider: str
    strength: Strength | None
    pace: float = 0.0
    because: FailureKind | None = None
    renewed_in: float = 0.0


def hand_words(hand: Hand, words: Words) -> list[str]:
    """Lines for the status, before and while the album is drawn."""
    lines = []
    if hand.because is FailureKind.BUDGET:
        lines.append(
            words.n(
                "Today’s budget for bought pictures does not suffice. A new one comes in {count} hour.",
                "Today’s budget for bought pictures does not suffice. A new one comes in {count} hours.",
                hours(hand.renewed_in),
            )
        )
    name = provider_label(hand.provider, words)
    if hand.strength is None:
        lines.append(words.t("{provider} will draw; photos of this car are looked for first.", provider=name))
    else:
        held = strength_label(hand.strength, words)
        lines.append(words.t("{provider} draws: {strength}", provider=name, strength=held))
    if hand.pace:
        lines.append(
            words.n(
                "It gives one picture in {count} second, so the views come one by one.",
                "It gives one picture in {count} seconds, so the views come one by one.",
                round(hand.pace),
            )
        )
    return lines


def drawn_words(album: Album, words: Words) -> list[str]:
    """Lines for the caption, for good."""
    if album.provider is None or album.strength is None:
        return []
    held = strength_label(album.strength, words)
    lines = [
        words.t(
            "Drawn by {provider}: {strength}", provider=provider_label(album.provider, words), strength=held
        )
    ]
    if album.because is FailureKind.BUDGET:
        lines.append(
            words.t("The day’s budget for bought pictures did not suffice; it is new at midnight UTC.")
        )
    elif album.because is not None:
        lines.append(words.t("The provider that was asked first could not draw it."))
    if album.unlike is not None:
        lines.append(
            words.t(
                "Earlier views of this car are by {provider}: these may differ a little.",
                provider=provider_label(album.unlike, words),
            )
        )
    return lines


def cost_words(views: Sequence[View], words: Words) -> list[str]:
    """What the pictures of the album cost, each of them too where there are several."""
    paid = [view.cost for view in views if view.cost]
    total = sum(paid)
    if not paid:
        return []
    if len(paid) == 1:
        return [words.t("Cost: ${cost}", cost=f"{total:.3f}")]
    each = f"{total / len(paid):.3f}"
    return [words.t("Cost: ${cost} (${each} a picture)", cost=f"{total:.3f}", each=each)]


def too_dear(error: BudgetExceeded, words: Words) -> str:
    """Why an album is not begun at all."""
    return words.n(
        "These views can only be bought, and today’s budget does not suffice. Please come back in {count} hour.",
        "These views can only be bought, and today’s budget does not suffice. Please come back in {count} hours.",
        hours(error.again_in),
    )


def left_words(usd: float, renewed_in: float, words: Words) -> str:
    """For /quota."""
    return words.n(
        "${left} of today’s budget for bought pictures is left; a new one comes in {count} hour.",
        "${left} of today’s budget for bought pictures is left; a new one comes in {count} hours.",
        hours(renewed_in),
        left=f"{usd:.2f}",
    )


def hours(seconds: float) -> int:
    """Rounded up, at least one."""
    return max(1, -int(-seconds // 3600))
