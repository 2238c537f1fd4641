"""What does every place where rows lie offer? Pieces of work, each in a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
"""A piece of work in a transaction. It may run in another thread, and again after a first run of which
nothing stayed: it must not touch anything but its connection, and does not wait for anything else."""


class Place(Protocol):
    """Everything raises StorageError."""

    async def ask(self, work: Work[T]) -> T:
        """Run work of one statement, which is a snapshot by itself."""

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot."""

    async def write(self, work: Work[T], *, urgent: bool) -> T:
        """Run work and commit. What is `urgent` does not stand in line behind all that waits."""

    async def tidy(self) -> int:
        """Upkeep; how many pages of the log went into the file."""

    async def close(self) -> None:
        """Close all connections."""
