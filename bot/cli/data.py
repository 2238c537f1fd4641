"""`rakurs db …` and `rakurs jobs`: what an operator does with the stored data."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.complain import NOTHING, complaints, stop
from bot.config import load_settings

if TYPE_CHECKING:
    from storage.jobs import JobState

db = typer.Typer(no_args_is_help=True, help="The database: upgrade, backup, check.")


@db.command()
def upgrade() -> None:
    """Bring the database to this version's schema."""
    # here and not above: only these commands need the database
    from storage import maintenance  # noqa: PLC0415

    with complaints():
        before, now = maintenance.upgrade(load_settings().database)
        typer.echo(f"schema {now}" if before == now else f"schema {before or 'none'} → {now}")


@db.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where the copy goes; again into the same is faster.")],
) -> None:
    """Copy database and pictures while the bot may run."""
    from storage import maintenance  # noqa: PLC0415 - as above

    with complaints():
        settings = load_settings()
        done = maintenance.backup(settings.database, media_dir=settings.media_dir, target=folder)
        typer.echo(f"{done.database}: {done.size} bytes; pictures copied {done.copied}, known {done.known}")


@db.command()
def check() -> None:
    """Read everything that is stored and compare; changes nothing."""
    from storage import maintenance  # noqa: PLC0415 - as above

    with complaints():
        settings = load_settings()
        found = maintenance.check(settings.database, media_dir=settings.media_dir)
        typer.echo(f"schema {found.revision or 'none'} (newest {found.newest})")
        for table, rows in found.rows.items():
            typer.echo(f"{table:16} {rows}")
        for kind in ("faults", "missing", "damaged", "orphans"):
            for line in getattr(found, kind):
                typer.echo(f"{kind}: {line}")
        if found.sqlite is not None:
            typer.echo(
                f"SQLite {found.sqlite} can damage its file in rare moments; 3.51.3, 3.50.7 and 3.44.6 do not"
            )
        if not found.sound:
            stop("Not sound: see above.", NOTHING)
        typer.echo("sound")


def jobs() -> None:
    """List every scheduled job: its schedule, last run and result."""
    with complaints():
        settings = load_settings()
        for state in asyncio.run(_listing(settings.database, settings.media_dir)):
            typer.echo(_line(state))


async def _listing(database: str, media: Path) -> tuple[JobState, ...]:
    from storage import open_storage  # noqa: PLC0415 - as above
    from storage.jobs import Jobs  # noqa: PLC0415 - as above

    async with open_storage(database, media_dir=media) as storage:
        return await Jobs(storage=storage, clock=time.time).listing()


def _line(state: JobState) -> str:
    last = datetime.fromtimestamp(state.started, UTC).strftime("%Y-%m-%d %H:%M") if state.started else "never"
    facts = ", ".join(f"{name} {value}" for name, value in (state.facts or {}).items())
    return f"{state.name:16} every {state.every / 3600:4.0f} h  last {last:16}  {state.outcome:8} {facts}".rstrip()
