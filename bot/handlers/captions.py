"""What stands under an album?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.handlers.labels import car_words, spec_words
from bot.handlers.money_words import cost_words, drawn_words
from bot.handlers.texts import Words
from bot.pipeline.model import Album, Session, Strength, View

LIMIT = 1024
"""Characters of a caption, after entities are parsed."""


def caption(session: Session, album: Album, views: Sequence[View], words: Words) -> str:
    """Telegram HTML of at most 1024 visible characters, the least important lines left out first."""
    spec = session.spec
    lines = [words.t("<b>{car}</b>", car=car_words(spec, words)[:200])]
    if given := spec_words(spec, spec.given, words):
        lines.append(words.t("You said: {facts}", facts=given[:200]))
    if inferred := spec_words(spec, spec.inferred - spec.given, words):
        lines.append(words.t("I assumed: {facts}", facts=inferred[:200]))
    lines.append(words.t("Session <code>{session}</code>", session=session.id))
    seeds = ", ".join(str(view.seed) for view in views)
    lines.append(words.n("Seed: {seeds}", "Seeds: {seeds}", len(views), seeds=seeds))
    lines += drawn_words(album, words)
    if session.photo and album.strength is Strength.REFERENCES:
        lines.append(words.t("Your photo was the first reference."))
    elif session.photo and album.provider:
        lines.append(
            words.t("{provider} cannot look at photos: yours was not used.", provider=album.provider)
        )
    if missing := len(album.angles) - len(views):
        lines.append(words.n("{count} view is missing.", "{count} views are missing.", missing))
    lines += cost_words(views, words)
    return "\n".join(lines)
