"""Which single words are several? `bmwx5`, `camry2020`, `2019р`, `темносиняя`, `чорнобілий`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.pipeline.understand.index import Index
from bot.pipeline.understand.text import Token

_YEAR_FIRST = re.compile(r"((?:19|20)\d\d)([^\W\d_]+)")
_YEAR_LAST = re.compile(r"([^\W\d_].*?)((?:19|20)\d\d)")
_NAME_AND_CODE = re.compile(r"([^\W\d_]{3,})(\d[^\W_]*)")
_LONG = 5
_GERMAN_TAILS = frozenset(
    f"{color}{ending}"
    for color in ("schwarz", "weiss", "blau", "grau", "silber", "gruen", "grun", "gelb", "braun")
    for ending in ("", "e", "er", "es", "en", "em")
)


def _colors(index: Index, word: str) -> bool:
    return any(sense.topic in {"colors", "shades", "finishes"} for sense in index.senses.get(word, ()))


def _halves(word: str) -> Iterator[tuple[str, str]]:
    for at in range(len(word) - 1):
        yield word[:at], word[at:]


def _cut(index: Index, word: str) -> tuple[str, ...]:
    """The parts of a word that means nothing as a whole; the word itself when it has none."""
    for pattern in (_YEAR_FIRST, _YEAR_LAST):
        found = pattern.fullmatch(word)
        if found:
            return found[1], found[2]
    found = _NAME_AND_CODE.fullmatch(word)
    if found and (found[1] in index.makers or found[1] in index.models or found[1] in index.senses):
        return found[1], found[2]
    if len(word) >= _LONG:
        for first, rest in _halves(word):
            if first in index.makers and rest in index.models:
                return first, rest
            if first.isalpha() and rest in _GERMAN_TAILS:
                return first, rest
            if first.isalpha() and _colors(index, first) and _colors(index, rest):
                return first, rest
    return (word,)


def split_words(index: Index, tokens: list[Token]) -> list[Token]:
    """Tokens with run-together words cut apart."""
    result: list[Token] = []
    for token in tokens:
        forms = dict.fromkeys((token.text, token.latin))
        known = any(index.knows(form) for form in forms)
        for form in () if known else forms:
            parts = _cut(index, form)
            if len(parts) > 1:
                result.append(Token(parts[0], parts[0], parts[0], parts[0], token.gap, token.stop))
                result.append(Token(parts[1], parts[1], parts[1], parts[1]))
                break
        else:
            result.append(token)
    return result
