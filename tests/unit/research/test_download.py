"""Downloads from addresses that strangers chose: what is let through and what is not."""

from __future__ import annotations

import io
import ipaddress
import struct
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from PIL import Image

from bot.pipeline.errors import FailureKind, SearchError
from bot.pipeline.research.addresses import Address, Resolve, is_public, pin, system_resolve
from bot.pipeline.research.download import Downloader
from bot.pipeline.research.pictures import as_reference
from tests.loopback.search import Fault, SearchServer, photo_bytes


def _resolver(names: Mapping[str, Sequence[str]]) -> Resolve:
    async def resolve(host: str) -> tuple[Address, ...]:
        if host not in names:
            raise OSError
        return tuple(ipaddress.ip_address(address) for address in names[host])

    return resolve


@asynccontextmanager
async def _downloader(
    server: SearchServer, *, most_bytes: int = 10_000_000, seconds: float = 3.0
) -> AsyncIterator[Downloader]:
    names = {
        "inside.example": ["10.0.0.7"],
        "mixed.example": ["93.184.216.34", "127.0.0.1"],
        "meta.example": ["169.254.169.254"],
    }
    downloader = Downloader(
        user_agent="Rakurs/test",
        resolve=_resolver(names),
        trusted={server.host},
        most_bytes=most_bytes,
        seconds=seconds,
    )
    try:
        yield downloader
    finally:
        await downloader.close()


async def _kind(downloader: Downloader, url: str) -> FailureKind:
    with pytest.raises(SearchError) as caught:
        await downloader.photo(url)
    return caught.value.kind


