"""`rakurs check`: do the configured providers draw what they should? Scores from real albums."""

from __future__ import annotations

import asyncio
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.complain import NOTHING, complaints
from bot.cli.screen import Screen
from bot.config import Settings, load_settings
from bot.logs import configure_logs
from bot.pipeline.angles import parse_angles
from bot.pipeline.check import CheckCase, Scores, cases, score

if TYPE_CHECKING:
    from bot.app import House
    from bot.pipeline.folder import AlbumFacts

_FULL = 100.0


class Level(StrEnum):
    MINIMAL = "minimal"
    QUICK = "quick"
    FULL = "full"


def check(
    level: Annotated[Level, typer.Argument(help="1 picture, 2 pictures, or five cars.")] = Level.MINIMAL,
    out: Annotated[Path | None, typer.Option(help="Keep the albums in this folder.")] = None,
) -> None:
    """Draw the test cars with the configured providers and score them."""
    with complaints():
        settings = load_settings()
        configure_logs(style=settings.rakurs_log, level="WARNING", secrets=settings.secrets)
        with tempfile.TemporaryDirectory(prefix="rakurs-check-") as spare:
            folder = out or Path(spare)
            with Screen(quiet=True) as screen:
                perfect = asyncio.run(_check(settings, level, folder, screen))
        if not perfect:
            raise typer.Exit(NOTHING)


async def _check(settings: Settings, level: Level, folder: Path, screen: Screen) -> bool:
    # here and not above: the other commands need nothing that draws
    from bot.app import open_house  # noqa: PLC0415
    from bot.library import DATABASE  # noqa: PLC0415

    perfect = True
    async with open_house(settings, progress=screen, database=DATABASE) as house:
        typer.echo(f"Providers: {', '.join(provider.name for provider in house.providers)}")
        for number, case in enumerate(cases(level.value), 1):
            facts, scores = await _one(house, case, folder / f"{number}")
            _print(case, facts, scores)
            perfect = perfect and scores.total == _FULL
    return perfect


async def _one(house: House, case: CheckCase, folder: Path) -> tuple[AlbumFacts | None, Scores]:
    from bot.library import draw_album  # noqa: PLC0415 - as above

    reading = house.understanding.understand(case.description)
    if reading.spec is None:
        return None, Scores(consistency=0, relevance=0, logos=0, total=0)
    drawn = await draw_album(house, reading.spec, parse_angles(",".join(case.angles)), folder)
    brands = [brand.name for brand in house.gazetteer.brands]
    return drawn.facts, score(drawn.facts, folder, brands, case=case)


def _print(case: CheckCase, facts: AlbumFacts | None, scores: Scores) -> None:
    typer.echo("")
    typer.echo(f"{case.description}: {', '.join(case.angles)}")
    if facts is not None:
        seeds = ", ".join(str(image["seed"]) for image in facts["images"])
        typer.echo(f"  session {facts['session_id']}  provider {facts['provider']}  {facts['seconds']:.1f} s")
        typer.echo(f"  seeds {seeds or 'none'}")
        for missing in facts["missing"]:
            typer.echo(f"  missing {missing['angle']} ({missing['kind']})")
    typer.echo(
        f"  consistency {scores.consistency:g}  relevance {scores.relevance:g}  logos {scores.logos:g}"
        f"  total {scores.total:g}"
    )
