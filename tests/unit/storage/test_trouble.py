"""What happens when the disk is full, the database locked, or a file damaged?"""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from bot.pipeline.errors import StorageError
from storage import Storage, open_storage
from storage.sqlite_file import SqliteFile
from storage.trouble import ailment, look_over, may_corrupt
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def accepted(storage: Storage, message: str = "1") -> str:
    session = a_session(message)
    album = an_album(session)
    assert await storage.sessions.accept(session, album, blank_views(album))
    return session.id


async def test_a_full_disk_refuses_rows_and_keeps_what_was_stored(storage: Storage, tmp_path: Path) -> None:
    await accepted(storage)
    size = max(path.stat().st_size for path in (tmp_path / "data").iterdir())
    with files_at_most(size + 1000):
        for number in range(50):
            try:
                await storage.inbox.put(number, "x" * 5000)
            except StorageError:
                break
        else:
            pytest.fail("the disk never was full")
    assert await storage.sessions.session(a_session().id) == a_session()
    assert await storage.inbox.put(1000, "{}")
    assert len(await storage.inbox.pending()) == number + 1


async def test_of_many_writes_at_once_those_that_are_refused_are_not_there(
    storage: Storage, tmp_path: Path
) -> None:
    await accepted(storage)
    size = max(path.stat().st_size for path in (tmp_path / "data").iterdir())
    with files_at_most(size + 60_000):
        puts = [storage.inbox.put(number, f"{number} " + "x" * 3000) for number in range(60)]
        answers = await asyncio.gather(*puts, return_exceptions=True)
    taken = {number for number, answer in enumerate(answers) if answer is True}
    assert {type(answer) for answer in answers} <= {bool, StorageError}
    assert len(taken) < 60
    assert {int(payload.split()[0]) for payload in await storage.inbox.pending()} == taken
    assert all([await storage.inbox.put(number, "again") for number in range(60) if number not in taken])


async def test_one_write_that_fails_takes_no_other_with_it(storage: Storage) -> None:
    def breaks(connection: sa.Connection) -> None:
        connection.execute(sa.text("INSERT INTO updates (id, payload, received) VALUES (999, 'x', 1)"))
        connection.execute(sa.text("SELECT * FROM nothing"))

    answers = await asyncio.gather(
        *(storage.inbox.put(number, "{}") for number in range(5)),
        storage.database.write(breaks),
        *(storage.inbox.put(number, "{}") for number in range(5, 10)),
        return_exceptions=True,
    )
    assert answers.pop(5).__class__ is StorageError
    assert answers == [True] * 10
    assert await storage.inbox.put(999, "{}")


async def test_a_full_disk_refuses_a_picture_and_leaves_no_half_of_it(
    storage: Storage, tmp_path: Path
) -> None:
    await accepted(storage)
    session = a_session()
    await storage.sessions.save_picture(session.id, FRONT, a_picture(b"small"))
    with files_at_most(1_000_000), pytest.raises(StorageError):
        await storage.sessions.save_picture(session.id, SIDE, a_picture(b"x" * 2_000_000))
    assert await storage.sessions.picture(session.id, SIDE, "fake") is None
    assert await storage.sessions.picture(session.id, FRONT, "fake") == a_picture(b"small")
    assert len(list((tmp_path / "media" / session.id).iterdir())) == 1
    await storage.sessions.save_picture(session.id, SIDE, a_picture(b"x" * 2_000_000))


