"""What an operator types: upgrade, check, back up, list the jobs, ask a running bot how it is."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from storage import open_storage
from storage.jobs import SCHEDULE
from tests.e2e.conftest import Types
from tests.fakes.cars import FRONT, a_picture, a_session, an_album, blank_views


def fill(data: Path) -> None:
    """One car with one picture, as the bot stores it."""

    async def work() -> None:
        url = f"sqlite:///{data / 'rakurs.sqlite3'}"
        async with open_storage(url, media_dir=data / "media") as storage:
            session = a_session()
            album = an_album(session)
            await storage.sessions.accept(session, album, blank_views(album))
            await storage.sessions.save_picture(session.id, FRONT, a_picture(), choose=True)

    asyncio.run(work())


def test_a_database_is_upgraded_checked_and_copied(types: Types, tmp_path: Path) -> None:
    assert re.fullmatch(r"schema none → \d{4}\n", types("db", "upgrade").output)
    assert re.fullmatch(r"schema \d{4}\n", types("db", "upgrade").output)
    fill(tmp_path / "data")
    checked = types("db", "check")
    assert checked.exit_code == 0
    assert checked.output.splitlines()[-1] == "sound"
    assert re.search(r"^sessions +1$", checked.output, flags=re.MULTILINE)
    copied = types("db", "backup", "copies")
    assert (copied.exit_code, "pictures copied 1, known 0" in copied.output) == (0, True)
    assert "pictures copied 0, known 1" in types("db", "backup", "copies").output
    assert types("db", "check", RAKURS_DATA_DIR=str(tmp_path / "copies")).exit_code == 0


def test_what_is_missing_is_named_and_ends_with_one(types: Types, tmp_path: Path) -> None:
    fill(tmp_path / "data")
    for picture in (tmp_path / "data" / "media").glob("CAR-*/*"):
        picture.unlink()
    checked = types("db", "check")
    assert checked.exit_code == 1
    assert "missing: CAR-" in checked.output
    assert "Not sound" in checked.output


def test_a_damaged_file_is_said_in_a_sentence(types: Types, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rakurs.sqlite3").write_bytes(b"no database " * 500)
    ended = types("db", "upgrade")
    assert ended.exit_code == 1
    assert "The database file is damaged" in ended.output


def test_a_data_folder_that_cannot_be_used_is_said_in_a_sentence(types: Types, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    ended = types("jobs", RAKURS_DATA_DIR=str(tmp_path / "file"))
    assert (ended.exit_code, ended.output) == (1, "The data folder cannot be used: Not a directory.\n")
    ended = types("db", "backup", "copies")
    assert ended.exit_code == 1
    assert ended.output == "The data folder could not be read or written: backup, no SQLite file.\n"


def test_every_job_is_listed_with_its_last_run(types: Types) -> None:
    listed = types("jobs")
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == list(SCHEDULE)
    assert all("last never" in line for line in listed.output.splitlines())


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A bot's small port that answers so; its number."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "code", "word"), [(200, 0, "ready"), (503, 1, "not ready")])
def test_a_running_bot_says_how_it_is(types: Types, status: int, code: int, word: str) -> None:
    with answering(status) as port:
        ended = types("health", RAKURS_HTTP_PORT=str(port))
    assert ended.exit_code == code
    assert word in ended.output


def test_nobody_answers_and_nobody_can_be_asked(types: Types) -> None:
    with answering(200) as port:
        pass
    ended = types("health", RAKURS_HTTP_PORT=str(port))
    assert (ended.exit_code, ended.output) == (1, "The bot does not answer.\n")
    ended = types("health")
    assert ended.exit_code == 2
    assert "RAKURS_HTTP_PORT" in ended.output


def test_without_a_token_there_is_no_bot(types: Types) -> None:
    ended = types("run")
    assert ended.exit_code == 2
    assert "TELEGRAM_BOT_TOKEN" in ended.output
