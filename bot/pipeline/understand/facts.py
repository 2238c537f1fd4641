"""What else is said of the car? Years, body, finish, trim, condition, background, plate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.pipeline.gazetteer import Model
from bot.pipeline.model import Body
from bot.pipeline.understand.index import Index
from bot.pipeline.understand.scan import Mention
from bot.pipeline.understand.text import Token

_YEAR = re.compile(r"(1[89]\d\d|20\d\d|21\d\d)")
_YEAR_ENDING = frozenset(
    ["s", "х", "е", "ті", "тих", "їх", "er", "th", "ies", "ые", "ых", "х", "річний", "летний"]
)
_PIVOT = 40
_PLATE_TOKEN = re.compile(r"[a-z]{1,3}\d{1,5}[a-z]{0,3}|[a-z]{1,3}|\d{1,5}[a-z]{0,3}")
_UKRAINIAN_PLATE = re.compile(r"[abcehikmoptx]{2}\d{4}[abcehikmoptx]{2}")
_PLATE_LENGTH = 9
_ARTICLE = 3
_ALTERNATIVES = {
    "sportback": (Body.LIFTBACK, Body.HATCHBACK, Body.SUV),
    "gran_coupe": (Body.LIFTBACK, Body.SEDAN, Body.COUPE),
}


@dataclass(frozen=True, slots=True)
class Year:
    at: int
    year: int


def take_plate(index: Index, tokens: list[Token]) -> str | None:
    """The plate that the text gives; its tokens are taken out of the list."""
    for at, token in enumerate(tokens):
        if _UKRAINIAN_PLATE.fullmatch(token.latin) and not index.knows(token.text):
            del tokens[at]
            return token.latin.upper()
    for at in range(len(tokens)):
        for words in (3, 2, 1):
            key = "".join(token.text for token in tokens[at : at + words])
            if any(sense.topic == "plates" for sense in index.senses.get(key, ())):
                plate, end = _plate_at(index, tokens, min(at + words, len(tokens)))
                if plate:
                    del tokens[at + words : end]
                    return plate
                break
    return None


def _plate_at(index: Index, tokens: Sequence[Token], start: int) -> tuple[str | None, int]:
    text = ""
    for at in range(start, min(start + 4, len(tokens))):
        token = tokens[at]
        stopped = at > start and token.stop
        if (
            stopped
            or not _PLATE_TOKEN.fullmatch(token.latin)
            or (token.latin.isalpha() and index.senses.get(token.text))
        ):
            return _whole_plate(text), at
        gap = "-" if "-" in token.gap else " " if token.gap else ""
        longer = f"{text}{gap if text else ''}{token.latin}"
        if len(re.sub(r"[ -]", "", longer)) > _PLATE_LENGTH:
            return _whole_plate(text), at
        text = longer
    return _whole_plate(text), min(start + 4, len(tokens))


def _whole_plate(text: str) -> str | None:
    plain = re.sub(r"[ -]", "", text)
    enough = len(plain) > 3 and any(map(str.isdigit, plain)) and any(map(str.isalpha, plain))  # noqa: PLR2004
    return text.upper() if enough and len(text) <= 10 else None  # noqa: PLR2004 - the longest plate


def years(index: Index, tokens: Sequence[Token], mentions: Iterable[Mention]) -> list[Year]:
    """Years in the order they stand; numbers that are part of a name are none."""
    named = {
        at
        for mention in mentions
        if mention.models or mention.maker or mention.generations
        for at in range(mention.start, mention.end)
    }
    found: list[Year] = []
    for at, token in enumerate(tokens):
        if at in named or not token.text[:1].isdecimal():
            continue
        year = _full_year(tokens, at) or _short_year(index, tokens, at)
        if year is not None:
            found.append(Year(at, year))
    return found


def _full_year(tokens: Sequence[Token], at: int) -> int | None:
    if not _YEAR.fullmatch(tokens[at].text):
        return None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    decade = after is not None and after.gap in {"-", "", "'"} and after.text in _YEAR_ENDING
    return None if decade else int(tokens[at].text)


def _short_year(index: Index, tokens: Sequence[Token], at: int) -> int | None:
    """`'19`, `98 року`, `Bj. 98`."""
    text = tokens[at].text
    if len(text) != 2 or not text.isdecimal():  # noqa: PLR2004 - two digits
        return None
    before = tokens[at - 1].text if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else None

    def is_word(key: str, meaning: str) -> bool:
        return any(s.topic == "year_words" and s.meaning == meaning for s in index.senses.get(key, ()))

    said = tokens[at].gap.endswith("'")
    if after is not None and not after.stop and len(after.text) > 1:
        said = said or is_word(after.text, "after") or (after.text == "го" and after.gap in {"-", ""})
    said = said or (len(before) > 1 and before not in {"from", "made"} and is_word(before, "before"))
    if not said:
        return None
    number = int(text)
    return number + (2000 if number < _PIVOT else 1900)


def negated(tokens: Sequence[Token], mentions: Sequence[Mention], at: int) -> bool:
    """Whether a negation stands right before a mention."""
    before = mentions[at - 1] if at else None
    mention = mentions[at]
    if before is None or before.meaning("negations") is None or mention.start - before.end > 1:
        return False
    between = tokens[before.end : mention.start]
    return not any(token.stop for token in tokens[before.end : mention.start + 1]) and all(
        len(token.text) <= _ARTICLE for token in between
    )


def first(topic: str, tokens: Sequence[Token], mentions: Sequence[Mention], within: range) -> str | None:
    """The first meaning of a topic that stands within those tokens and is not negated."""
    for at, mention in enumerate(mentions):
        if mention.start in within:
            meaning = mention.meaning(topic)
            if meaning is not None and not negated(tokens, mentions, at):
                return meaning
    return None


def body_of(word: str | None, model: Model | None) -> Body | None:
    """The body that a body word means on that model; None where the model knows better."""
    if word is None:
        return None
    if word in _ALTERNATIVES:
        bodies = model.bodies if model else ()
        return next((body for body in _ALTERNATIVES[word] if body in bodies), _ALTERNATIVES[word][0])
    body = Body(word)
    if model is None or body in model.bodies:
        return body
    tall = model.body is Body.SUV and body is Body.COUPE
    box = model.body in {Body.VAN, Body.MINIVAN} and body is Body.ESTATE
    return None if tall or box else body
