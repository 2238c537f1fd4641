"""Does what a call has returned from survive SIGKILL?"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

from bot.pipeline.model import SessionId
from storage import open_storage
from tests.fakes.cars import FRONT, a_session

ROUNDS = 6
ROOT = Path(__file__).parents[3]


def write_until_killed(folder: Path, chat: str, seconds: float) -> list[list[str]]:
    """What a process said it had stored before it was killed, `seconds` after its first word."""
    command = [sys.executable, "-m", "tests.unit.storage.writer", str(folder), chat]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        said = first + process.stdout.read()
    # a word that was cut off by the kill was not said
    return [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]


async def test_nothing_that_was_stored_is_lost_to_a_kill(tmp_path: Path) -> None:
    rng = random.Random(6)
    said: list[tuple[str, list[str]]] = []
    for round_number in range(ROUNDS):
        chat = str(round_number)
        lines = await asyncio.to_thread(write_until_killed, tmp_path, chat, rng.uniform(0.02, 0.3))
        said += [(chat, line) for line in lines]
    assert len(said) > ROUNDS
    async with open_storage(
        f"sqlite:///{tmp_path / 'rakurs.sqlite3'}", media_dir=tmp_path / "media"
    ) as storage:
        pending = set(await storage.inbox.pending())
        for chat, (what, word) in said:
            match what:
                case "update":
                    assert word in pending
                case "accepted":
                    assert await storage.sessions.session(SessionId(word)) == a_session_of(chat, word)
                    assert len(await storage.sessions.views(SessionId(word))) == 2
                case "picture":
                    picture = await storage.sessions.picture(SessionId(word), FRONT, "fake")
                    assert picture is not None
                    assert picture.content.startswith(word.encode())


def a_session_of(chat: str, session_id: str) -> object:
    for number in range(10_000):
        session = a_session(str(number), chat=chat)
        if session.id == session_id:
            return session
    return None
