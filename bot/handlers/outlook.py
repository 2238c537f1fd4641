"""How far is an album, and how long will it still take? What is known of it, and its status in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.handlers.money_words import Hand
from bot.handlers.ports import Line, Measured
from bot.handlers.status_words import Way, status_words
from bot.handlers.texts import Words
from bot.pipeline.live_sheet import LiveSheet
from bot.pipeline.model import Album, AngleName, Session
from bot.pipeline.money import DAY
from bot.pipeline.ports import Clock


@dataclass(slots=True)
class Live:
    """What is known of one album under way in this process."""

    session: Session
    album: Album
    words: Words
    started: float
    message: str | None = None
    asked: bool = False
    """Whether its message was sent, or is on its way."""
    drawing: bool = False
    """Whether its turn has come."""
    marks: dict[AngleName, str] = field(default_factory=dict)
    fresh: dict[AngleName, bytes | None] = field(default_factory=dict)
    """Pictures that the sheet does not show yet; None for a view that was given up."""
    sheet: LiveSheet | None = None
    blind: str | None = None
    paused: bool = False
    """Whether nothing can be stored at the moment."""
    shown: str = ""
    settled: bool = False


@dataclass(slots=True, kw_only=True)
class Outlook:
    """Of all albums under way in this process; `line` is where they wait for their turn."""

    live: dict[str, Live]
    clock: Clock
    measured: Measured | None
    line: Line | None = None

    def text(self, live: Live, *, entering: bool = False) -> str:
        """Its status; `entering` is an album that is not in line yet."""
        album, place = live.album, 0
        if self.line and not live.drawing:
            owner = live.session.owner
            place = (entering and self.line.coming(owner)) or self.line.place(owner)
        passed = self.clock.ticks() - live.started
        expected = None
        if self.measured is not None:
            expected = self.measured.expected_seconds(album.angles, album.provider)
            before, leaving = self._before(live)
            if ahead := place + before:
                behind = self.measured.seconds_behind(ahead, album.angles, leaving=leaving)
                expected = max(expected, passed + behind)
        way = Way(
            spec=live.session.spec,
            angles=album.angles,
            marks=live.marks,
            sheet=live.sheet is not None,
            blind=live.blind,
            hand=self._hand(album),
            place=place,
            expected=expected,
            passed=passed,
            paused=live.paused,
        )
        return status_words(way, live.words)

    def _before(self, live: Live) -> tuple[int, int]:
        """How many albums that are drawn at present or wait to be sent will arrive before this one, and how many
        of these wait to be sent."""
        before = leaving = 0
        for other in self.live.values():
            first = not live.drawing or other.started < live.started
            if other.drawing and not other.settled and first:
                before += 1
                leaving += len(other.marks) == len(other.album.angles)
        return before, leaving

    def _hand(self, album: Album) -> Hand | None:
        """Who draws it, or will as far as is known; told before the first picture is asked for."""
        known = self.measured.hand(album.provider) if self.measured is not None else None
        if known is None:
            return None
        name, takes = known
        return Hand(
            provider=name,
            # whether there are photos to hold it by is known when they were looked for
            strength=album.strength or (None if takes.takes_references else takes.strength),
            pace=takes.pace,
            because=album.because,
            renewed_in=DAY - self.clock.now() % DAY,
        )
