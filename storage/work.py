"""What is done with the rows of a database? Pieces of work, each in a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
"""A piece of work in a transaction. It may run in another thread, and again after a first run of which
nothing stayed: it must not touch anything but its connection, and does not wait for anything else."""
