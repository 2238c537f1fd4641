"""A headless Chromium of phone width, driven over its own debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """`async with Browser() as browser:` one tab; `width` and `height` in CSS pixels."""

    def __init__(self, *, width: int = 412, height: int = 892, scale: float = 2) -> None:
        self._size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.errors: list[str] = []

    async def __aenter__(self) -> Self:
        assert CHROMIUM is not None
        self._folder = tempfile.TemporaryDirectory(prefix="rakurs-browser-", ignore_cleanup_errors=True)
        self._process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._folder.name}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        port = await self._port()
        self._client = aiohttp.ClientSession()
        async with self._client.get(f"http://127.0.0.1:{port}/json/list") as answer:
            tabs = await answer.json()
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        self._socket = await self._client.ws_connect(address, max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        for domain in ("Page", "Runtime", "Log"):
            await self.do(f"{domain}.enable")
        await self.do("Emulation.setDeviceMetricsOverride", **self._size)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        await self._client.close()
        self._process.kill()
        await self._process.wait()
        self._folder.cleanup()

    async def _port(self) -> int:
        assert self._process.stderr is not None
        async with asyncio.timeout(30):
            async for line in self._process.stderr:
                if found := re.search(rb"DevTools listening on ws://[^:]+:(\d+)/", line):
                    return int(found[1])
        raise AssertionError("Chromium did not start")

    async def _read(self) -> None:
        async for message in self._socket:
            facts = message.json()
            if (future := self._answers.pop(facts.get("id", 0), None)) is not None:
                future.set_result(facts)
            elif facts.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(facts["params"]["exceptionDetails"]))
            elif facts.get("method") == "Log.entryAdded" and facts["params"]["entry"]["level"] == "error":
                self.errors.append(str(facts["params"]["entry"]))

    async def do(self, method: str, **params: Any) -> Any:
        """One command of the protocol; its result."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(30):
            facts = await self._answers[number]
        assert "error" not in facts, facts
        return facts["result"]

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        found = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def open(self, url: str) -> None:
        await self.do("Page.navigate", url=url)

    async def until(self, script: str, *, seconds: float = 20) -> None:
        """Wait until the expression is true; looked at with every frame of the page."""
        waiting = (
            "new Promise((done) => { const look = () => { try { if (document.readyState === 'complete'"
            f" && ({script})) return done(true); }} catch {{}} setTimeout(look, 30); }}; look(); }})"
        )
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await self.run(waiting)
                except AssertionError:  # the page moved on meanwhile
                    continue
                return

    async def type(self, text: str) -> None:
        """Into the composer, and Enter."""
        await self.run("document.getElementById('text').focus()")
        await self.do("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            await self.do(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13
            )

    async def press(self, words: str) -> None:
        """The last button with these words."""
        await self.run(
            f"[...document.querySelectorAll('button')].filter((b) => b.textContent === {words!r}).at(-1).click()"
        )

    async def picture(self, path: Path, *, form: str = "png", **more: Any) -> None:
        """A screenshot of what is to be seen."""
        found = await self.do("Page.captureScreenshot", format=form, **more)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(found["data"]))
