"""What do admins see of the process itself? /health; for everybody else it does not exist."""

from __future__ import annotations

import html
from dataclasses import dataclass

from bot.handlers.ports import Glance
from bot.handlers.speaker import Speaker
from bot.handlers.texts import Words
from bot.handlers.visits import Visit
from bot.pipeline.figures import Inside, JobRun
from bot.pipeline.ports import Clock

_LITTLE = 2**30
"""Bytes of room below which it is said with a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One message. Is called for admins alone."""

    speaker: Speaker
    glance: Glance
    clock: Clock

    async def __call__(self, visit: Visit) -> None:
        inside = await self.glance.inside()
        text = as_text(inside, self.clock.now(), visit.words)
        await self.speaker.say(visit.chat, text, thread=visit.thread)


def as_text(inside: Inside, now: float, words: Words) -> str:
    """Most important first; what is wrong carries a mark."""
    lines = [words.t("<b>Up for {time}</b>", time=_time(inside.up, words)), *_waiting(inside, words)]
    for name, left in (*inside.providers, *inside.sources):
        lines.append(
            words.t("⛔ {name}: not asked for {seconds} s", name=name, seconds=f"{left:.0f}")
            if left > 0
            else words.t("✅ {name}", name=name)
        )
    lines += ["", *_room(inside, words), "", *(_job(run, now, words) for run in _worst_first(inside.jobs))]
    lines += ["", " · ".join(html.escape(f"{name} {which}", quote=False) for name, which in inside.versions)]
    return "\n".join(lines)


def _waiting(inside: Inside, words: Words) -> list[str]:
    return [
        words.t(
            "Waiting: albums {albums}, updates {updates}, messages {messages}",
            albums=inside.albums,
            updates=inside.updates,
            messages=inside.messages,
        ),
        words.t("Event loop late by {milliseconds} ms (p99)", milliseconds=f"{1000 * inside.lag_p99:.0f}"),
        "",
    ]


def _room(inside: Inside, words: Words) -> list[str]:
    mark = "⚠️ " if inside.disk_free < _LITTLE else ""
    lines = [words.t("{mark}Room on the disk: {size}", mark=mark, size=_size(inside.disk_free))]
    if inside.database is not None:
        lines.append(words.t("Database: {size}", size=_size(inside.database)))
    return lines


def _worst_first(jobs: tuple[JobRun, ...]) -> list[JobRun]:
    return sorted(jobs, key=lambda run: (run.outcome == "ok", run.name))


def _job(run: JobRun, now: float, words: Words) -> str:
    if run.started is None:
        return words.t("⏳ {job}: never", job=run.name)
    mark = {"ok": "✅", "running": "⏳"}.get(run.outcome, "⛔")
    return words.t("{mark} {job}: {time} ago", mark=mark, job=run.name, time=_time(now - run.started, words))


def _time(seconds: float, words: Words) -> str:
    """Two units at most: 3 d 2 h, 2 h 5 min, 4 min."""
    minutes = int(max(0.0, seconds) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return words.t("{days} d {hours} h", days=days, hours=hours)
    if hours:
        return words.t("{hours} h {minutes} min", hours=hours, minutes=minutes % 60)
    return words.t("{minutes} min", minutes=minutes)


def _size(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1024:.0f} KiB"
