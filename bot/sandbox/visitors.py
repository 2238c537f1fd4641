"""What can people do on the chat page? Write, send a photo, edit, press buttons, choose a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.calls import Json
from bot.sandbox.cast import BOT, BOT_ID, FORUM_ID, TOPICS, Person
from bot.sandbox.limits import marked
from bot.sandbox.markup import plain
from bot.sandbox.world import Said, World, bot_user

_QUERIES = 200
"""Inline queries that are remembered."""
_MENTION = re.compile(rf"@{BOT['username']}\b", re.IGNORECASE)


class NotThere(LookupError):
    """The page asked for somebody or something that is not there."""


@dataclass(frozen=True, slots=True)
class Visitors:
    """Makes updates of what people do."""

    world: World

    def person(self, number: int) -> Person:
        """Raises NotThere."""
        if number not in self.world.people:
            raise NotThere(f"no person {number}")
        return self.world.people[number]

    async def say(
        self,
        *,
        person: int,
        chat: int,
        text: str,
        topic: int | None = None,
        reply_to: int | None = None,
        photo: bytes | None = None,
    ) -> Json:
        """A message to the bot, or in a group. Raises NotThere."""
        who = self._in(person, chat, topic)
        replied = self.world.find(chat, reply_to)
        more: dict[str, Any] = {"message_thread_id": topic}
        if replied is not None:
            more["reply_to_message"] = {k: v for k, v in replied.message.items() if k != "reply_to_message"}
        if photo is not None:
            more["photo"] = self.world.shelf.keep(photo, "photo.jpg").sizes()
        said = self.world.compose(
            chat=chat, sender=who.user(), marked=plain(text), caption=photo is not None, **more
        )
        said.unseen = chat < 0 and not _for_the_bot(said, replied)
        self.world.write(said)
        if not said.unseen:
            await self.world.push({"message": said.message})
        return said.page()

    def _in(self, person: int, chat: int, topic: int | None) -> Person:
        """Somebody who may write there."""
        who = self.person(person)
        if chat not in self.world.chats or (chat > 0 and chat != person):
            raise NotThere(f"no chat {chat}")
        if (chat == FORUM_ID) != (topic in TOPICS):
            raise NotThere(f"no topic {topic} in {chat}")
        return who

    async def ask(self, *, person: int, chat: int, words: str, offset: str = "") -> str:
        """The bot's name was typed with these words behind it; hand back the query's id. Raises NotThere."""
        who = self.person(person)
        query = str(self.world.number("query", 70_001))
        self.world.inline[query] = None
        while len(self.world.inline) > _QUERIES:
            del self.world.inline[next(iter(self.world.inline))]
        kind = "supergroup" if chat < 0 else "sender"
        asked = {"id": query, "from": who.user(), "query": words[:256], "offset": offset, "chat_type": kind}
        await self.world.push({"inline_query": asked})
        return query

    async def choose(
        self, *, person: int, chat: int, query: str, result: str, topic: int | None = None
    ) -> Json:
        """One of the bot's inline results is sent by that person. Raises NotThere."""
        who = self._in(person, chat, topic)
        results = (self.world.inline.get(query) or {}).get("results", [])
        chosen = next((one for one in results if one["id"] == result), None)
        kept = self.world.shelf.find(chosen["photo_file_id"]) if chosen else None
        if chosen is None or kept is None:
            raise NotThere(f"no result {result}")
        said = self.world.compose(
            chat=chat,
            sender=who.user(),
            marked=marked(chosen.get("caption", ""), chosen.get("parse_mode")),
            caption=True,
            photo=kept.sizes(),
            via_bot=bot_user(),
            message_thread_id=topic,
        )
        self.world.write(said)
        await self.world.push({"message": said.message})
        return said.page()

    async def edit(self, *, person: int, chat: int, number: int, text: str) -> Json:
        """Other words for a message of one's own. Raises NotThere."""
        said = self.world.find(chat, number)
        if said is None or said.message["from"]["id"] != person:
            raise NotThere(f"no message {number}")
        self.world.word(said, plain(text), caption="photo" in said.message)
        self.world.change(said)
        if not said.unseen:
            await self.world.push({"edited_message": said.message})
        return said.page()

    async def press(self, *, person: int, chat: int, number: int, data: str) -> str:
        """A button under a message of the bot; hand back the query's id. Raises NotThere."""
        who, said = self.person(person), self.world.find(chat, number)
        rows = said.message.get("reply_markup", {}).get("inline_keyboard", []) if said else []
        if said is None or data not in {button.get("callback_data") for row in rows for button in row}:
            raise NotThere(f"no such button under {number}")
        query = str(self.world.number("query", 70_001))
        pressed = {
            "id": query,
            "from": who.user(),
            "chat_instance": str(chat),
            "data": data,
            "message": said.message,
        }
        await self.world.push({"callback_query": pressed})
        return query

    def speak(self, *, person: int, language: str) -> None:
        """The language of somebody's Telegram. Raises NotThere."""
        self.person(person).language = language
        self.world.tell("menus")


def _for_the_bot(said: Said, replied: Said | None) -> bool:
    """What a bot in privacy mode is told of in a group: commands, mentions of it, replies to it."""
    message = said.message
    words = message.get("text") or message.get("caption") or ""
    to_bot = replied is not None and replied.message["from"]["id"] == BOT_ID
    return words.startswith("/") or bool(_MENTION.search(words)) or to_bot
