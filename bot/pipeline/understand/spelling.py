"""Which known word was meant by a misspelt one? Few edits, long words, never everyday words."""

from __future__ import annotations

import re
from collections.abc import Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.pipeline.understand.index import Index
from bot.pipeline.understand.text import Token

_LETTERS = re.compile(r"[a-z]+|[а-яєії]+")
_MODEL = 2
_SHORTEST, _TWO_EDITS, _FIRST_LETTER_FREE = 5, 8, 7
_LOOK_UPS = 8
"""How many unknown words of one text are looked up: bounds the time of hostile input."""

_TOPICS = frozenset({"colors", "bodies"})


class Speller:
    """Corrects tokens in place. Words to correct to are kept by script and length."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._words: dict[tuple[bool, int], list[str]] = {}
        self._rank: dict[str, int] = {}
        models = [key for key in index.models if key not in index.lettered]
        for rank, keys in enumerate((index.makers, self._senses(), models)):
            for key in keys:
                if len(key) >= _SHORTEST and _LETTERS.fullmatch(key) and key not in self._rank:
                    self._rank[key] = rank
                    self._words.setdefault((key[0] < "\u0400", len(key)), []).append(key)

    def _senses(self) -> list[str]:
        senses = self._index.senses.items()
        return [key for key, found in senses if any(sense.topic in _TOPICS for sense in found)]

    def correct(self, tokens: list[Token], covered: Collection[int], makers: Collection[str]) -> bool:
        """Replace misspelt tokens that no phrase covers and mark them; whether there were any.

        `makers` are the makers that the text names: where there are any, only their models are meant.
        """
        left, corrected, known = _LOOK_UPS, False, set(makers)
        for at, token in enumerate(tokens):
            word = token.text
            if at in covered or len(word) < _SHORTEST - 1 or not _LETTERS.fullmatch(word):
                continue
            if self._index.knows(word) or any(self._index.sounds_like(word)):
                continue
            if not left:
                break
            left -= 1
            meant = self._nearest(word, known)
            if meant is not None:
                before = tokens[at - 1].text if at else ""
                said = (self._index.makers.get(key) for key in (meant, before + meant))
                known |= {maker.brand.name for maker in said if maker}
                token.text = token.latin = token.cyrillic = token.spoken = meant
                token.typo = corrected = True
        return corrected

    def _likely(self, word: str, model: str, makers: Collection[str]) -> bool:
        """Whether a model is a likely meaning: of a named maker, or in a text that names none."""
        own = any(named.brand.name in makers for named in self._index.models[model])
        return own or (not makers and len(word) >= _SHORTEST)

    def _nearest(self, word: str, makers: Collection[str]) -> str | None:
        most = 2 if len(word) >= _TWO_EDITS else 1
        best: tuple[int, int, int, str] | None = None
        for length in range(max(_SHORTEST, len(word) - most), len(word) + most + 1):
            bucket = self._words.get((word[0] < "\u0400", length))
            if not bucket:
                continue
            edits = 2 if most == 2 and length >= _TWO_EDITS else 1  # noqa: PLR2004 - two edits
            for found, distance, _ in process.extract(
                word, bucket, scorer=OSA.distance, score_cutoff=edits, limit=5
            ):
                if found[0] != word[0] and (distance > 1 or len(found) < _FIRST_LETTER_FREE):
                    continue
                if self._rank[found] == _MODEL and not self._likely(word, found, makers):
                    continue
                row = (int(distance), int(found[0] != word[0]), self._rank[found], found)
                best = row if best is None or row < best else best
        return best[3] if best else None
