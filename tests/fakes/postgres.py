"""A Postgres of the tests' own: in a folder, behind a socket, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

_PLACES = Path("/usr/lib/postgresql")


def find_program(name: str) -> str | None:
    """A server program, also where distributions hide it from the path."""
    hidden = sorted(_PLACES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    return shutil.which(name) or (str(hidden[0]) if hidden else None)


@contextlib.contextmanager
def running_postgres() -> Iterator[str | None]:
    """A SQLAlchemy address with `{name}` for the database, or None where no server is installed."""
    server, initdb = find_program("postgres"), find_program("initdb")
    if server is None or initdb is None:
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
        command = [server, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, user=user, cwd=folder) as process:
            try:
                _until_it_answers(folder)
                yield f"postgresql+psycopg://rakurs@/{{name}}?host={folder}"
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(address: str, name: str, template: str = "template1") -> str:
    """A new database as a copy of another; its address."""
    with psycopg.connect(_plain(address, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return address.format(name=name)


def _plain(address: str, name: str) -> str:
    return address.format(name=name).replace("+psycopg", "")


def _whom() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _until_it_answers(folder: Path) -> None:
    for _ in range(300):
        try:
            psycopg.connect(f"postgresql://rakurs@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError
