"""What stands under an album?"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from bot.handlers.labels import angle_label, car_title, provider_label, spec_words
from bot.handlers.money_words import cost_words, drawn_words
from bot.handlers.texts import Words
from bot.pipeline.model import (
    DUPLICATE,
    NOT_ONE_CAR,
    OFF_COLOR,
    OTHER_BADGE,
    OTHER_SHAPE,
    OTHER_SIDE,
    Album,
    Session,
    Strength,
    View,
)

LIMIT = 1024
"""Characters (UTF-16 units) of a caption, after entities are parsed."""
_NAMED = 3
"""Views that are always named one by one."""
_TAG = re.compile(r"<[^>]+>")


def caption(session: Session, album: Album, views: Sequence[View], words: Words) -> str:
    """Telegram HTML of at most 1024 visible characters, the least important lines left out first."""
    spec = session.spec
    lines = [words.t("<b>{car}</b>", car=car_title(spec, words)[:200])]
    spare: list[str] = []
    if given := spec_words(spec, spec.given, words):
        spare.append(words.t("You said: {facts}", facts=given[:200]))
    if inferred := spec_words(spec, spec.inferred - spec.given, words):
        spare.append(words.t("I assumed: {facts}", facts=inferred[:200]))
    lines += spare
    lines.append(words.t("Session <code>{session}</code>", session=session.id))
    seeds = ", ".join(str(view.seed) for view in views)
    lines.append(words.n("Seed: {seeds}", "Seeds: {seeds}", len(views), seeds=seeds))
    lines += drawn_words(album, words)
    if session.photo and album.strength is Strength.REFERENCES:
        lines.append(words.t("Your photo was the first reference."))
    elif session.photo and album.provider:
        lines.append(
            words.t(
                "{provider} cannot look at photos: yours was not used.",
                provider=provider_label(album.provider, words),
            )
        )
    doubts = _doubtful(views, words)
    lines += doubts
    drawn = {view.angle for view in views}
    if missing := [angle_label(angle, words) for angle in album.angles if angle not in drawn]:
        lines.append(words.t("Missing: {views}", views=", ".join(missing)))
    lines += cost_words(views, words)
    return _fitting(lines, least=[*reversed(spare), *reversed(doubts)])


def _fitting(lines: list[str], *, least: Sequence[str]) -> str:
    """All lines, or without as many of the `least` important ones as it takes, in that order."""
    for line in ("", *least):
        if line:
            lines.remove(line)
        text = "\n".join(lines)
        if len(html.unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2 <= LIMIT:
            break
    return text


def _doubtful(views: Sequence[View], words: Words) -> list[str]:
    """What is wrong with pictures that are shown all the same."""

    def named(*warnings: str) -> str:
        those = [view for view in views if any(one.partition(":")[0] in warnings for one in view.warnings)]
        if len(those) == len(views) > _NAMED:
            return words.t("all views")
        return ", ".join(angle_label(view.angle, words) for view in those)

    lines = []
    if off := named(OFF_COLOR):
        lines.append(words.t("The colour differs here: {views}", views=off))
    if twice := named(DUPLICATE):
        lines.append(words.t("Shows another view once more: {views}", views=twice))
    if shape := named(OTHER_SHAPE):
        lines.append(words.t("Not the shape that was asked for: {views}", views=shape))
    if badge := named(OTHER_BADGE):
        lines.append(words.t("The badge may be another maker's: {views}", views=badge))
    if side := named(OTHER_SIDE):
        lines.append(words.t("May show the car from another side: {views}", views=side))
    if cars := named(NOT_ONE_CAR):
        lines.append(words.t("May not show exactly one car: {views}", views=cars))
    return lines
