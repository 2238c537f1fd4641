"""May this address be asked for a picture? Only public ones may, and the answer is pinned."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection

import httpx

from bot.pipeline.errors import FailureKind, SearchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Awaitable[tuple[Address, ...]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def system_resolve(host: str) -> tuple[Address, ...]:
    """All addresses of a host, as the system knows them. Raises OSError."""
    rows = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(row[4][0]) for row in rows))


def is_public(address: Address) -> bool:
    """Whether the address is one of the open internet, also after unwrapping IPv4 within IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(inner)
        if address in _NAT64 or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _refused() -> SearchError:
    return SearchError(source="photo", kind=FailureKind.REFUSED)


async def pin(url: httpx.URL, *, resolve: Resolve, trusted: Collection[str]) -> httpx.URL:
    """The same address with the host replaced by one of its public IP addresses.

    Only https on its own port, without user names; `trusted` "host:port" pairs are let through as they
    are. Raises SearchError: REFUSED, or UNREACHABLE when the name has no address.
    """
    if url.netloc.decode("ascii") in trusted:
        return url
    if url.scheme != "https" or url.port is not None or url.userinfo or not url.host:
        raise _refused()
    try:
        addresses: tuple[Address, ...] = (ipaddress.ip_address(url.host),)
    except ValueError:
        try:
            addresses = await resolve(url.host)
        except (OSError, UnicodeError) as error:
            raise SearchError(source="photo", kind=FailureKind.UNREACHABLE) from error
    if not addresses or not all(is_public(address) for address in addresses):
        raise _refused()
    return url.copy_with(host=str(addresses[0]))
