"""The command line: `rakurs …` and `python -m bot …`."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="One car from every angle.")


@app.callback()
def root() -> None:
    """One car from every angle."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
