"""`make fuzz`: 100,000 generated updates and descriptions; a failing batch is repeated by its seed."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.proofs.fuzz.batch import BATCH, Found, Piece, quiet, try_batch


def main(words: Sequence[str] | None = None) -> int:
    """0 when nothing broke, else 1 with the seeds."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--updates", type=int, default=50_000)
    parser.add_argument("--descriptions", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=None, help="of the first batch of each")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="batches at once")
    asked = parser.parse_args(words)
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    pieces = [
        (name, first + start // BATCH, min(BATCH, count - start))
        for name, count in (("descriptions", asked.descriptions), ("updates", asked.updates))
        for start in range(0, count, BATCH)
    ]
    wrong: list[str] = []
    done: Counter[str] = Counter()
    began = time.monotonic()
    for (name, _, size), found in zip(pieces, _tried(pieces, asked.processes), strict=True):
        wrong += found.wrong
        print(*found.wrong, sep="\n", end="\n" if found.wrong else "", flush=True)
        done[name] += size
        if done[name] == vars(asked)[name]:
            print(
                f"{done[name]} {name} done after {time.monotonic() - began:.0f} s from seed {first}",
                flush=True,
            )
    print("nothing broke" if not wrong else f"{len(wrong)} findings")
    return 1 if wrong else 0


def _tried(pieces: Sequence[Piece], processes: int) -> Iterator[Found]:
    """What was found in each, in their order."""
    if processes == 1:
        yield from map(try_batch, pieces)
        return
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=fresh, initializer=quiet) as pool:
        yield from pool.map(try_batch, pieces)


if __name__ == "__main__":
    quiet()
    sys.exit(main())
