"""The command line: `rakurs …` and `python -m bot …`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

_MODULES = {
    "draw": "bot.cli.draw",
    "parse": "bot.cli.parse",
    "run": "bot.cli.run",
    "check": "bot.cli.check",
    "health": "bot.cli.run",
    "sandbox": "bot.cli.sandbox",
    "simulate": "bot.cli.simulate",
    "jobs": "bot.cli.data",
    "db": "bot.cli.data",
}
"""Where each command is; it has its own name there."""


def commands(names: Iterable[str] = _MODULES) -> typer.Typer:
    """The command line with those commands: one is loaded without the others in half the time."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="One car from every angle.",
        # one command alone would take the place of the whole
        callback=lambda: None,
    )
    for name in names:
        found = getattr(import_module(_MODULES[name]), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command()(found)
    return app


def main() -> None:
    """Run the command line; everything is written as UTF-8, wherever it goes."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    commands([name for name in sys.argv[1:2] if name in _MODULES] or _MODULES)()


if __name__ == "__main__":
    main()
