"""Which photo did somebody send, and is it fit to be looked at? Fetched by the bot itself, within limits."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog
from telegram import Bot, Message
from telegram.error import TelegramError

from bot.pipeline.errors import BadPhoto, SearchError
from bot.pipeline.ports import Clock
from bot.pipeline.research.pictures import as_reference

log = structlog.get_logger(__name__)
MOST_BYTES, MOST_PIXELS = 10_000_000, 25_000_000
_SECONDS = 30.0
_KINDS = frozenset({"image/jpeg", "image/png", "image/webp"})
_FRESH = 600.0
"""Seconds for which a photo without words waits for its description."""
_REMEMBERED = 1000


def photo_in(message: Message | None) -> str | None:
    """The file id of the largest photo within the limits, or of a picture sent as a file."""
    if message is None:
        return None
    for size in sorted(message.photo, key=lambda one: -one.width * one.height):
        if size.width * size.height <= MOST_PIXELS and (size.file_size or 0) <= MOST_BYTES:
            return size.file_id
    file = message.document
    return file.file_id if file is not None and file.mime_type in _KINDS else None


class Photos:
    """Fetches photos; remembers for a while which ones came without a description.

    `owner` and `chat` are ids of Telegram. What is remembered is bounded and lost with the process: an
    answer to the photo itself always finds it.
    """

    def __init__(self, *, bot: Bot, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._waiting: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._groups: OrderedDict[str, bool] = OrderedDict()

    async def fetch(self, file_id: str) -> bytes:
        """A clean JPEG without metadata. Raises BadPhoto."""
        try:
            async with asyncio.timeout(_SECONDS):
                file = await self._bot.get_file(file_id)
                if (file.file_size or 0) > MOST_BYTES:
                    raise BadPhoto(kind="too_large", limit=MOST_BYTES)
                content = bytes(await file.download_as_bytearray())
        except (TelegramError, TimeoutError) as error:
            log.warning("photo.not_fetched", kind=type(error).__name__)
            raise BadPhoto(kind="unreachable") from error
        if len(content) > MOST_BYTES:
            raise BadPhoto(kind="too_large", limit=MOST_BYTES)
        try:
            return await asyncio.to_thread(as_reference, content, most_pixels=MOST_PIXELS)
        except SearchError as error:
            raise BadPhoto(kind="unreadable") from error

    def wait_for_words(self, owner: str, chat: str, file_id: str) -> None:
        """That photo came without a description; the first of an album stays."""
        self._waiting[owner, chat] = (file_id, self._clock.now())
        while len(self._waiting) > _REMEMBERED:
            self._waiting.popitem(last=False)

    def waiting(self, owner: str, chat: str) -> str | None:
        """The photo that a description may belong to."""
        file_id, at = self._waiting.get((owner, chat), ("", 0.0))
        return file_id if file_id and self._clock.now() - at < _FRESH else None

    def described(self, owner: str, chat: str) -> None:
        """The photo that waited has its description."""
        self._waiting.pop((owner, chat), None)

    async def first_of_album(self, message: Message, *, words: bool) -> bool:
        """Whether this message speaks for its album of photos; always where it is in none.

        A caption speaks for all. Without one the first photo does, once it is clear that none has words.
        """
        group = message.media_group_id
        if group is None:
            return True
        known = group in self._groups
        self._groups[group] = self._groups.get(group, False) or words
        while len(self._groups) > _REMEMBERED:
            self._groups.popitem(last=False)
        if words:
            return True
        if known:
            return False
        await self._clock.sleep(1.0)
        return not self._groups.get(group, False)
