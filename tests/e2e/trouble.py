"""How do the tests make trouble for a living bot? A full disk, a lock, a damaged file, another clock."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.conftest import Bot


class Disk(Protocol):
    """A disk that can be filled to the last byte."""

    def fill(self, bot: Bot) -> None:
        """From now on nothing more fits."""
        ...

    def make_room(self, bot: Bot) -> None:
        """As it was."""
        ...


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system in memory that holds a bot's data and little else."""

    folder: Path

    def fill(self, bot: Bot) -> None:
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(2**20)):
                continue
        free = os.statvfs(self.folder)
        assert free.f_bavail == 0

    def make_room(self, bot: Bot) -> None:
        (self.folder / "ballast").unlink()


@dataclass(frozen=True, slots=True)
class NoMoreWrites:
    """The kernel refuses the process every byte that it would write to a file; needs no rights."""

    def fill(self, bot: Bot) -> None:
        _, hard = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (0, hard))

    def make_room(self, bot: Bot) -> None:
        _, hard = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted at that folder; no test where that is not allowed."""
    mount = shutil.which("mount")
    folder.mkdir(parents=True)
    size = f"size={megabytes}m"
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", size, "rakurs-test", folder], stderr=subprocess.DEVNULL, check=False
        ).returncode
    ):
        pytest.skip("no small disk can be mounted here (that needs root on Linux)")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([Path(mount).with_name("umount"), "--lazy", folder], check=True)


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """As another program that writes holds it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def damage(database: Path) -> None:
    """Every page but the first is noise, as after a bad disk."""
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (database.stat().st_size - 4096))


def restore(backup: Path, data: Path) -> None:
    """As docs/operations.md says: into an empty folder."""
    data.rename(data.with_name("damaged"))
    shutil.copytree(backup, data)


def set_wrong(file: Path, *, seconds: float) -> None:
    """A clock that reads this file is wrong by so much from now on; in one step, for it is read all the time."""
    draft = file.with_suffix(".new")
    draft.write_text(str(seconds))
    draft.replace(file)
