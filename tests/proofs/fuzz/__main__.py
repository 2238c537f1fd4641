"""`make fuzz`: 100,000 generated updates and descriptions; a failing batch is repeated by its seed."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
from collections.abc import Sequence

from tests.proofs.fuzz.run import BATCH, Found, handle_updates, read_descriptions


def main(words: Sequence[str] | None = None) -> int:
    """0 when nothing broke, else 1 with the seeds."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--updates", type=int, default=50_000)
    parser.add_argument("--descriptions", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=None, help="of the first batch of each")
    asked = parser.parse_args(words)
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    wrong: list[str] = []
    for name, count in (("descriptions", asked.descriptions), ("updates", asked.updates)):
        done = 0
        seconds = 0.0
        while done < count:
            size, seed = min(BATCH, count - done), first + done // BATCH
            found = _batch(name, seed, size)
            wrong += found.wrong
            done, seconds = done + size, seconds + found.seconds
            print(*found.wrong, sep="\n", end="\n" if found.wrong else "")
        print(f"{done} {name} in {seconds:.0f} s from seed {first}")
    print("nothing broke" if not wrong else f"{len(wrong)} findings")
    return 1 if wrong else 0


def _batch(name: str, seed: int, size: int) -> Found:
    if name == "descriptions":
        return read_descriptions(seed, size)
    return asyncio.run(handle_updates(seed, size))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.exit(main())
