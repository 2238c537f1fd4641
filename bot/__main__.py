"""The command line: `rakurs …` and `python -m bot …`."""

from __future__ import annotations

import sys

import typer

from bot.cli.check import check
from bot.cli.data import db, jobs
from bot.cli.draw import draw
from bot.cli.parse import parse
from bot.cli.run import health, run
from bot.cli.sandbox import sandbox
from bot.cli.simulate import simulate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One car from every angle.",
)
app.command()(draw)
app.command()(parse)
app.command()(run)
app.command()(check)
app.command()(health)
app.command()(sandbox)
app.command()(simulate)
app.command()(jobs)
app.add_typer(db, name="db")


def main() -> None:
    """Run the command line; everything is written as UTF-8, wherever it goes."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()


if __name__ == "__main__":
    main()
