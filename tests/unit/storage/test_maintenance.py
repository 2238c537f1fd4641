"""Can an operator trust backup, check and the lock?"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.pipeline.errors import StorageError
from bot.pipeline.spin import Spin
from storage import Storage, open_storage
from storage.alone import alone
from storage.maintenance import backup, check, upgrade
from tests.fakes.cars import FRONT, SIDE, a_picture, a_session, an_album, blank_views


async def a_car(storage: Storage, message: str = "1") -> None:
    session = a_session(message)
    album = an_album(session)
    await storage.sessions.accept(session, album, blank_views(album))
    for angle in (FRONT, SIDE):
        await storage.sessions.save_picture(session.id, angle, a_picture(f"{message} {angle}".encode()))
        await storage.sessions.choose(session.id, angle, "fake")


async def test_a_backup_taken_while_writing_is_whole_and_can_be_opened(
    storage: Storage, url: str, tmp_path: Path
) -> None:
    await a_car(storage)
    target = tmp_path / "backup"
    writing = asyncio.gather(*(a_car(storage, str(number)) for number in range(2, 30)))
    first = await asyncio.to_thread(backup, url, media_dir=tmp_path / "media", target=target)
    await writing
    assert first.copied >= 2
    copy = f"sqlite:///{target / 'rakurs.sqlite3'}"
    assert check(copy, media_dir=target / "media").sound
    second = await asyncio.to_thread(backup, url, media_dir=tmp_path / "media", target=target)
    assert second.known == first.copied
    assert second.copied + second.known == 58
    async with open_storage(copy, media_dir=target / "media") as restored:
        assert await restored.sessions.session(a_session("29").id) == a_session("29")
        assert await restored.sessions.picture(a_session("29").id, SIDE, "fake") is not None


async def test_photos_of_people_and_films_are_in_a_backup(storage: Storage, url: str, tmp_path: Path) -> None:
    session = replace(a_session(), photo=await storage.sessions.keep_photo(a_session().id, b"photo"))
    album = an_album(session)
    assert await storage.sessions.accept(session, album, blank_views(album))
    assert await storage.spins.accept(Spin(session_id=session.id, owner="7", chat="7", request="1"))
    await storage.spins.keep_film(session.id, b"film")
    media, target = tmp_path / "media", tmp_path / "backup"
    assert not check(url, media_dir=media).orphans
    assert (await asyncio.to_thread(backup, url, media_dir=media, target=target)).copied == 2
    kept = {path.read_bytes() for path in (target / "media" / session.id).iterdir()}
    assert kept == {b"photo", b"film"}


async def test_a_check_names_what_is_missing_damaged_and_left_over(
    storage: Storage, url: str, tmp_path: Path
) -> None:
    media = tmp_path / "media"
    await a_car(storage)
    assert check(url, media_dir=media).sound
    files = sorted((media / a_session().id).iterdir())
    files[0].unlink()
    files[1].write_bytes(b"other")
    (media / a_session().id / "stray.jpg").write_bytes(b"x")
    findings = check(url, media_dir=media)
    assert not findings.sound
    assert findings.missing == (str(files[0].relative_to(media)),)
    assert findings.damaged == (str(files[1].relative_to(media)),)
    assert findings.orphans == (f"{a_session().id}/stray.jpg",)
    assert findings.rows["sessions"] == 1
    assert findings.rows["pictures"] == 2


def test_an_empty_file_lacks_the_schema_and_gets_it(url: str, tmp_path: Path) -> None:
    path = tmp_path / "data" / "rakurs.sqlite3"
    with pytest.raises(StorageError):
        check(url, media_dir=tmp_path)
    assert not path.exists()
    path.parent.mkdir()
    path.touch()
    findings = check(url, media_dir=tmp_path / "media")
    assert (findings.revision, findings.sound, findings.rows) == (None, False, {})
    assert upgrade(url)[0] is None
    assert check(url, media_dir=tmp_path / "media").sound


def test_there_is_nothing_to_back_up_without_a_file(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        backup(url, media_dir=tmp_path / "media", target=tmp_path / "backup")


async def test_only_one_runner_holds_a_file(url: str) -> None:
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    async with alone(url):
        with pytest.raises(StorageError):
            async with alone(url, wait=1.0, sleep=nap):
                pytest.fail("two of them")
    assert sum(naps) == pytest.approx(1.0)
    async with alone(url, wait=0), alone("postgresql+psycopg://nowhere/x"):
        pass
