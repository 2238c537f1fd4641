"""`python -m tests.load`: a thousand people within a minute, and what came of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.load.crowd import Plan
from tests.load.run import run_load


def main() -> int:
    """0 when everything is as required, else 1."""
    parser = argparse.ArgumentParser(prog="load")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--within", type=float, default=60, help="seconds in which all of them write")
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5, help="a picture")
    parser.add_argument("--set", action="append", default=[], help="NAME=value for the bot's environment")
    asked = parser.parse_args()
    plan = Plan(people=asked.people, within=asked.within, views=asked.views)
    settings = {"OPENAI_IMAGE_CONCURRENCY": "160"} | dict(pair.split("=", 1) for pair in asked.set)
    with tempfile.TemporaryDirectory(prefix="rakurs-load-") as folder:
        rows = asyncio.run(run_load(Path(folder), plan=plan, seconds=asked.seconds, **settings))
    width = max(len(what) for what, _, _ in rows)
    for what, figure, fine in rows:
        print(f"{what:<{width}}  {figure}{'' if fine else '  NOT AS REQUIRED'}")
    return 0 if all(fine for _, _, fine in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
