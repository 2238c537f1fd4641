"""`python -m tests.chaos --rounds 200`: kill the bot that often and print what came of it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.rounds import run_chaos


def main() -> int:
    """0 when everything is as required, else 1."""
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="repeat the plans of an earlier run")
    # a killed client is no news here
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="rakurs-chaos-") as folder:
        ledger = asyncio.run(
            run_chaos(
                Path(folder),
                rounds=asked.rounds,
                seed=seed,
                tell=lambda line: print(line, file=sys.stderr, flush=True),
            )
        )
    rows = ledger.table()
    width = max(len(what) for what, _, _ in rows)
    for what, figure, fine in rows:
        print(f"{what:<{width}}  {figure}{'' if fine else '  NOT AS REQUIRED'}")
    return 0 if all(fine for _, _, fine in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
