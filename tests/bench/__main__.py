"""`make bench`: every performance figure as one table with its floor, measured side by side in this run."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from rich.console import Console

from bot.logs import configure_logs
from tests.bench import albums, foretold, house, research, sets, studio, updates, words
from tests.bench.figure import Figure, table
from tests.bench.machine import machine

PARTS: Mapping[str, Callable[..., Awaitable[list[Figure]]]] = {
    "words": words.figures,
    "research": research.figures,
    "sets": sets.figures,
    "studio": studio.figures,
    "updates": updates.figures,
    "albums": albums.figures,
    "house": house.figures,
    "foretold": foretold.figures,
}


async def measure(parts: Sequence[str], *, short: bool, tell: Callable[[str], None]) -> list[Figure]:
    """One part after the other, so that none disturbs another."""
    found: list[Figure] = []
    for name in parts:
        tell(name)
        found += await PARTS[name](short=short)
    return found


def main(words: Sequence[str] | None = None) -> None:
    """Print the table, or JSON; what is not within its bounds is marked, and no error: machines differ."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"any of {', '.join(PARTS)}; all without one"
    )
    parser.add_argument("--json", action="store_true", help="only JSON on standard output")
    parser.add_argument("--short", action="store_true", help="tiny sizes: whether it runs, not how fast")
    asked = parser.parse_args(words)
    chosen = [part for part in ",".join(asked.parts).split(",") if part] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    head = machine()
    configure_logs(style="console", level="ERROR")
    screen = Console(stderr=True)
    with screen.status("measuring") as status:
        found = asyncio.run(
            measure(chosen, short=asked.short, tell=lambda part: status.update(f"measuring {part}"))
        )
    if asked.json:
        json.dump({"machine": head, "figures": [one.facts() for one in found]}, sys.stdout, indent=2)
        print()
    else:
        Console(width=150).print(
            table(found, title="\n".join(f"{name}: {value}" for name, value in head.items()))
        )


if __name__ == "__main__":
    main()
