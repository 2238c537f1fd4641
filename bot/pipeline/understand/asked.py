"""From which angles shall the car be shown, if the text says so?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.pipeline.model import AngleName
from bot.pipeline.understand.scan import Mention
from bot.pipeline.understand.text import Token

_BLOCKED_WITHIN = 2
_YEAR = re.compile(r"(19|20)\d\d")
_ARTICLES = frozenset(["the", "a", "of", "der", "die", "das", "la", "le", "el", "il"])


class Asker:
    """Sure phrases ("from the side") always count; lone words ("side") only among angles or beside a cue."""

    def __init__(self, tokens: Sequence[Token], mentions: Sequence[Mention]) -> None:
        self._tokens = tokens
        self._mentions = mentions
        self._taken: dict[int, str] = {}

    def angles(self) -> tuple[AngleName, ...]:
        for at, mention in enumerate(self._mentions):
            sure, word = mention.meaning("angles"), mention.meaning("angle_words")
            if self._blocked(at):
                continue
            if sure is not None:
                self._taken[at] = sure
            elif word is not None and (
                self._cued(at) or self._whole_phrase(at) or self._in_a_list(at) or self._last_words(at)
            ):
                self._taken[at] = word
        self._backwards()
        self._corners()
        return tuple(dict.fromkeys(AngleName(self._taken[at]) for at in sorted(self._taken)))

    def _corners(self) -> None:
        """`ззаду три чверті справа`: words side by side that name one angle together."""
        for at in sorted(self._taken):
            group = [at]
            while self._next_to(group[-1]) is not None:
                group.append(group[-1] + 1)
            names = {self._taken.get(place) for place in group}
            quarter = bool(names & {"front-three-quarter", "rear-three-quarter"})
            corner = "side-right" in names and bool(names & {"front", "rear"})
            if len(group) < 2 or not (quarter or corner):  # noqa: PLR2004 - a pair
                continue
            name = "rear" if names & {"rear", "rear-three-quarter"} else "front"
            for place in group[1:]:
                del self._taken[place]
            self._taken[at] = f"{name}-three-quarter{'-right' if 'side-right' in names else ''}"
            self._corners()
            return

    def _next_to(self, at: int) -> int | None:
        after = at + 1
        if after not in self._taken or self._mentions[at].end != self._mentions[after].start:
            return None
        return None if self._tokens[self._mentions[after].start].stop else after

    def _backwards(self) -> None:
        """`side and rear view`: the cue at the end serves the words before it."""
        for at in range(len(self._mentions) - 1, -1, -1):
            word = self._mentions[at].meaning("angle_words")
            if word is None or at in self._taken or self._blocked(at):
                continue
            after = [place for place in (at + 1, at + 2) if place in self._taken]
            if after and self._joined(at, after[0]):
                self._taken[at] = word

    def _blocked(self, at: int) -> bool:
        mention = self._mentions[at]
        near = [self._mentions[place] for place in (at - 1, at + 1) if 0 <= place < len(self._mentions)]
        for other in near:
            distance = other.start - mention.end if other.start >= mention.end else mention.start - other.end
            if distance < _BLOCKED_WITHIN and other.meaning("angle_blocks"):
                return True
            painted = other.end == mention.start and other.meaning("colors") is not None
            if mention.meaning("angles") is None and painted and not self._tokens[mention.start].stop:
                return True
        return False

    def _cued(self, at: int) -> bool:
        mention = self._mentions[at]
        before = self._mentions[at - 1] if at else None
        after = self._mentions[at + 1] if at + 1 < len(self._mentions) else None
        if before is not None and before.meaning("angle_cues"):
            between = self._tokens[before.end : mention.start]
            if not self._tokens[mention.start].stop and all(token.text in _ARTICLES for token in between):
                return True
        return (
            after is not None
            and after.start == mention.end
            and not self._tokens[after.start].stop
            and after.meaning("angle_cues") is not None
            and self._tokens[after.start].text
            not in {"from", "von", "від", "od", "da", "desde", "de", "draw"}
        )

    def _joined(self, one: int, other: int) -> bool:
        """Whether nothing but "and" or a comma stands between two mentions."""
        first, second = self._mentions[one], self._mentions[other]
        apart = self._tokens[first.end : second.start + 1]
        if "," in apart[0].gap or "/" in apart[0].gap:
            return all(token.text in _ARTICLES for token in apart[:-1])
        links = [m for m in self._mentions[one + 1 : other] if m.meaning("links")]
        if len(links) != 1 or first.end != links[0].start:
            return False
        between = self._tokens[links[0].end : second.start]
        return len(between) <= 1 and all(token.text in _ARTICLES for token in between)

    def _last_words(self, at: int) -> bool:
        """`Ford Focus 2015 front and rear`: the text ends with angles, right behind the car's name or year."""
        start, end = self._run(at)
        if self._mentions[end].end != len(self._tokens):
            return False
        behind = self._mentions[start].start
        if behind and _YEAR.fullmatch(self._tokens[behind - 1].text):
            behind -= 1
        return any(mention.models and mention.end == behind for mention in self._mentions[:start])

    def _run(self, at: int) -> tuple[int, int]:
        """The first and the last of the mentions around it, within its phrase, that are all about angles."""
        start = end = at
        while not self._stop_before(start) and start > 0 and self._fits(start - 1, start):
            start -= 1
        while end + 1 < len(self._mentions) and not self._stop_before(end + 1) and self._fits(end, end + 1):
            end += 1
        return start, end

    def _in_a_list(self, at: int) -> bool:
        for place in (at - 1, at - 2):
            if place in self._taken:
                return self._joined(place, at)
        return False

    def _whole_phrase(self, at: int) -> bool:
        """Whether the word's own part of the text, behind a comma, holds nothing but angles."""
        start, end = self._run(at)
        opened = self._mentions[start].start > 0 and self._tokens[self._mentions[start].start].stop
        last = self._mentions[end].end
        closed = last == len(self._tokens) or self._tokens[last].stop
        return opened and closed

    def _stop_before(self, at: int) -> bool:
        return self._tokens[self._mentions[at].start].stop

    def _fits(self, one: int, other: int) -> bool:
        topics = {sense.topic for place in (one, other) for sense in self._mentions[place].senses}
        allowed = all(
            {sense.topic for sense in self._mentions[place].senses}
            & {"angles", "angle_words", "links", "angle_cues"}
            for place in (one, other)
        )
        return bool(topics) and allowed and self._mentions[one].end == self._mentions[other].start
