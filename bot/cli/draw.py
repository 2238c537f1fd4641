"""`rakurs draw`: one description, one folder with an album."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.complain import BAD_INPUT, PARTIAL, complaints, question, remarks, say, stop
from bot.cli.screen import Screen
from bot.config import Settings, load_settings
from bot.logs import configure_logs
from bot.pipeline.angles import ALBUM_LIMIT, parse_angles
from bot.pipeline.errors import TooManyAngles
from bot.pipeline.model import AngleName, CarSpec
from bot.words import Words, open_words

if TYPE_CHECKING:
    from bot.library import Drawn
    from bot.pipeline.folder import AlbumFacts

_WARNINGS = {
    "body_assumed": "nobody said which body, so one was chosen",
    "color_assumed": "nobody said which colour, so one was chosen",
    "nearest_color": "that colour is unknown; the nearest known one was taken",
}


def draw(
    description: Annotated[str, typer.Argument(help='A car, in any words: "red BMW X5 2021".')],
    angles: Annotated[
        str | None, typer.Option(help="Angles, separated by commas; English or Ukrainian words.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the album (default: ./CAR-…).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print album.json and nothing else.")] = False,
    spin: Annotated[bool, typer.Option("--spin", help="Also spin.mp4: the car turning once round.")] = False,
    frames: Annotated[int, typer.Option(help="Pictures of one turn.", min=4, max=120)] = 36,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log beside the bar.")] = False,
) -> None:
    """Draw one car from every angle."""
    with complaints():
        settings = load_settings()
        watched = sys.stderr.isatty() and not verbose
        level = "ERROR" if watched else settings.rakurs_log_level
        configure_logs(style=settings.rakurs_log, level=level, secrets=settings.secrets)
        words = open_words()
        spec, asked = _read(words, description, parse_angles(angles) if angles else ())
        with Screen(quiet=as_json) as screen:
            drawn = asyncio.run(_draw(settings, words, spec, asked, out, screen, frames if spin else None))
        facts = drawn.facts
        if as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        else:
            _print(facts)
        if drawn.failed is not None:
            raise drawn.failed
        if facts["missing"]:
            raise typer.Exit(PARTIAL)


def _read(
    words: Words, description: str, angles: tuple[AngleName, ...]
) -> tuple[CarSpec, tuple[AngleName, ...]]:
    """The one car that was described; ends with a question where there is none or more than one.

    Raises TooManyAngles: that is known before anything is opened.
    """
    reading = words.understanding.understand(description)
    asked = question(reading)
    if asked is not None or reading.spec is None:
        stop(asked or "Which car shall I draw?", BAD_INPUT)
    for line in remarks(reading):
        say(line)
    wanted = angles or reading.angles
    if len(wanted) > ALBUM_LIMIT:
        raise TooManyAngles(asked=len(wanted), limit=ALBUM_LIMIT)
    return reading.spec, wanted


async def _draw(
    settings: Settings,
    words: Words,
    spec: CarSpec,
    angles: tuple[AngleName, ...],
    out: Path | None,
    screen: Screen,
    frames: int | None,
) -> Drawn:
    # here and not above: bad input is answered before all that draws is loaded
    from bot.app import open_house  # noqa: PLC0415
    from bot.library import DATABASE, draw_album, draw_spin  # noqa: PLC0415

    async with open_house(settings, progress=screen, database=DATABASE, words=words) as house:
        drawn = await draw_album(house, spec, angles, out)
        if frames is not None:
            screen.note(f"{frames} pictures of one turn")
            folder = out or Path(drawn.facts["session_id"])
            await draw_spin(house, spec, drawn.facts, folder, frames)
    return drawn


def _print(facts: AlbumFacts) -> None:
    spec = facts["spec"]
    words = (spec["color"], spec["brand"], spec["model"], spec["year"], spec["body_type"])
    car = " ".join(str(word) for word in words if word)
    looks = [str(spec[name]) for name in ("finish", "condition", "background") if spec[name]]
    typer.echo(f"Car       {', '.join([car, *looks])}")
    typer.echo(f"Session   {facts['session_id']}")
    seeds = ", ".join(f"{image['angle']} {image['seed']}" for image in facts["images"])
    typer.echo(f"Seeds     {seeds or 'none'}")
    typer.echo(f"Provider  {facts['provider']}")
    typer.echo(f"Strength  {facts['strength']}")
    typer.echo(f"Seconds   {facts['seconds']:.1f}")
    _print_money(facts)
    if facts["paint_delta_e"] is not None:
        typer.echo(f"Paint     ΔE2000 of a*b* between views at most {facts['paint_delta_e']:g}")
    for image in facts["images"]:
        typer.echo(f"  {image['path']}")
        for warning in image["warnings"]:
            typer.echo(f"    note: {_WARNINGS.get(warning, warning)}")
    if "contact_sheet" in facts:
        typer.echo(f"  {facts['contact_sheet']}")
        typer.echo(f"  {Path(facts['contact_sheet']).with_name('album.json')}")
    if "spin" in facts:
        typer.echo(f"  {facts['spin']}")
    for missing in facts["missing"]:
        typer.echo(f"Missing   {missing['angle']} ({missing['kind']})")


def _print_money(facts: AlbumFacts) -> None:
    """Only where something was paid."""
    paid = [image["cost"] for image in facts["images"] if image["cost"]]
    if paid:
        each = f", {facts['cost'] / len(paid):.3f} a picture" if len(paid) > 1 else ""
        typer.echo(f"Cost      USD {facts['cost']:.3f}{each}")
    if facts["looks"]:
        typer.echo(f"          USD {facts['looks']:.4f} more for looks at the pictures")
    if facts["not_delivered"]:
        typer.echo(f"          USD {facts['not_delivered']:.3f} more for answers that were no picture")
    if facts["maybe_paid"]:
        typer.echo(f"          up to USD {facts['maybe_paid']:.3f} more for calls without an answer")
