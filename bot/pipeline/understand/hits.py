"""Which known phrases begin at each token? All lengths, in all the alphabets a word can be read in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.pipeline.gazetteer import Brand, Generation, Model
from bot.pipeline.understand.index import LONGEST_KEY, LONGEST_PHRASE, Index, Maker, Named, Sense
from bot.pipeline.understand.text import Token

_SOUND_WORDS = 2
_SHORTEST_SOUND = 3
_LONE_WORDS = frozenset("іийауввзсояюieayowz")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase up to token `end` with all that its spelling `key` may mean."""

    end: int
    key: str
    maker: Maker | None
    models: tuple[Named, ...]
    generations: tuple[tuple[Brand, Model, Generation], ...]
    senses: tuple[Sense, ...]

    @property
    def anything(self) -> bool:
        return bool(self.maker or self.models or self.generations or self.senses)


def _by_code(hit: Hit) -> bool:
    return not hit.generations


def _merged(hits: Sequence[Hit]) -> Hit:
    """What the same tokens mean in one alphabet or the other."""
    first = hits[0]
    return Hit(
        first.end,
        next((hit.key for hit in sorted(hits, key=_by_code) if hit.generations or hit.models), first.key),
        next((hit.maker for hit in hits if hit.maker), None),
        tuple(dict.fromkeys(named for hit in hits for named in hit.models)),
        tuple(dict.fromkeys(row for hit in hits for row in hit.generations)),
        tuple(dict.fromkeys(sense for hit in hits for sense in hit.senses)),
    )


class _Finder:
    def __init__(self, index: Index, tokens: Sequence[Token]) -> None:
        self._index = index
        self._tokens = tokens

    def at(self, start: int) -> Iterator[Hit]:
        """Every known phrase that begins at a token, longest first."""
        tokens = self._tokens
        spans: list[tuple[int, str, str, str, str]] = []
        text = latin = cyrillic = spoken = ""
        for end in range(start, min(start + LONGEST_PHRASE, len(tokens))):
            token = tokens[end]
            if end > start and token.stop:
                break
            text, latin = text + token.text, latin + token.latin
            cyrillic, spoken = cyrillic + token.cyrillic, spoken + token.spoken
            if len(text) > LONGEST_KEY:
                break
            spans.append((end + 1, text, latin, cyrillic, spoken if _DIGIT.search(spoken) else text))
        for end, *forms in reversed(spans):
            hits = [hit for key in dict.fromkeys(forms) if (hit := self._look_up(start, end, key)).anything]
            if hits:
                yield hits[0] if len(hits) == 1 else _merged(hits)

    def _look_up(self, start: int, end: int, key: str) -> Hit:
        index = self._index
        maker, models = index.makers.get(key), index.models.get(key, ())
        generations, senses = index.codes.get(key, ()), index.senses.get(key, ())
        words = end - start
        if senses and words > 1 and self._loose_end(end):
            senses = ()
        unknown = not (maker or models or senses or generations or key in index.everyday)
        audible = words == 1 or (words == _SOUND_WORDS and len(self._tokens[end - 1].text) >= _SHORTEST_SOUND)
        if unknown and audible and len(key) > _SHORTEST_SOUND and key.isalpha():
            maker, models = index.sounds_like(key)
        return Hit(end, key, maker, models, generations, senses)

    def _loose_end(self, end: int) -> bool:
        """Whether a phrase ends with a lone letter behind a longer word: `салон і` is not `салоні`."""
        last, before = self._tokens[end - 1], self._tokens[end - 2]
        lone = last.text in _LONE_WORDS and len(before.text) > _SOUND_WORDS
        return lone and " " in last.gap


def find_hits(index: Index, tokens: Sequence[Token]) -> list[tuple[Hit, ...]]:
    """For every token the known phrases that begin there, longest first."""
    finder = _Finder(index, tokens)
    return [tuple(finder.at(start)) for start in range(len(tokens))]
