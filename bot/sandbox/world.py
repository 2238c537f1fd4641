"""What does the sandbox's Telegram remember? People, chats, messages, files, menus, updates."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.calls import Json
from bot.sandbox.cast import BOT, BOT_ID, FORUM_ID, GROUP_ID, Person, forum, group, people
from bot.sandbox.markup import Marked
from bot.sandbox.pictures import Shelf


@dataclass(slots=True)
class Said:
    """One message: `message` as the Bot API describes it, `safe` its words as safe HTML."""

    message: Json
    safe: str = ""
    unseen: bool = False
    """True where a bot in privacy mode is not told of it."""

    def page(self) -> Json:
        """As the chat page takes it."""
        message = self.message
        return {
            "id": message["message_id"],
            "chat": message["chat"]["id"],
            "from": message["from"]["id"],
            "date": message["date"],
            "html": self.safe,
            "media": _media(message),
            "buttons": message.get("reply_markup", {}).get("inline_keyboard", []),
            "reply_to": message.get("reply_to_message", {}).get("message_id"),
            "album": message.get("media_group_id"),
            "edited": "edit_date" in message and message["from"]["id"] != BOT_ID,
            "unseen": self.unseen,
            "topic": message.get("message_thread_id"),
            "via": "via_bot" in message,
        }


def _media(message: Json) -> Json | None:
    if photo := message.get("photo"):
        whole = photo[-1]
        return {"kind": "photo", "id": whole["file_id"], "width": whole["width"], "height": whole["height"]}
    for kind in ("animation", "video", "document"):
        if kind in message:
            file = message[kind]
            known = {"name": file["file_name"], "size": file["file_size"], "type": file["mime_type"]}
            sides = {side: file[side] for side in ("width", "height") if side in file}
            return {"kind": kind, "id": file["file_id"], **known, **sides}
    return None


@dataclass(slots=True)
class World:
    """Everything in memory. Every change is told to the `listeners`, which must not block."""

    clock: Callable[[], float] = time.time
    people: dict[int, Person] = field(default_factory=lambda: {one.id: one for one in people()})
    chats: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, dict[int, Said]] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    menus: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    listeners: set[Callable[[str, Json], None]] = field(default_factory=set)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    pressed: dict[str, bool] = field(default_factory=dict)
    """Pressed buttons by the query's id, and whether the bot has answered."""
    inline: dict[str, Json | None] = field(default_factory=dict)
    """Inline queries by their id, and what the bot answered."""
    updates: list[Json] = field(default_factory=list)
    online: bool = False
    """True since the bot asked for updates."""
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people.values():
            self.chats[person.id] = person.chat()
        self.chats |= {GROUP_ID: group(), FORUM_ID: forum()}

    def number(self, what: str, first: int = 1) -> int:
        """The next number of its kind."""
        self._numbers[what] = self._numbers.get(what, first - 1) + 1
        return self._numbers[what]

    def tell(self, kind: str, **facts: Any) -> None:
        """Every listener hears of it."""
        for listener in tuple(self.listeners):
            listener(kind, facts)

    def find(self, chat: int, number: int | None) -> Said | None:
        return self.messages.get(chat, {}).get(number or 0)

    def compose(self, *, chat: int, sender: Json, marked: Marked, caption: bool, **more: Any) -> Said:
        """A new message with a number of its own; not yet written anywhere."""
        message: Json = {
            "message_id": self.number("message", 1001),
            "from": sender,
            "chat": self.chats[chat],
            "date": int(self.clock()),
            **{key: value for key, value in more.items() if value},
        }
        if "message_thread_id" in message:
            message["is_topic_message"] = True
        said = Said(message)
        self.word(said, marked, caption=caption)
        return said

    def word(self, said: Said, marked: Marked, *, caption: bool) -> None:
        """Give a message these words, as its text or as its caption."""
        for key in ("text", "entities", "caption", "caption_entities"):
            said.message.pop(key, None)
        said.safe = marked.safe
        if marked.text:
            said.message["caption" if caption else "text"] = marked.text
        if marked.entities:
            said.message["caption_entities" if caption else "entities"] = list(marked.entities)

    def write(self, said: Said) -> None:
        """Put a new message into its chat."""
        message = said.message
        self.messages.setdefault(message["chat"]["id"], {})[message["message_id"]] = said
        self.tell("message", message=said.page())

    def change(self, said: Said) -> None:
        """Tell that a message was edited."""
        said.message["edit_date"] = int(self.clock())
        self.tell("edit", message=said.page())

    def delete(self, chat: int, number: int) -> bool:
        """False where it is not there."""
        gone = self.messages.get(chat, {}).pop(number, None)
        if gone is not None:
            self.tell("delete", chat=chat, message=number)
        return gone is not None

    async def push(self, update: Json) -> int:
        """One more update for the bot; hand back its number. Who and what is in it becomes known."""
        message = update.get("message") or update.get("callback_query", {}).get("message")
        if message is not None:
            self._learn(message)
        if query := update.get("callback_query"):
            self.pressed[query["id"]] = False
        number = self.number("update")
        async with self.arrived:
            self.updates.append({"update_id": number, **copy.deepcopy(update)})
            self.arrived.notify_all()
        return number

    def _learn(self, message: Json) -> None:
        chat = message["chat"]
        self.chats.setdefault(chat["id"], chat)
        self.messages.setdefault(chat["id"], {}).setdefault(message["message_id"], Said(message))

    async def fresh(self, offset: int, seconds: float) -> list[Json]:
        """Updates from `offset` on, waiting for one; those before it are done with."""
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        if not self.online:
            self.online = True
            self.tell("bot", online=True)
        try:
            async with asyncio.timeout(seconds), self.arrived:
                await self.arrived.wait_for(lambda: self.updates)
        except TimeoutError:
            return []
        return self.updates[:100]

    def menu(self, person: int, chat: int, language: str) -> list[Json]:
        """The commands that this person sees there: the narrowest scope, then the language."""
        wide = "all_group_chats" if chat < 0 else "all_private_chats"
        scopes = (f"chat_member {chat} {person}", f"chat {chat}", wide, "default")
        for scope in scopes:
            for tag in (language, ""):
                if (scope, tag) in self.menus:
                    return self.menus[scope, tag]
        return []


def bot_user() -> Json:
    """The bot as the sender of a message."""
    return {key: BOT[key] for key in ("id", "is_bot", "first_name", "username")}
