"""What do operators see? /stats as a picture with a table, /stats csv as a file."""

from __future__ import annotations

import asyncio
import csv
import html
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from bot.handlers.numbers import money, seconds, share, short
from bot.handlers.ports import Glance, StatsSource
from bot.handlers.speaker import Speaker
from bot.handlers.stats_picture import BOUNDS, Glimpse, stats_picture
from bot.handlers.texts import N_, Markup, Words
from bot.handlers.visits import Visit
from bot.pipeline.figures import Figures, Inside
from bot.pipeline.ports import Clock

_HOUR, _DAY = 3_600.0, 86_400.0
SPANS: tuple[tuple[str, float | None], ...] = (
    (N_("1 h"), _HOUR),
    (N_("24 h"), _DAY),
    (N_("7 d"), 7 * _DAY),
    (N_("all"), None),
)
_COLUMN = 5
ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    (N_("complete"), lambda one: short(one.complete)),
    (N_("partial"), lambda one: short(one.partial)),
    (N_("failed"), lambda one: short(one.failed)),
    (N_("stopped"), lambda one: short(one.cancelled)),
    (N_("unsure"), lambda one: short(one.unknown_deliveries)),
    (N_("pictures"), lambda one: short(one.pictures)),
    (N_("first try"), lambda one: share(one.first_attempt)),
    (N_("fallback"), lambda one: share(one.fallback)),
    (N_("1st p50 s"), lambda one: seconds(one.first_picture_p50)),
    (N_("1st p95 s"), lambda one: seconds(one.first_picture_p95)),
    (N_("all p50 s"), lambda one: seconds(one.album_p50)),
    (N_("all p95 s"), lambda one: seconds(one.album_p95)),
    (N_("paid $"), lambda one: money(one.paid)),
    (N_("an album $"), lambda one: "–" if one.cost_per_album is None else money(one.cost_per_album)),
    (N_("wasted $"), lambda one: money(one.not_delivered)),
    (N_("people"), lambda one: short(one.users)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Is called for admins alone."""

    speaker: Speaker
    source: StatsSource
    glance: Glance
    clock: Clock

    async def __call__(self, visit: Visit) -> None:
        now = self.clock.now()
        table = await self._table(now)
        if visit.text.partition(" ")[2].strip().lower() == "csv":
            await self.speaker.file(visit.chat, as_csv(table), "rakurs-stats.csv")
            return
        hours, days, waits, inside = await asyncio.gather(
            self.source.trend(now - now % _HOUR - 23 * _HOUR, width=_HOUR, slots=24),
            self.source.trend(now - now % _DAY - 6 * _DAY, width=_DAY, slots=7),
            self.source.waits(now - 7 * _DAY, BOUNDS),
            self.glance.inside(),
        )
        seen = Glimpse(now=now, day=table[1][1], week=table[2][1], hours=hours, days=days, waits=waits)
        picture = await asyncio.to_thread(stats_picture, seen, visit.words)
        await self.speaker.photo(visit.chat, picture, as_text(table, inside, visit.words))

    async def _table(self, now: float) -> list[tuple[str, Figures]]:
        """One span after the other: each asks several questions at once already."""
        moments = [(name, None if span is None else now - span) for name, span in SPANS]
        return [(name, await self.source.figures(moment)) for name, moment in moments]


def as_text(table: Sequence[tuple[str, Figures]], inside: Inside, words: Words) -> str:
    """A caption: one column a span in letters of one width, and how things are now."""
    names = [words.t(name) for name, _ in ROWS]
    wide = max(len(name) for name in names)
    lines = [" " * wide + "".join(words.t(name).rjust(_COLUMN) for name, _ in table)]
    for label, (_, cell) in zip(names, ROWS, strict=True):
        lines.append(label.ljust(wide) + "".join(cell(one).rjust(_COLUMN) for _, one in table))
    grid = html.escape("\n".join(lines), quote=False)
    return words.t("<pre>{table}</pre>{now}", table=Markup(grid), now=Markup("\n".join(_now(inside, words))))


def _now(inside: Inside, words: Words) -> list[str]:
    waiting = words.t(
        "Waiting: albums {albums}, updates {updates}, messages {messages}",
        albums=inside.albums,
        updates=inside.updates,
        messages=inside.messages,
    )
    lines = [waiting]
    shut = [(name, left) for name, left in (*inside.providers, *inside.sources) if left > 0]
    lines += [
        words.t("Not asked: {name}, for {seconds} s", name=name, seconds=f"{left:.0f}")
        for name, left in shut[:4]
    ]
    searches = dict(inside.searches)
    known = searches.get("hit", 0) + searches.get("joined", 0)
    asked = known + searches.get("miss", 0) + searches.get("failed", 0)
    if asked:
        lines.append(words.t("Searches from memory: {known} of {asked}", known=known, asked=asked))
    if reused := sum(count for _, count in inside.reused):
        lines.append(words.t("Pictures reused: {count}", count=reused))
    lines.append(" · ".join(html.escape(f"{name} {which}", quote=False) for name, which in inside.versions))
    return lines


def as_csv(table: Sequence[tuple[str, Figures]]) -> bytes:
    """One line a span, in UTF-8."""
    out = io.StringIO()
    rows = [{"span": name, **asdict(figures)} for name, figures in table]
    for row, (_, figures) in zip(rows, table, strict=True):
        row["costs"] = " ".join(f"{provider}={cost:.4f}" for provider, cost in figures.costs)
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
