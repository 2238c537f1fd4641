"""`make bench`: every performance figure as one table, measured side by side in this run."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from tests.bench import sets, studio, updates, words
from tests.bench.figure import table


def main() -> None:
    """Print the tables; names on the command line (words, sets, studio, updates) choose some of them."""
    chosen = set(sys.argv[1:]) or {"words", "sets", "studio", "updates"}
    console = Console(width=120)
    if "words" in chosen:
        console.print(words.table())
    if "sets" in chosen:
        console.print(asyncio.run(sets.table()))
    if "studio" in chosen:
        console.print(asyncio.run(studio.table()))
    if "updates" in chosen:
        figures = asyncio.run(updates.figures(updates.Size()))
        console.print(table(figures, title="Updates"))


if __name__ == "__main__":
    main()
