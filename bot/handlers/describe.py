"""What happens to a plain message? It is read, and becomes an album or a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Message, Update
from telegram.ext import CallbackContext

from bot.handlers.access import Access
from bot.handlers.labels import car_words
from bot.handlers.orders import Orders
from bot.handlers.photos import Photos, photo_in
from bot.handlers.ports import Archive, SecondReader, Understanding
from bot.handlers.speaker import Speaker
from bot.handlers.visits import Desk, Visit
from bot.pipeline.errors import BadDescription
from bot.pipeline.model import AngleName, CarSpec, Reading, ReadingKind
from bot.pipeline.ports import Clock

LIMIT = 500
"""Characters of a description."""
_FRESH = 6 * 3600.0
"""Seconds for which a person's newest car is what "the same but white" speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """A description in, an accepted album or a friendly question out."""

    desk: Desk
    speaker: Speaker
    access: Access
    orders: Orders
    understanding: Understanding
    archive: Archive
    clock: Clock
    bot_id: str
    photos: Photos
    second: SecondReader | None = None

    async def __call__(self, update: Update, _context: CallbackContext) -> None:  # type: ignore[type-arg] # the library's own default parameters
        """In groups only what is addressed to the bot."""
        visit = await self.desk.visit(update)
        message = update.effective_message
        if message is not None and message.via_bot is not None:
            return  # an inline result: what it shows is drawn already
        if visit is None or message is None or (text := self.addressed(visit, message)) is None:
            return
        if photo_in(message) is not None and not await self.photos.first_of_album(message, words=bool(text)):
            return
        if text:
            await self.take(visit, text, photo=self._photo(visit, message))
        else:
            await self._ask_for_words(visit, message)

    def addressed(self, visit: Visit, message: Message) -> str | None:
        """What is said to the bot, without its name; None where others talk to each other."""
        text = visit.text
        if not visit.group:
            return text
        name = f"@{message.get_bot().username}"
        answered = message.reply_to_message.from_user if message.reply_to_message else None
        if name.lower() in text.lower():
            start = text.lower().index(name.lower())
            return f"{text[:start]}{text[start + len(name) :]}".strip()
        return text if answered is not None and str(answered.id) == self.bot_id else None

    def _photo(self, visit: Visit, message: Message) -> str | None:
        """The photo that a description belongs to: its own, the answered one, or one that waits for words."""
        answered = message.reply_to_message
        writer = answered.from_user if answered is not None else None
        if writer is None or str(writer.id) != visit.owner:
            answered = None
        return photo_in(message) or photo_in(answered) or self.photos.waiting(visit.owner, visit.chat)

    async def _ask_for_words(self, visit: Visit, message: Message) -> None:
        photo = photo_in(message)
        if photo is None:
            raise BadDescription(kind="empty")
        self.photos.wait_for_words(visit.owner, visit.chat, photo)
        text = visit.words.t(
            "Nice photo! Which car is it? Tell me its make, model and colour, and I draw it with your photo in mind."
        )
        await self._say(visit, text)

    async def take(
        self, visit: Visit, text: str, *, photo: str | None = None, key: str | None = None
    ) -> None:
        """Read the text and act on it. `photo` is a file id, `key` names the wish. Raises BadInput."""
        reading = await self._reading(visit, text)
        spec = reading.spec
        if spec is not None and reading.kind is ReadingKind.CAR:
            await self.draw(visit, spec, reading.angles, key or visit.message, photo=photo)
            return
        await self._ask(visit, reading)

    async def draw(
        self,
        visit: Visit,
        spec: CarSpec,
        angles: Sequence[AngleName],
        key: str,
        *,
        photo: str | None = None,
    ) -> None:
        """Accept the car, unless this person may not have one now. Raises BadPhoto."""
        if (refusal := await self.access.refusal(visit)) is not None:
            await self._say(visit, refusal)
            return
        content = await self.photos.fetch(photo) if photo is not None else None
        await self.orders.draw(visit, spec, angles, key, photo=content)
        if photo is not None:
            self.photos.described(visit.owner, visit.chat)

    async def _reading(self, visit: Visit, text: str) -> Reading:
        """By the rules; a short change of the newest car; then by the second reader, if there is one."""
        reading = self.read(text)
        if reading.kind not in {ReadingKind.NO_CAR, ReadingKind.UNSURE}:
            return reading
        page = await self.archive.sessions_of(visit.owner, offset=0, limit=1)
        for session in page.sessions:
            if self.clock.now() - session.created < _FRESH:
                changed = self.understanding.understand(text, previous=session.spec)
                if changed.kind is ReadingKind.CAR:
                    return changed
        return await self.second.read(text, reading) if self.second is not None else reading

    def read(self, text: str) -> Reading:
        """Raises BadDescription for what is empty or too long."""
        if not text.strip():
            raise BadDescription(kind="empty")
        if len(text) > LIMIT:
            raise BadDescription(kind="too_long", length=len(text), limit=LIMIT)
        return self.understanding.understand(text)

    async def _ask(self, visit: Visit, reading: Reading) -> None:
        words = visit.words
        cars = [(car_words(spec, words)[:60], f"u:{index}") for index, spec in enumerate(reading.specs[:8])]
        if reading.kind is ReadingKind.UNSUITABLE:
            await self._say(visit, words.t("I only draw cars, and nothing that could hurt or expose anyone."))
        elif reading.kind is ReadingKind.UNSURE and cars:
            text = words.t("Did you mean this car? Choose one, or describe it again in other words.")
            await self._say(visit, text, [[car] for car in cars])
        elif reading.kind is ReadingKind.SEVERAL and cars:
            text = words.t("That is more than one car. Which one shall I draw?")
            await self._say(visit, text, [[car] for car in cars])
        else:
            await self._say(
                visit,
                words.t(
                    "I found no car in that. Name a make, a model, a year or a colour, for example:\n"
                    "<i>red BMW X5 2021</i>\n<i>white Renault Clio 2019, side and rear</i>"
                ),
            )

    async def _say(self, visit: Visit, text: str, buttons: list[list[tuple[str, str]]] | None = None) -> None:
        await self.speaker.say(visit.chat, text, thread=visit.thread, reply_to=visit.message, buttons=buttons)
