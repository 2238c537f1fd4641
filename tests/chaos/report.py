"""What came of it all? The requirements, counted from the ledgers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.servers import Sent, view_of
from tests.chaos.stored import Stored
from tests.loopback.pictures import Entry

WORKING = "Drawing "
UNSURE = "Telegram did not confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill and what lay on the disk then. Times in seconds of the loop's clock."""

    at: float
    why: str
    stored: Stored


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everything that was seen from outside. `asked` holds one chat a request."""

    asked: list[str] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    sent: Sequence[Sent] = ()
    deleted: frozenset[int] = frozenset()
    entries: Sequence[Entry] = ()
    presses: Counter[str] = field(default_factory=Counter)
    taken_over: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    """Among several workers: seconds from a death to another's first act for what the dead one held,
    and to the end of the last of it."""

    gone_on: list[float] = field(default_factory=list)
    """Seconds from the return of the database's server to a worker's next act."""
    conflicts: int = 0
    """How often two workers asked for updates at once."""

    def albums(self) -> Counter[str]:
        """Albums that Telegram received, by chat."""
        return Counter(sent.chat for sent in self.sent if sent.method in {"sendMediaGroup", "sendPhoto"})

    def unsure(self) -> Counter[str]:
        """Offers to send again, by chat."""
        return Counter(sent.chat for sent in self.sent if sent.text.startswith(UNSURE))

    def lost(self) -> list[str]:
        """Chats that got neither album nor question."""
        return sorted(set(self.asked) - set(self.albums()) - set(self.unsure()))

    def sent_twice(self) -> list[str]:
        """Chats that got more albums than they asked for."""
        return sorted(chat for chat, count in self.albums().items() if count > 1 + self.presses[chat])

    def bought_though_stored(self) -> list[str]:
        """Views that were asked for again after a kill before which their pictures had been stored."""
        return sorted(
            {
                view_of(entry)
                for kill in self.kills
                for entry in self.entries
                if entry.started > kill.at + TAIL and view_of(entry) in kill.stored.views
            }
        )

    def repeats(self) -> tuple[list[float], int]:
        """Of pictures that were made twice: seconds from hand-over to the kill; those cut in flight.

        Infinite where no kill lies between the two.
        """
        made: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if entry.bought:
                made[view_of(entry)].append(entry)
        gaps, in_flight = [], 0
        for entries in made.values():
            entries.sort(key=lambda entry: entry.started)
            for first, second in pairwise(entries):
                kills = [kill.at for kill in self.kills if first.started - TAIL < kill.at <= second.started]
                if kills and kills[0] < first.finished:
                    in_flight += 1
                else:
                    gaps.append(kills[0] - first.finished if kills else math.inf)
        return sorted(gaps), in_flight

    def orphans(self) -> list[float]:
        """Of "working" messages that stayed: seconds from Telegram's taking them to the kill.

        Negative where the message was still under way when its sender was killed: no new process
        speaks that early.
        """
        left = [s for s in self.sent if s.text.startswith(WORKING) and s.ids[0] not in self.deleted]
        return sorted(
            next((kill.at - message.at for kill in self.kills if kill.at > message.at - TAIL), math.inf)
            for message in left
        )

    def table(self) -> list[tuple[str, str, bool]]:
        """(what, figure, whether it is as required)."""
        gaps, in_flight = self.repeats()
        orphans = self.orphans()
        return [
            ("kills", str(len(self.kills)), True),
            ("requests", str(len(self.asked)), True),
            ("requests lost", str(len(self.lost())), not self.lost()),
            ("albums sent twice by the bot itself", str(len(self.sent_twice())), not self.sent_twice()),
            ("asked whether it arrived", str(sum(self.unsure().values())), True),
            ("pictures", str(len({view_of(entry) for entry in self.entries if entry.bought})), True),
            (
                "stored pictures bought again",
                str(len(self.bought_though_stored())),
                not self.bought_though_stored(),
            ),
            (
                "made twice, killed between hand-over and disk",
                f"{len(gaps)} (within {1000 * max(gaps, default=0):.0f} ms)",
                max(gaps, default=0) < SAVING,
            ),
            ("made twice, cut in flight", str(in_flight), True),
            *self._times("ready to first resumed act, p50 / p99", self.resumed, 2),
            *self._times("death to another's first act, p50 / p99", self.taken_over, TAKEN_OVER),
            *self._times("death to the end of all it held, p50 / p99", self.finished, 60),
            *self._times("database back to the next act, p50 / p99", self.gone_on, GOING_ON),
            ("two asked for updates at once", str(self.conflicts), True),
            (
                "orphaned working messages",
                f"{len(orphans)} (within {1000 * max(orphans, default=0.0):.0f} ms)",
                max(orphans, default=0) < SAVING,
            ),
        ]

    @staticmethod
    def _times(what: str, seconds: Sequence[float], most: float) -> list[tuple[str, str, bool]]:
        if not seconds:
            return []
        slowest = percentile(seconds, 0.99)
        figure = f"{percentile(seconds, 0.5):.2f} / {slowest:.2f} s of {len(seconds)}"
        return [(what, figure, slowest <= most)]


SAVING = 1.0
"""Seconds in which something received may still be on its way to the disk of a busy machine."""
TAKEN_OVER = 40
"""Seconds: a process that hangs is found after thirty."""
GOING_ON = 10
"""Seconds: whoever failed twice waits four."""
TAIL = 0.5
"""Seconds for which servers still read what a killed process had sent."""


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
