"""`make bench`: every performance figure as one table, measured side by side in this run."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from tests.bench import sets, studio


def main() -> None:
    """Print the tables; names on the command line choose some of them."""
    chosen = set(sys.argv[1:])
    console = Console(width=110)
    if not chosen or "sets" in chosen:
        console.print(asyncio.run(sets.table()))
    if not chosen or "studio" in chosen:
        console.print(asyncio.run(studio.table()))


if __name__ == "__main__":
    main()