def _bomb() -> bytes:
    """A PNG of a few bytes that claims 6,000 × 6,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 6_000, 6_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("form", "rotated"), [("JPEG", True), ("PNG", False), ("WEBP", False)])
async def test_pictures_come_out_as_small_clean_jpegs(form: str, rotated: bool) -> None:
    async with SearchServer() as server, _downloader(server) as downloader:
        out = io.BytesIO()
        tags = Image.Exif()
        tags[0x0112] = 6 if rotated else 1
        Image.linear_gradient("L").resize((2000, 1000)).convert("RGB").save(out, form, exif=tags)
        server.pictures["a"] = out.getvalue()
        content = await downloader.photo(f"{server.url}/pictures/a")
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "JPEG"
            assert picture.size == ((640, 1280) if rotated else (1280, 640))
            assert not picture.getexif()
            assert "exif" not in picture.info


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/secret",
        "https://127.0.0.1/secret",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://inside.example/",
        "https://mixed.example/",
        "https://meta.example/",
        "https://user:word@93.184.216.34/",
        "https://93.184.216.34:8443/",
        "http://93.184.216.34/",
        "file:///etc/passwd",
        "//10.0.0.1/x",
        "https://0x7f000001/",
    ],
)
async def test_redirects_and_addresses_to_the_inside_are_refused(target: str) -> None:
    async with SearchServer() as server, _downloader(server) as downloader:
        server.redirects["go"] = target
        kinds = {await _kind(downloader, f"{server.url}/pictures/go")}
        if "://" in target:
            kinds.add(await _kind(downloader, target))
        assert kinds <= {FailureKind.REFUSED, FailureKind.UNREACHABLE}
        assert kinds == {FailureKind.REFUSED} or "0x" in target
        assert len(server.requests) == 1


async def test_a_redirect_within_the_allowed_is_followed_but_not_for_ever() -> None:
    async with SearchServer() as server, _downloader(server) as downloader:
        server.pictures["end"] = photo_bytes()
        server.redirects |= {"a": "/pictures/b", "b": "end", "loop": "loop"}
        assert await downloader.photo(f"{server.url}/pictures/a")
        assert await _kind(downloader, f"{server.url}/pictures/loop") is FailureKind.REFUSED
        assert sum(1 for _ in server.asked("pictures")) == 3 + 4


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "localhost",
        "127。0。0。1",
    ],
)
async def test_other_ways_to_write_the_loopback_address_are_seen_through(host: str) -> None:
    try:
        url = httpx.URL(f"https://{host}/a.jpg")
    except httpx.InvalidURL:
        return
    with pytest.raises(SearchError) as caught:
        await pin(url, resolve=system_resolve, trusted=())
    # the system's own resolver is asked, which may not know the odder ones
    assert caught.value.kind in {FailureKind.REFUSED, FailureKind.UNREACHABLE}


async def test_the_name_is_resolved_once_and_the_address_pinned() -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]

    async def rebinding(_host: str) -> tuple[Address, ...]:
        return tuple(ipaddress.ip_address(address) for address in answers.pop(0))

    pinned = await pin(httpx.URL("https://rebind.example/a.jpg?x=1"), resolve=rebinding, trusted=())
    assert str(pinned) == "https://93.184.216.34/a.jpg?x=1"
    with pytest.raises(SearchError):
        await pin(httpx.URL("https://rebind.example/a.jpg"), resolve=rebinding, trusted=())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.8.8.8", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:192.168.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


async def test_the_system_resolves_the_loopback_name() -> None:
    addresses = await system_resolve("localhost")
    assert addresses
    assert not any(is_public(address) for address in addresses)


async def test_what_is_no_picture_is_refused() -> None:
    async with SearchServer() as server, _downloader(server) as downloader:
        server.pictures |= {
            "html": b"<html>hello</html>",
            "bomb": _bomb(),
            "cut": photo_bytes()[:3000],
            "tiny": photo_bytes(size=(120, 90)),
            "gif": photo_bytes(form="GIF"),
        }
        kinds = {name: await _kind(downloader, f"{server.url}/pictures/{name}") for name in server.pictures}
        assert kinds == {
            "html": FailureKind.BAD_ANSWER,
            "bomb": FailureKind.BOMB,
            "cut": FailureKind.BAD_ANSWER,
            "tiny": FailureKind.BAD_ANSWER,
            "gif": FailureKind.BAD_ANSWER,
        }
        assert await _kind(downloader, f"{server.url}/pictures/none") is FailureKind.NOT_FOUND
        server.faults["pictures"] = Fault(content=photo_bytes(), content_type="text/html")
        assert await _kind(downloader, f"{server.url}/pictures/html") is FailureKind.BAD_ANSWER
        server.faults["pictures"] = Fault(status=503)
        assert await _kind(downloader, f"{server.url}/pictures/html") is FailureKind.SERVER


@pytest.mark.filterwarnings("ignore")
def test_metadata_that_are_broken_do_not_break_the_picture_beside_them() -> None:
    tags = Image.Exif()
    tags[0x0112], tags[0x011A] = 6, 72.0
    out = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(out, "JPEG", exif=tags)
    whole = out.getvalue()
    start = whole.index(b"Exif\0\0")
    for at in range(start, start + 70):
        broken = whole[:at] + b"\x02" + whole[at + 1 :]
        try:
            content = as_reference(broken, most_pixels=200_000)
        except SearchError:
            assert at != start + 29, "a resolution that is no number"
        else:
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.size in {(400, 300), (300, 400)}


async def test_too_many_bytes_and_too_much_time_end_the_download() -> None:
    async with SearchServer() as server, _downloader(server, most_bytes=2_000, seconds=0.2) as downloader:
        server.pictures["big"] = photo_bytes()
        assert len(server.pictures["big"]) > 2_000
        assert await _kind(downloader, f"{server.url}/pictures/big") is FailureKind.BOMB
        server.faults["pictures"] = Fault(delay=1.0)
        assert await _kind(downloader, f"{server.url}/pictures/big") is FailureKind.TIMEOUT


async def test_a_dead_host_is_unreachable() -> None:
    async with SearchServer() as server:
        host = server.host
    downloader = Downloader(user_agent="Rakurs/test", trusted={host})
    try:
        assert await _kind(downloader, f"http://{host}/pictures/a") is FailureKind.UNREACHABLE
    finally:
        await downloader.close()
