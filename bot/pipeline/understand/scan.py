"""Which names and words of meaning stand where in the tokens?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.pipeline.gazetteer import Brand, Generation, Model
from bot.pipeline.understand.hits import Hit, find_hits
from bot.pipeline.understand.index import Index, Maker, Named, Sense
from bot.pipeline.understand.text import Token, squash

_YEAR_LIKE = re.compile(r"1[89]\d\d|20\d\d")
_LETTER_AND_DIGIT = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9/]{2,6}")
_SHARED_TOPICS = frozenset({"bodies", "trims"})
_MODEL_WORDS = frozenset({"model", "модель", "modell", "modele", "modelo", "modello"})
_CODE_LENGTH = 3
_ORDINAL = re.compile(r"^mk|gen|\d(?:st|nd|rd|th)$")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Tokens `start` up to `end` say a maker, models (candidates), generations or words of meaning."""

    start: int
    end: int
    maker: Maker | None = None
    models: tuple[Named, ...] = ()
    generations: tuple[tuple[Brand, Model, Generation], ...] = ()
    senses: tuple[Sense, ...] = ()
    typo: bool = False

    def meaning(self, topic: str) -> str | None:
        """What it means in that topic, if anything."""
        return next((sense.meaning for sense in self.senses if sense.topic == topic), None)


def _fits(sense: Sense, model: Model) -> bool:
    return sense.topic == "trims" or (sense.topic == "bodies" and sense.meaning in model.bodies)


