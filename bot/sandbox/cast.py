"""Who lives in the sandbox? Three people, a group, a forum with topics, and the bot."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.calls import Json

BOT_ID = 424242
BOT: Json = {
    "id": BOT_ID,
    "is_bot": True,
    "first_name": "Rakurs",
    "username": "rakurs_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": True,
}
GROUP_ID = -1002000000001
FORUM_ID = -1002000000002
TOPICS = {11: "Мрії · Dreams", 12: "Продаж · For sale"}
"""Of the forum, by the number of the message that opened each."""
ADMIN_ID = 1003


@dataclass(slots=True)
class Person:
    """Somebody who writes to the bot. The `owner` of the groups may press others' buttons there."""

    id: int
    first_name: str
    language: str
    owner: bool = False

    def user(self) -> Json:
        """As the Bot API describes a user."""
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language,
        }

    def chat(self) -> Json:
        """The private chat with the bot."""
        return {"id": self.id, "type": "private", "first_name": self.first_name}


def people() -> list[Person]:
    """A fresh cast. The third one is the bot's admin."""
    return [
        Person(1001, "Олена", "uk", owner=True),
        Person(1002, "Tom", "en"),
        Person(ADMIN_ID, "Admin", "en"),
    ]


def group() -> Json:
    """The group where all of them are, as the Bot API describes a chat."""
    return {"id": GROUP_ID, "type": "supergroup", "title": "Автоклуб · Car club"}


def forum() -> Json:
    """The group with topics, where all of them are as well."""
    return {"id": FORUM_ID, "type": "supergroup", "title": "Форум · Forum", "is_forum": True}
