"""How do calls over aiohttp leave this machine: by which proxy, how patiently, and were they ever written?"""

from __future__ import annotations

import functools
import urllib.request

import aiohttp
from yarl import URL

NEVER_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""Errors before which no byte of the request can have reached the server."""


@functools.lru_cache(maxsize=64)
def proxy_for(origin: URL) -> str | None:
    """The proxy that the environment names for an address without its path; None for the direct way.

    aiohttp would read the environment and a .netrc file anew for every call, in a thread.
    """
    if origin.host is None or urllib.request.proxy_bypass(origin.host):
        return None
    return urllib.request.getproxies().get(origin.scheme)


def patience(*, pool: float, connect: float, write: float, read: float) -> aiohttp.ClientTimeout:
    """Seconds: `pool` and `connect` together bound the way to a connection, `read` each silence, all of them
    the whole call."""
    before = pool + connect
    return aiohttp.ClientTimeout(
        total=before + write + read, connect=before, sock_connect=connect, sock_read=read
    )