class Scanner:
    """Finds mentions, longest phrase first, minding which makers the text names."""

    def __init__(self, index: Index, tokens: Sequence[Token]) -> None:
        self._index = index
        self._tokens = tokens
        self._hits = find_hits(index, tokens)
        self._starts: dict[int, Brand] = {}
        self._ends: dict[int, Brand] = {}
        self._find_makers()
        self._brands = {brand.name for brand in self._starts.values()}
        self._said: set[int] = set()
        self._named = self._brands_with_model()

    @property
    def makers(self) -> frozenset[str]:
        """Names of the makers that the text names, or whose models it names beyond doubt."""
        sure = (
            named.brand.name
            for hits in self._hits
            for hit in hits
            for named in hit.models
            if not (named.weak or named.bound or hit.senses)
        )
        return frozenset(self._brands).union(sure)

    def covered(self) -> set[int]:
        """Positions of tokens that are part of any known phrase."""
        return {at for start, hits in enumerate(self._hits) for hit in hits for at in range(start, hit.end)}

    def mentions(self) -> list[Mention]:
        """All mentions in order, none overlapping."""
        found: list[Mention] = []
        at = 0
        while at < len(self._tokens):
            mention = self._mention(at, found[-1] if found else None)
            if mention is None:
                at += 1
                continue
            found.append(mention)
            at = mention.end
        return found

    def _find_makers(self) -> None:
        at = 0
        while at < len(self._tokens):
            hit = next((hit for hit in self._hits[at] if hit.maker or hit.models or hit.senses), None)
            if hit is not None and hit.maker is not None:
                self._starts[at] = self._ends[hit.end] = hit.maker.brand
            skip = hit is not None and (hit.maker or any(not named.bound for named in hit.models))
            at = hit.end if hit is not None and skip else at + 1

    def _present(self, brand: Brand) -> bool:
        return brand.name in self._brands

    def _after(self, brand: Brand, start: int) -> bool:
        """Whether the maker's name stands right before a token."""
        return self._ends.get(start) is brand and not self._tokens[start].stop

    def _announced(self, brand: Brand, start: int) -> bool:
        """Whether "model" stands before, and the maker anywhere: `Ferrari in red, model 488`."""
        return start > 0 and self._tokens[start - 1].text in _MODEL_WORDS and self._present(brand)

    def _beside(self, brand: Brand, start: int, end: int) -> bool:
        """Whether the maker's name stands right before, or right behind without a stop."""
        behind = self._starts.get(end) is brand and not self._tokens[end].stop
        return behind or self._after(brand, start)

    def _brands_with_model(self) -> set[str]:
        """Makers of which the text names a model that cannot be a year."""
        found: set[str] = set()
        for start, hits in enumerate(self._hits):
            for hit in hits:
                if hit.senses:
                    continue
                joined = hit.end - start > 1 and len(self._tokens[start].text) == 1
                year = _YEAR_LIKE.fullmatch(hit.key) is not None
                for named in hit.models:
                    free = not named.bound and not joined and self._present(named.brand)
                    if free or (named.bound and not year and self._beside(named.brand, start, hit.end)):
                        found.add(named.brand.name)
                        self._said.add(id(named.model))
        return found

    def _mention(self, start: int, before: Mention | None) -> Mention | None:
        follows = before is not None and before.end == start and not self._tokens[start].stop
        if follows and before is not None and (before.models or before.generations):
            own = self._generation_of(before, start)
            if own is not None:
                return own
        for hit in self._hits[start]:
            if self._cuts_a_trim(start, hit):
                continue
            mention = self._judge(start, hit)
            if mention is not None:
                return mention
        return None

    def _cuts_a_trim(self, start: int, hit: Hit) -> bool:
        """Whether a longer name ends in the first word of a trim: `X5 M Sport` is an X5."""
        if not hit.models or hit.end - start < 2 or len(self._tokens[hit.end - 1].text) > 1:  # noqa: PLR2004 - one word
            return False
        return any(
            part.end > hit.end and any(sense.topic == "trims" for sense in part.senses)
            for part in self._hits[hit.end - 1]
        )

    def _typo(self, start: int, end: int) -> bool:
        return any(token.typo for token in self._tokens[start:end])

    def _generation_of(self, before: Mention, start: int) -> Mention | None:
        """A generation right behind its model's name, bare numbers and numerals included."""
        models = {id(named.model) for named in before.models} | {id(row[1]) for row in before.generations}
        for hit in self._hits[start]:
            own = tuple(row for row in hit.generations if id(row[1]) in models)
            if own and (len(hit.key) > 1 or self._tokens[start].text == hit.key):
                return Mention(start=start, end=hit.end, generations=own)
        return None

    def _judge(self, start: int, hit: Hit) -> Mention | None:
        models = tuple(self._allowed(hit.models, start, hit))
        codes = self._codes(start, hit)
        foreign = not any(self._present(named.brand) for named in models)
        if foreign and any(self._present(row[0]) for row in codes):
            models = ()
        maker, senses = hit.maker, hit.senses
        if models and maker and not any(self._after(named.brand, start) for named in models):
            models = ()
        if models and senses:
            models, senses = self._model_or_word(models, senses, start)
        if models and not maker:
            codes = tuple(row for row in codes if any(row[1] is named.model for named in models))
        elif maker or senses:
            codes = ()
        if not (maker or models or codes or senses):
            return None
        if models and hit.end - start > 1:
            senses = (*senses, *self._tail(start, hit, models[0].model))
        return Mention(
            start=start,
            end=hit.end,
            maker=None if models else maker,
            models=models,
            generations=codes,
            senses=senses,
            typo=self._typo(start, hit.end),
        )

    def _tail(self, start: int, hit: Hit, model: Model) -> tuple[Sense, ...]:
        """A body or trim at the end of a model's longer name: `Fabia Combi`, `Golf GTI`."""
        own = squash(model.name)
        for at in range(start + 1, hit.end):
            for part in self._hits[at]:
                if part.end == hit.end and part.senses and not own.endswith(part.key):
                    return tuple(sense for sense in part.senses if _fits(sense, model))
        return ()

    def _model_or_word(
        self, models: tuple[Named, ...], senses: tuple[Sense, ...], start: int
    ) -> tuple[tuple[Named, ...], tuple[Sense, ...]]:
        """A word that is also a model's name is that model only beside or with its maker."""
        shared = all(sense.topic in _SHARED_TOPICS for sense in senses)
        if shared:
            kept = tuple(
                named
                for named in models
                if (self._after(named.brand, start) and not self._coded_behind(named.brand, start))
                or (self._present(named.brand) and named.brand.name not in self._named)
                or not (named.weak or named.bound or self._named)
            )
            return kept, senses
        kept = tuple(named for named in models if self._after(named.brand, start))
        return (kept, ()) if kept else ((), senses)

    def _coded_behind(self, brand: Brand, start: int) -> bool:
        """Whether a model's code of that maker follows: `Audi quattro Q5` is a Q5."""
        if start + 1 >= len(self._tokens) or self._tokens[start + 1].stop:
            return False
        return any(
            named.brand is brand and _LETTER_AND_DIGIT.fullmatch(hit.key)
            for hit in self._hits[start + 1]
            for named in hit.models
        )

    def _allowed(self, models: Iterable[Named], start: int, hit: Hit) -> Iterator[Named]:
        first = self._tokens[start]
        apart = hit.end - start > 1 and any(token.gap for token in self._tokens[start + 1 : hit.end])
        plain = len(first.text) == 1 or first.text in self._index.everyday
        loose = apart and plain and len(hit.key) < 6  # noqa: PLR2004 - "is 250"
        loose = loose or (apart and hit.key not in self._index.phrases and not _DIGIT.search(hit.key))
        leading = self._index.makers.get(first.text)
        for named in models:
            year = named.bound and _YEAR_LIKE.fullmatch(hit.key) is not None
            if year:
                if self._after(named.brand, start) and named.brand.name not in self._named:
                    yield named
            elif named.bound:
                if self._beside(named.brand, start, hit.end) or self._announced(named.brand, start):
                    yield named
            elif not loose or self._present(named.brand) or (leading and leading.brand is named.brand):
                yield named

    def _codes(self, start: int, hit: Hit) -> tuple[tuple[Brand, Model, Generation], ...]:
        """Generations said by a code away from their model's name: `E46`, `W124`, `Porsche 964`."""
        if not hit.generations:
            return ()
        if _LETTER_AND_DIGIT.fullmatch(hit.key) and not _ORDINAL.search(hit.key):
            behind = self._hits[hit.end] if hit.end < len(self._tokens) else ()
            models = {id(named.model) for other in behind for named in other.models}
            here = tuple(row for row in hit.generations if self._present(row[0]) or id(row[1]) in models)
            lone = len(hit.key) >= _CODE_LENGTH and not any(char in hit.key for char in "+/")
            return here or (
                hit.generations if lone and len({row[0].name for row in hit.generations}) == 1 else ()
            )
        if hit.key.isdecimal() and len(hit.key) == _CODE_LENGTH:
            return tuple(
                row for row in hit.generations if self._after(row[0], start) or id(row[1]) in self._said
            )
        return ()
