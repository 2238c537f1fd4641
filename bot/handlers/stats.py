"""What do operators see? /stats as compact text with a chart, /stats csv as a file."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import asdict, dataclass

from telegram import Update
from telegram.ext import CallbackContext

from bot.handlers.ports import StatsSource
from bot.handlers.speaker import Speaker
from bot.handlers.start import Small
from bot.handlers.stats_picture import stats_picture
from bot.handlers.texts import N_, Words
from bot.handlers.visits import Desk
from bot.pipeline.figures import Figures
from bot.pipeline.ports import Clock

SPANS: tuple[tuple[str, float | None], ...] = (
    (N_("1 hour"), 3600),
    (N_("24 hours"), 86_400),
    (N_("7 days"), 7 * 86_400),
    (N_("all time"), None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """For everybody but admins this command does not exist."""

    desk: Desk
    speaker: Speaker
    source: StatsSource
    small: Small
    clock: Clock

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        visit = await self.desk.visit(update)
        if visit is None:
            return
        if not visit.admin:
            if not visit.group:
                await self.small.unknown(visit)
            return
        now = self.clock.now()
        table = [
            (name, await self.source.figures(None if span is None else now - span)) for name, span in SPANS
        ]
        if visit.text.partition(" ")[2].strip().lower() == "csv":
            await self.speaker.file(visit.chat, as_csv(table), "rakurs-stats.csv")
            return
        labelled = [(visit.words.t(name), figures) for name, figures in table]
        picture = await asyncio.to_thread(stats_picture, labelled, visit.words)
        await self.speaker.photo(
            visit.chat, picture, "\n\n".join(_block(*row, visit.words) for row in labelled)
        )


def as_csv(table: list[tuple[str, Figures]]) -> bytes:
    """One line a span, in UTF-8."""
    out = io.StringIO()
    rows = [{"span": name, **asdict(figures)} for name, figures in table]
    for row, (_, figures) in zip(rows, table, strict=True):
        row["costs"] = " ".join(f"{provider}={cost:.4f}" for provider, cost in figures.costs)
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _block(name: str, figures: Figures, words: Words) -> str:
    seconds = [_seconds(value, words) for value in (figures.album_p50, figures.album_p95)]
    lines = [
        words.t("<b>{span}</b>", span=name),
        words.t(
            "{complete} ✅ · {partial} partial · {failed} ✖ · {pictures} pictures",
            complete=figures.complete,
            partial=figures.partial,
            failed=figures.failed,
            pictures=figures.pictures,
        ),
        words.t(
            "album p50 {p50}, p95 {p95} · people {users}", p50=seconds[0], p95=seconds[1], users=figures.users
        ),
    ]
    if figures.costs:
        lines.append(
            ", ".join(words.t("{name} ${cost}", name=n, cost=f"{c:.2f}") for n, c in figures.costs[:4])
        )
    return "\n".join(lines)


def _seconds(value: float | None, words: Words) -> str:
    return "–" if value is None else words.t("{seconds} s", seconds=f"{value:.1f}")
