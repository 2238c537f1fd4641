"""`python -m tests.chaos --rounds 200`: kill the bot that often and print what came of it.

With `--fleet`, two workers on one Postgres, of which one dies in every round; with `--restarts` it is the
Postgres that is restarted.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos.fleet import run_fleet
from tests.chaos.report import Ledger
from tests.chaos.restarts import run_restarts
from tests.chaos.rounds import run_chaos
from tests.fakes.postgres import create_database, running_postgres, running_server

NO_SERVER = "no Postgres server is installed here (package postgresql)"


def main() -> int:
    """0 when everything is as required, else 1."""
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--fleet", action="store_true", help="two workers on one Postgres")
    parser.add_argument("--polling", action="store_true", help="with --fleet: no webhook, one of them polls")
    parser.add_argument("--restarts", action="store_true", help="two workers whose Postgres is restarted")
    parser.add_argument("--seed", type=int, default=None, help="repeat the plans of an earlier run")
    # a killed client is no news here
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="rakurs-chaos-") as folder:
        run: Callable[..., Coroutine[Any, Any, Ledger]] = run_chaos
        if asked.fleet:
            run = partial(_fleet, polling=asked.polling)
        elif asked.restarts:
            run = _restarts
        ledger = asyncio.run(run(Path(folder), rounds=asked.rounds, seed=seed, tell=_tell))
    rows = ledger.table()
    width = max(len(what) for what, _, _ in rows)
    for what, figure, fine in rows:
        print(f"{what:<{width}}  {figure}{'' if fine else '  NOT AS REQUIRED'}")
    return 0 if all(fine for _, _, fine in rows) else 1


async def _fleet(
    folder: Path, *, rounds: int, seed: int, polling: bool, tell: Callable[[str], None]
) -> Ledger:
    with running_postgres() as address:
        url = create_database(address or sys.exit(NO_SERVER), "chaos")
        return await run_fleet(folder, url, rounds=rounds, seed=seed, polling=polling, tell=tell)


async def _restarts(folder: Path, *, rounds: int, seed: int, tell: Callable[[str], None]) -> Ledger:
    with running_server() as server:
        return await run_restarts(folder, server or sys.exit(NO_SERVER), rounds=rounds, seed=seed, tell=tell)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
