"""A Postgres of the tests' own: in a folder, behind a socket, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

_PLACES = Path("/usr/lib/postgresql")


def find_program(name: str) -> str | None:
    """A server program, also where distributions hide it from the path."""
    hidden = sorted(_PLACES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    return shutil.which(name) or (str(hidden[0]) if hidden else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A server that runs: `address` is SQLAlchemy's, with `{name}` for the database."""

    address: str
    _folder: Path
    _user: str | None

    def restart(self, mode: str) -> None:
        """As an operator would: `fast` ends all connections, `immediate` is as good as a crash."""
        self._control("restart", "-m", mode)

    def stop(self, mode: str = "fast") -> None:
        """Nobody answers any more."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        """Answer again, or for the first time."""
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        self._control("start", "-o", options, "-l", str(self._folder / "log"))

    def _control(self, act: str, *more: str) -> None:
        control = find_program("pg_ctl")
        assert control is not None
        subprocess.run(
            [control, "-D", self._folder / "data", "-w", act, *more],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd=self._folder,
        )


@contextlib.contextmanager
def running_postgres() -> Iterator[str | None]:
    """The address of a server, or None where none is installed."""
    with running_server() as server:
        yield server.address if server is not None else None


@contextlib.contextmanager
def running_server() -> Iterator[Postgres | None]:
    """A server of one's own, or None where none is installed."""
    initdb = find_program("initdb")
    if initdb is None or find_program("pg_ctl") is None or find_program("postgres") is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="rakurs-pg-"))
    user = _whom()
    try:
        if user is not None:
            shutil.chown(folder, user)
        folder.chmod(0o755)
        data = folder / "data"
        subprocess.run(
            [initdb, "--pgdata", data, "--username", "rakurs", "--auth", "trust", "--encoding", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            cwd=folder,
        )
        server = Postgres(
            address=f"postgresql+psycopg://rakurs@/{{name}}?host={folder}", _folder=folder, _user=user
        )
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(address: str, name: str, template: str = "template1") -> str:
    """A new database as a copy of another; its address."""
    with psycopg.connect(_plain(address, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return address.format(name=name)


def empty_database(address: str, name: str) -> str:
    """That database without its rows, its numbers begun anew: takes a tenth of what a new one does. Its address."""
    with psycopg.connect(_plain(address, name), autocommit=True) as connection:
        connection.execute("SET lock_timeout = '20s'")
        tables = connection.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchone()
        assert tables is not None
        connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY CASCADE".encode())
    return address.format(name=name)


def _plain(address: str, name: str) -> str:
    return address.format(name=name).replace("+psycopg", "")


def _whom() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
