"""What leaves through the log: our events, causes of errors, no secret and nothing that people wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.redaction import MARK, Redactor, trace

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "7391846250:AAHk-abcdefghijklmnopqrstuvwxyz_0"
CRASH = f"""
import asyncio, logging, sys, threading, warnings
import structlog
from bot.logs import configure_logs
from bot.pipeline.errors import FailureKind, ProviderError
configure_logs(style=sys.argv[1], level="DEBUG", secrets=("very-own-secret", "k"))
log = structlog.get_logger("bot.test")
log.info("token.used", token="{TOKEN}", address="https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg?x=1")
log.debug("own.debug", note="very-own-secret")
logging.getLogger("telegram.Bot").debug("sendMessage with Oksana's words")
logging.getLogger("openai").info("prompt: Oksana's words")
logging.getLogger("httpx").warning("%d", "Oksana's words")
warnings.warn("look at https://files.example/private/Oksana.jpg")

async def loses() -> None:
    async def fails() -> None:
        raise KeyError("Oksana's words")
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task

asyncio.run(loses())
thread = threading.Thread(target=lambda: int("Oksana's words"))
thread.start()
thread.join()
try:
    try:
        int("Oksana's words")
    except ValueError as error:
        raise ProviderError(provider="openai", kind=FailureKind.SERVER, status=503) from error
except ProviderError as error:
    raise ExceptionGroup("Oksana's words", [error, LookupError("Oksana's words {TOKEN}")])
"""


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_crash_of_the_process_tells_where_and_not_what_people_wrote(style: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, style], capture_output=True, text=True, cwd=ROOT, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for word in ("Oksana", TOKEN, "AAHk", "very-own-secret", "/file/bot", "photos/1"):
        assert word not in said.replace('int("Oksana\'s words")', ""), said
    for word in (
        "token.used",
        "own.debug",
        "process.crashed",
        "thread.crashed",
        "openai: server, status 503",
    ):
        assert word in said, said
    assert said.count("Traceback") >= 4
    assert "ExceptionGroup: …" in said
    assert "2 of 2" in said


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"https://api.telegram.org/bot{TOKEN}/getMe", "https://api.telegram.org/…"),
        (f"token {TOKEN}", f"token {MARK}"),
        ("Authorization: Bearer abcdefgh12345678", f"Authorization: {MARK}"),
        ("postgresql+psycopg://rakurs:pa55@db:5432/rakurs", f"postgresql+psycopg://{MARK}@db:5432/rakurs"),
        ("GET https://image.example/prompt/red%20car?seed=1 failed", "GET https://image.example/… failed"),
        ("?key=abc&seed=1", f"?{MARK}&seed=1"),
        ("<Task finished exception=KeyError('red car')>", "<Task finished exception=…>"),
        ("a b/c long", MARK),
        ("a%20b%2Fc%20long", MARK),
        ("CAR-1A2B3C4D/1 12:30:05 side: openai: timeout", "CAR-1A2B3C4D/1 12:30:05 side: openai: timeout"),
    ],
)
def test_shapes_and_known_secrets_are_taken_out(text: str, clean: str) -> None:
    assert Redactor(("a b/c long", "ab", "secret of nobody"))(text) == clean


def test_messages_stay_where_they_quote_nobody() -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError:
            raise KeyError("a car") from None
    except KeyError as error:
        text = trace((KeyError, error, error.__traceback__))
    assert text.endswith("KeyError: …")
    assert "No space" not in text
    full = OSError(28, "No space left on device")
    assert trace((OSError, full, None)).endswith("OSError: [Errno 28] No space left on device")