async def test_a_short_lock_is_waited_for(storage: Storage, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "data" / "rakurs.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    put = asyncio.ensure_future(storage.inbox.put(1, "{}"))
    await asyncio.wait([put], timeout=0.2)
    assert not put.done()
    # those who only read do not wait for those who write
    assert await storage.sessions.session(a_session().id) is None
    other.execute("COMMIT")
    other.close()
    assert await put


async def test_a_long_lock_is_an_error_and_loses_nothing(url: str, tmp_path: Path) -> None:
    async with open_storage(url, media_dir=tmp_path / "media", busy_seconds=0.05) as storage:
        other = sqlite3.connect(tmp_path / "data" / "rakurs.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            await storage.inbox.put(1, "{}")
        async with open_storage(url, media_dir=tmp_path / "media") as reader:
            assert not await reader.inbox.pending()
        other.execute("ROLLBACK")
        other.close()
        assert await storage.inbox.put(1, "{}")


async def test_all_who_wait_for_a_long_lock_hear_of_it_together(url: str, tmp_path: Path) -> None:
    async with open_storage(url, media_dir=tmp_path / "media", busy_seconds=0.2) as storage:
        other = sqlite3.connect(tmp_path / "data" / "rakurs.sqlite3", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        many = [accepted(storage, str(number)) for number in range(20)]
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*many, storage.inbox.put(1, "{}"), return_exceptions=True)
        assert [repr(answer) for answer in answers] == ["StorageError('locked')"] * 21
        other.execute("ROLLBACK")
        other.close()
        await asyncio.gather(*(accepted(storage, str(number)) for number in range(20)))


@pytest.mark.parametrize(
    "content", [b"this is no database at all" * 200, b"SQLite format 3\0" + b"\xff" * 9000]
)
async def test_a_damaged_database_is_an_error_and_left_as_it_is(
    url: str, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "data" / "rakurs.sqlite3"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StorageError) as raised:
        async with open_storage(url, media_dir=tmp_path / "media"):
            pytest.fail("it was opened")
    assert raised.value.args[-1] == "damaged"
    assert path.read_bytes() == content


async def test_a_row_that_no_version_wrote_is_an_error(storage: Storage, tmp_path: Path) -> None:
    await accepted(storage)
    with sqlite3.connect(tmp_path / "data" / "rakurs.sqlite3") as other:
        other.execute('UPDATE sessions SET spec = \'{"year": "soon"}\'')
    other.close()
    with pytest.raises(StorageError):
        await storage.sessions.session(a_session().id)


@pytest.mark.parametrize("damage", [b"", b"\xff\xd8 byteS", None])
async def test_damaged_bytes_are_no_picture_and_can_be_stored_anew(
    storage: Storage, tmp_path: Path, damage: bytes | None
) -> None:
    await accepted(storage)
    session = a_session()
    await storage.sessions.save_picture(session.id, FRONT, a_picture())
    (file,) = (tmp_path / "media" / session.id).iterdir()
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert await storage.sessions.picture(session.id, FRONT, "fake") is None
    await storage.sessions.save_picture(session.id, FRONT, a_picture(b"another"))
    assert await storage.sessions.picture(session.id, FRONT, "fake") == a_picture(b"another")


async def test_bytes_that_were_replaced_do_not_stay_behind(storage: Storage, tmp_path: Path) -> None:
    await accepted(storage)
    session = a_session()
    await storage.sessions.save_arrival(session.id, FRONT, a_picture(b"raw"))
    await storage.sessions.save_arrival(session.id, SIDE, a_picture(b"no picture"))
    await storage.sessions.save_picture(session.id, FRONT, a_picture(b"checked"))
    await storage.sessions.drop_arrival(session.id, SIDE, "fake")
    await storage.sessions.save_better(session.id, FRONT, a_picture(b"better"))
    await storage.sessions.save_better(session.id, FRONT, a_picture(b"checked"))
    assert [file.read_bytes() for file in (tmp_path / "media" / session.id).iterdir()] == [b"checked"]


async def test_a_caller_who_leaves_does_not_tear_a_transaction(storage: Storage) -> None:
    session = a_session()
    album = an_album(session)
    for steps in range(12):
        accepting = asyncio.ensure_future(storage.sessions.accept(session, album, blank_views(album)))
        for _ in range(steps):
            await asyncio.sleep(0)
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        picture = asyncio.ensure_future(storage.sessions.save_picture(session.id, FRONT, a_picture()))
        for _ in range(steps):
            await asyncio.sleep(0)
        picture.cancel()
        await asyncio.gather(picture, return_exceptions=True)
    assert not await storage.sessions.accept(session, album, blank_views(album))
    assert len(await storage.sessions.views(session.id)) == 2
    async with asyncio.timeout(20):
        # the callers are gone, their work is not
        while await storage.sessions.picture(session.id, FRONT, "fake") != a_picture():
            continue


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite_that_can_damage_a_file_are_known(*, version: tuple[int, ...], bad: bool) -> None:
    assert may_corrupt(version) is bad


async def test_a_file_damaged_while_it_is_open_is_an_error_and_is_not_written(
    url: str, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "rakurs.sqlite3"
    async with open_storage(url, media_dir=tmp_path / "media") as storage:
        await accepted(storage)
        await storage.database.tidy()
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        damaged = path.read_bytes()
        # connections that have read nothing yet see the file as it is now
        cast("SqliteFile", storage.database._place)._engine.dispose()
        with pytest.raises(StorageError, match="damaged"):
            await storage.sessions.session(a_session().id)
        with pytest.raises(StorageError):
            await storage.inbox.put(1, "{}")
    assert path.read_bytes() == damaged


async def test_damage_in_the_middle_of_a_file_is_found_at_the_start_and_nothing_is_written(
    url: str, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "rakurs.sqlite3"
    async with open_storage(url, media_dir=tmp_path / "media") as storage:
        for number in range(40):
            await accepted(storage, str(number))
    content = path.read_bytes()
    # neither the schema nor any first page of a table
    path.write_bytes(content[:-8192] + b"\xff" * 8192)
    damaged = path.read_bytes()
    with pytest.raises(StorageError, match="damaged"):
        async with open_storage(url, media_dir=tmp_path / "media"):
            pytest.fail("it was opened")
    assert path.read_bytes() == damaged


async def test_a_look_at_the_start_takes_no_longer_than_it_may(storage: Storage, tmp_path: Path) -> None:
    await accepted(storage)
    await storage.database.tidy()
    look_over(tmp_path / "data" / "rakurs.sqlite3", seconds=0)
    look_over(tmp_path / "nowhere")


def test_a_server_that_is_away_is_told_from_a_file_that_cannot_be_opened() -> None:
    assert ailment(sa.exc.OperationalError("SELECT 1", {}, OSError("refused"))) == "away"
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect("file:/nowhere/at/all?mode=ro", uri=True).execute("SELECT 1")
    assert ailment(sa.exc.OperationalError("SELECT 1", {}, raised.value)) == "unreachable"
