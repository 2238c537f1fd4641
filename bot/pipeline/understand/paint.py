"""Which colours does the car have? Shades, two tones, negations; a wheel's or a seat's colour is not the car's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.pipeline.understand.index import Index
from bot.pipeline.understand.scan import Mention
from bot.pipeline.understand.text import Token

_BETWEEN_NOT_AND_COLOR = frozenset(
    [
        "a",
        "an",
        "the",
        "in",
        "be",
        "any",
        "too",
        "very",
        "of",
        "дуже",
        "очень",
        "в",
        "у",
        "w",
        "den",
        "die",
        "das",
        "ein",
        "eine",
        "einen",
        "color",
        "colour",
        "kolor",
        "колір",
        "цвет",
        "кольору",
        "цвета",
        "dans",
        "el",
        "la",
        "un",
        "une",
        "en",
        "un",
        "una",
        "such",
        "really",
        "zbyt",
        "bardzo",
        "sehr",
    ]
)
_REACH = 2
_DASH = re.compile(r"\s-|-\s")
_ON_CAR = frozenset({"roof", "inside", "outside"})
_NOUN_FIRST = frozenset(
    [
        "toit",
        "interieur",
        "cuir",
        "jantes",
        "capote",
        "tetto",
        "interni",
        "cerchi",
        "pelle",
        "techo",
        "interior",
        "llantas",
        "tapiceria",
        "retroviseurs",
    ]
)


@dataclass(slots=True, eq=False)
class Coat:
    """A colour word: `part` names what else it paints (roof, inside, outside), `link` how the next is joined."""

    start: int
    end: int
    color: str
    negated: bool = False
    part: str | None = None
    link: str | None = None
    typo: bool = False


class Painter:
    """Reads all colours of a text in order."""

    def __init__(self, index: Index, tokens: Sequence[Token], mentions: Sequence[Mention]) -> None:
        self._index = index
        self._tokens = tokens
        self._mentions = mentions

    def coats(self) -> list[Coat]:
        coats: list[Coat] = []
        for at, mention in enumerate(self._mentions):
            color = mention.meaning("colors")
            if color is None or self._names_a_person(at):
                continue
            coat = self._shaded(at, mention, color)
            coat.typo = mention.typo
            self._join(coats, coat, at)
            coat.negated = self._negated(at) or self._still_negated(coats, coat)
            coat.part = self._part(at)
            coats.append(coat)
        self._share_parts(coats)
        return coats

    def _mention(self, at: int) -> Mention | None:
        return self._mentions[at] if 0 <= at < len(self._mentions) else None

    def _names_a_person(self, at: int) -> bool:
        before = self._mention(at - 1)
        return (
            before is not None
            and before.end == self._mentions[at].start
            and before.meaning("titles") is not None
        )

    def _shaded(self, at: int, mention: Mention, color: str) -> Coat:
        coat = Coat(mention.start, mention.end, color)
        before, after = self._mention(at - 1), self._mention(at + 1)
        if before is not None and before.end == mention.start and not self._tokens[mention.start].stop:
            shade = before.meaning("shades")
            if shade is not None:
                coat.color = self._index.modifiers.get((shade, color), color)
                coat.start = before.start
                return coat
        if after is not None and after.start == mention.end and not self._tokens[after.start].stop:
            shade = after.meaning("shades")
            ahead = self._mention(at + 2)
            free = ahead is None or ahead.start != after.end or ahead.meaning("colors") is None
            if shade is not None and free:
                coat.color = self._index.modifiers.get((shade, color), color)
                coat.end = after.end
        return coat

    def _join(self, coats: list[Coat], coat: Coat, at: int) -> None:
        """Note on the coat before how this one hangs on to it."""
        if not coats:
            return
        last = coats[-1]
        gap = self._tokens[coat.start].gap
        if last.end == coat.start:
            if "/" in gap:
                last.link = "and"
            elif last.negated and _DASH.search(gap):
                last.link = None  # `not blue - yellow`
            elif not self._tokens[coat.start].stop:
                last.link = "and" if "-" in gap or "+" in gap or "&" in gap else "same"
            return
        links = [m for m in self._mentions[max(0, at - 3) : at] if m.start == last.end and m.meaning("links")]
        stopped = any(token.stop for token in self._tokens[last.end : coat.start + 1])
        if links and links[0].end == coat.start and not stopped:
            last.link = links[0].meaning("links")

    def _negated(self, at: int) -> bool:
        mention = self._mentions[at]
        start = mention.start
        before = self._mention(at - 1)
        if before is not None and before.meaning("shades") and before.end == start:
            start, before = before.start, self._mention(at - 2)
        if before is None or before.meaning("negations") is None:
            return False
        between = self._tokens[before.end : start]
        stopped = any(token.stop for token in self._tokens[before.end : start + 1])
        return not stopped and all(token.text in _BETWEEN_NOT_AND_COLOR for token in between)

    @staticmethod
    def _still_negated(coats: list[Coat], coat: Coat) -> bool:
        """`not red or blue`: the second falls with the first."""
        return (
            bool(coats)
            and coats[-1].negated
            and coats[-1].link in {"and", "or"}
            and coats[-1].end <= coat.start
        )

    def _part(self, at: int) -> str | None:
        """The part right behind the colour (one word may stand between) or right before it."""
        mention, place = self._mentions[at], at + 1
        end = mention.end
        while (after := self._mention(place)) is not None and after.start - end <= 1:
            if any(token.stop for token in self._tokens[end : after.start + 1]):
                break
            part = after.meaning("parts")
            if part is not None:
                return None if self._before_its_color(after, place) else part
            if "/" in self._tokens[after.start].gap:
                break
            if not (after.meaning("finishes") or after.meaning("shades") or after.meaning("colors")):
                break
            if place - at > _REACH:
                break
            end, place = after.end, place + 1
        before = self._mention(at - 1)
        if before is not None and before.meaning("shades") and before.end == mention.start:
            before = self._mention(at - 2)
        if before is not None and before.end >= mention.start - 1 and before.meaning("parts") in _ON_CAR:
            gap = self._tokens[before.end].gap
            if not self._tokens[before.end].stop or ":" in gap:
                return before.meaning("parts")
        return None

    def _before_its_color(self, part: Mention, at: int) -> bool:
        """Romance word order: `blanche toit rouge` is a white car."""
        after = self._mention(at + 1)
        if after is None or after.start != part.end or self._tokens[after.start].stop:
            return False
        return after.meaning("colors") is not None and self._tokens[part.start].text in _NOUN_FIRST

    @staticmethod
    def _share_parts(coats: list[Coat]) -> None:
        """`black and red seats`: both colours are the seats'; `white with black roof` keeps white."""
        for coat, after in zip(coats[-2::-1], coats[::-1], strict=False):
            joined = coat.link in {"and", "or", "same"} and after.part == "inside"
            if joined and coat.part is None and len(coats) > _REACH:
                coat.part = after.part
