"""How do tests start the bot without loading it anew each time? Processes forked from one that has loaded it.

To load it is most of the work of a start. Each process has its own folder, variables and streams, runs the
same `main` as `python -m bot`, and is killed and ends as any other.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, Self

ROOT = Path(__file__).resolve().parents[2]
_LOADED = (
    *(f"bot.cli.{name}" for name in ("check", "data", "draw", "parse", "run", "simulate")),
    *("bot.__main__", "bot.library", "bot.serve", "bot.pipeline.providers.openai"),
)


class Child:
    """One process of the nursery, as asyncio's own are: `stderr` is None where it goes to `stdout`."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._ended: asyncio.Task[int]

    def watch(self, told: asyncio.StreamReader) -> None:
        self._ended = asyncio.create_task(self._watch(told))

    async def _watch(self, told: asyncio.StreamReader) -> int:
        # to its end, so that nothing of it is open any more
        self.returncode = int(await told.read())
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it writes until it ends."""
        streams = (self.stdout, self.stderr) if self.stderr else (self.stdout,)
        out, *err = await asyncio.gather(*(stream.read() for stream in streams))
        await self.wait()
        return out, b"".join(err)


class Nursery:
    """Use as a context manager; children live on when it is left. Linux alone has all that it takes."""

    def __enter__(self) -> Self:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.e2e.nursery", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.wait(60)

    async def start(
        self, *words: str, cwd: Path, env: Mapping[str, str], stdin: bytes = b"", apart: bool = False
    ) -> Child:
        """`python -m bot` with those words; `apart` keeps what it writes as errors from the rest."""
        out, theirs_out = os.pipe()
        err, theirs_err = os.pipe() if apart else (None, theirs_out)
        told, theirs_told = os.pipe()
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            order = json.dumps({"words": words, "cwd": str(cwd), "env": dict(env)}).encode()
            socket.send_fds(self._orders, [order], [given.fileno(), theirs_out, theirs_err, theirs_told])
        for end in {theirs_out, theirs_err, theirs_told}:
            os.close(end)
        hears = await _hear(told)
        child = Child(
            int(await hears.readline()), await _hear(out), None if err is None else await _hear(err)
        )
        child.watch(hears)
        return child


async def _hear(end: int) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(end, "rb", buffering=0))
    return stream


def _serve(orders: socket.socket) -> None:
    """Fork for every order; comes back in the child only, which then is as if it had been started so."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, ends, _, _ = socket.recv_fds(orders, 2**20, 4)
        if not message:
            sys.exit(0)
        if not os.fork():
            orders.close()
            break
        for end in ends:
            os.close(end)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, told = ends
    if pid := os.fork():
        _stand_by(pid, streams, told)
    os.close(told)
    _become(json.loads(message), streams)


def _stand_by(pid: int, streams: list[int], told: int) -> NoReturn:
    """Say which process it is, and how it ended: only its parent can know."""
    for end in streams:
        os.close(end)
    os.write(told, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(order: dict[str, Any], streams: list[int]) -> None:
    for number, end in enumerate(streams):
        os.dup2(end, number)
        os.close(end)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    sys.argv = ["rakurs", *order["words"]]
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    random.seed()


if __name__ == "__main__":
    for name in _LOADED:
        import_module(name)
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    import_module("bot.__main__").main()
