"""How does a server of the tests get a free port?"""

from __future__ import annotations

from aiohttp import web


async def listen(app: web.Application) -> tuple[web.AppRunner, str]:
    """Serve on a free port of 127.0.0.1: the runner to clean up, and the address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


class Listening:
    """Opens an application on `async with`, in `__aenter__` of its kind, and closes it at the end."""

    _runner: web.AppRunner | None = None

    async def _listen(self, app: web.Application) -> str:
        """Its address."""
        self._runner, url = await listen(app)
        return url

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
