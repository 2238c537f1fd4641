"""A process that stores and says what it has stored, until somebody kills it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from storage import Storage, open_storage
from tests.fakes.cars import FRONT, a_picture, a_session, an_album, blank_views


def say(what: str, word: str) -> None:
    print(what, word, flush=True)


async def write(storage: Storage, chat: str, number: int) -> None:
    """One update, one accepted album, one picture of 200 kB."""
    if await storage.inbox.put(int(chat) * 100_000 + number, f"{chat}-{number}"):
        say("update", f"{chat}-{number}")
    session = a_session(str(number), chat=chat)
    album = an_album(session)
    if await storage.sessions.accept(session, album, blank_views(album)):
        say("accepted", session.id)
    await storage.sessions.save_picture(session.id, FRONT, a_picture(session.id.encode() + b"\x01" * 200_000))
    say("picture", session.id)


async def main(folder: Path, chat: str) -> None:
    url = f"sqlite:///{folder / 'rakurs.sqlite3'}"
    async with open_storage(url, media_dir=folder / "media") as storage:
        for number in range(0, 10_000, 4):
            await asyncio.gather(*(write(storage, chat, number + part) for part in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
