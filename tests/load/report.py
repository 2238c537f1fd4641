"""What came of it? The requirements, counted from what was seen from outside."""

from __future__ import annotations

import re
import statistics
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from tests.load.crowd import Seen
from tests.load.servers import CrowdPictures, CrowdTelegram, Sent

MIB = 2**20
Row = tuple[str, str, bool]
ALBUMS = {"sendMediaGroup", "sendPhoto"}
PER_SECOND = 30
SPAN = 5
"""Seconds over which Telegram's rate is judged."""
UPLOADS = 14


def table(seen: Seen, api: CrowdTelegram, pictures: CrowdPictures) -> list[Row]:
    """(what, figure, whether it is as required)."""
    albums = Counter(sent.chat for sent in api.sent if sent.method in ALBUMS)
    first = {sent.chat: sent.at for sent in reversed(api.sent) if sent.method in ALBUMS}
    lost = [chat for chat in seen.asked if not albums[chat]]
    waited = sorted(first[chat] - at for chat, at in seen.asked.items() if chat in first)
    wall = max(first.values(), default=0.0) - seen.began
    helped = sorted(seconds for _, seconds in seen.helped)
    peak = max((size for _, size in seen.memory), default=0)
    twice = sum(count - 1 for count in pictures.given.values())
    hedged = sum("picture.hedged" in line for line in seen.log)
    return [
        ("people who wrote", str(len(seen.asked)), len(seen.asked) == seen.plan.people),
        ("lost", str(len(lost)), not lost),
        (
            "albums sent twice",
            str(sum(count > 1 for count in albums.values())),
            max(albums.values(), default=0) < 2,
        ),
        ("pictures bought twice, of them raced", f"{twice}, {hedged}", twice <= hedged),
        (
            "/help answered, worst",
            f"{helped[-1] * 1000:.0f} ms of {len(helped)}" if helped else "-",
            bool(helped) and helped[-1] < 1,
        ),
        ("/help answered, median", f"{statistics.median(helped) * 1000:.0f} ms" if helped else "-", True),
        ("an update waited for the disk, most", f"{seen.stored * 1000:.0f} ms", True),
        ("memory with children, most", f"{peak / MIB:.0f} MiB", peak < 600 * MIB),
        ("memory before", f"{seen.memory[0][1] / MIB:.0f} MiB" if seen.memory else "-", True),
        ("event loop late, p99", _late(seen.lag, 0.99), _at_most(seen.lag, 0.99) <= 0.1),
        ("event loop late, p50", _late(seen.lag, 0.5), True),
        # a busy machine bunches what it received: one second is told, the rate of several is judged
        ("most counted in one second", str(_most_in(api.sent, 1.0)), True),
        (
            f"most counted in {SPAN} seconds, a second",
            f"{_most_in(api.sent, SPAN) / SPAN:.1f}",
            _most_in(api.sent, SPAN) <= PER_SECOND * SPAN,
        ),
        ("most uploads at once", str(api.most_uploads), api.most_uploads <= UPLOADS),
        ("chats above one a second", str(_hasty(api.sent)), not _hasty(api.sent)),
        ("all albums after", f"{wall:.1f} s", len(first) == len(seen.asked)),
        ("floor by Telegram, albums alone", f"{seen.plan.people * seen.plan.views / PER_SECOND:.1f} s", True),
        (
            "floor by Telegram, with all words",
            f"{sum(sent.weight for sent in api.sent if not sent.method.startswith('edit')) / PER_SECOND:.1f} s",
            True,
        ),
        (
            "one person waited, median / most",
            f"{statistics.median(waited):.1f} / {waited[-1]:.1f} s" if waited else "-",
            True,
        ),
        ("pictures at once, most", str(pictures.most_at_once), True),
        ("time left told, median error", _told_error(api.sent, first, whole=False), True),
        ("the same of what was told first", _told_error(api.sent, first, whole=True), True),
        ("pictures that failed, by kind", _failures(seen.log), True),
        ("edits", str(sum(sent.method.startswith("edit") for sent in api.sent)), True),
        ("CPU of the bot", f"{seen.cpu:.1f} s", True),
    ]


def _at_most(lag: Sequence[tuple[float, float]], share: float) -> float:
    """The upper bound of the bucket in which that share is reached."""
    total = lag[-1][1] if lag else 0.0
    return next((bound for bound, count in lag if total and count >= share * total), float("inf"))


def _late(lag: Sequence[tuple[float, float]], share: float) -> str:
    return f"at most {_at_most(lag, share) * 1000:.0f} ms"


def _most_in(sent: Iterable[Sent], seconds: float) -> int:
    """The most that was counted within any span of so many seconds."""
    inside: deque[Sent] = deque()
    weight = most = 0
    for one in sent:
        inside.append(one)
        weight += one.weight
        while inside[0].at <= one.at - seconds:
            weight -= inside.popleft().weight
        most = max(most, weight)
    return most


def _hasty(sent: Iterable[Sent]) -> int:
    """Chats with more than a short burst beyond one message a second, an album counted by its pictures."""
    chats: dict[str, list[Sent]] = {}
    for one in sent:
        chats.setdefault(one.chat, []).append(one)
    return sum(_is_hasty(mine) for mine in chats.values())


def _is_hasty(mine: Sequence[Sent]) -> bool:
    """A burst of an album with its words is borne; then one a second."""
    allowed, at = 14.0, mine[0].at
    for one in mine:
        allowed, at = min(14.0, allowed + one.at - at) - one.weight, one.at
        if allowed < 0:
            return True
    return False


_KIND = re.compile(r"kind=.?\[?\d*m?(\w+)")
_LEFT = re.compile(r"About (\d+) (minute|second)")


def _told_error(sent: Sequence[Sent], first: Mapping[str, float], *, whole: bool) -> str:
    """Seconds between what people were told and what became of it; `whole`: only of the first message."""
    errors, shares = [], []
    for one in sent:
        found = _LEFT.search(one.text)
        if found is None or one.chat not in first or (whole and one.method != "sendMessage"):
            continue
        # minutes are rounded up
        told = int(found[1]) * 60 - 30 if found[2] == "minute" else int(found[1])
        actual = first[one.chat] - one.at
        errors.append(abs(told - actual))
        shares.append(abs(told - actual) / max(actual, 1.0))
    if not errors:
        return "-"
    return f"{statistics.median(errors):.1f} s, {statistics.median(shares):.0%}, of {len(errors)}"


def _failures(log: Iterable[str]) -> str:
    found = [_KIND.search(line) for line in log if "picture.failed" in line]
    kinds = Counter(one[1] for one in found if one)
    return ", ".join(f"{kind} {count}" for kind, count in kinds.items()) or "-"
