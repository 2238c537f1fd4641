"""What is one batch, and what was found in it? A batch is repeated by its seed alone."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass, field

from bot.pipeline.errors import BadDescription
from bot.pipeline.model import ReadingKind
from tests.proofs.fuzz.descriptions import description
from tests.reading import RULES

BATCH = 1000
"""Descriptions, or updates that one application gets."""
Piece = tuple[str, int, int]
"""Descriptions or updates, the batch's seed and its size."""


@dataclass(slots=True)
class Found:
    """`wrong` are sentences, each with the seed that repeats it."""

    calls: int = 0
    wrong: list[str] = field(default_factory=list)


def quiet() -> None:
    """Nobody reads the log of so many; what is wrong is found without it."""
    logging.disable(logging.CRITICAL)


def try_batch(piece: Piece) -> Found:
    """In whichever process: batches know nothing of each other."""
    name, seed, size = piece
    if name == "descriptions":
        return read_descriptions(seed, size)
    # here and not above: the Bot API's description takes seconds to load, and only updates need it
    from tests.proofs.fuzz.talk import handle_updates  # noqa: PLC0415

    return asyncio.run(handle_updates(seed, size))


def read_descriptions(seed: int, count: int) -> Found:
    """Descriptions through the understanding alone."""
    dice, found = random.Random(seed), Found()
    for number in range(count):
        text = description(dice)
        try:
            reading = RULES.understand(text)
        except BadDescription:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            found.wrong.append(f"seed {seed}, description {number}: {error!r}")
            continue
        if reading.kind is ReadingKind.CAR and reading.spec is None:
            found.wrong.append(f"seed {seed}, description {number}: a car without a spec")
    return found
