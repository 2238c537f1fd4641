"""What may Telegram hand over? Updates of every type, with everything that may be missing missing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from bot.sandbox.cast import ADMIN_ID, BOT, GROUP_ID
from tests.proofs.fuzz.descriptions import ANGLES, COLORS, description

Json = dict[str, Any]
PEOPLE = (1001, 1002, ADMIN_ID, 5_000_000_001)
FORUM, CHANNEL, OLD_GROUP = -1002000000002, -1002000000003, -77
COMMANDS = (
    "start", "help", "new", "more", "cars", "colour", "color", "spin", "share", "file", "delete", "cancel", "quota",
    "credits", "language", "stats", "health", "nonsense", "MORE", "start@rakurs_bot", "more@other_bot",
)  # fmt: skip
VERBS = "makKyYrsxfdDulpcotvSbq"
SERVICE: tuple[Json, ...] = (
    {"new_chat_members": [BOT]}, {"left_chat_member": BOT}, {"new_chat_title": "<b>"}, {"group_chat_created": True},
    {"migrate_to_chat_id": GROUP_ID}, {"migrate_from_chat_id": OLD_GROUP}, {"delete_chat_photo": True},
    {"forum_topic_created": {"name": "x", "icon_color": 7322096}}, {"forum_topic_closed": {}},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}}, {"video_chat_started": {}},
)  # fmt: skip
_FILE: Json = {"file_id": "f", "file_unique_id": "u"}
_SIZE: Json = {**_FILE, "width": 90, "height": 60}
MEDIA: tuple[Json, ...] = (
    {"photo": [_SIZE]},
    {"document": {**_FILE, "file_name": "../../x\u202egpj.exe", "mime_type": "image/png", "file_size": 2**40}},
    {"sticker": {**_SIZE, "type": "regular", "is_animated": False, "is_video": False}},
    {"voice": {**_FILE, "duration": 1}}, {"video_note": {**_FILE, "length": 9, "duration": 1}},
    {"location": {"latitude": 50.4, "longitude": 30.5}}, {"contact": {"phone_number": "1", "first_name": "x"}},
    {"dice": {"emoji": "🎲", "value": 3}}, {"animation": {**_SIZE, "duration": 1}, "document": _FILE},
    {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
              "is_anonymous": True, "type": "regular", "allows_multiple_answers": False, "allows_revoting": False,
              "members_only": False}},
)  # fmt: skip


class Updates:
    """Makes updates; `cars` are session ids that a button may name."""

    def __init__(self, dice: random.Random, cars: Sequence[str]) -> None:
        self._dice = dice
        self._cars = cars
        self._number = 10

    def one(self) -> Json:
        """The next update, without its id."""
        kinds = (self._message, self._command, self._button, self._edited, self._inline, self._other)
        update = self._dice.choices(kinds, weights=(38, 20, 22, 6, 6, 8))[0]()
        if self._dice.random() < 0.05:
            next(iter(update.values()))["a_field_of_tomorrow"] = {"deep": [1, None, "x"]}
        return update

    def _user(self) -> Json:
        user: Json = {
            "id": self._dice.choice(PEOPLE),
            "is_bot": False,
            "first_name": self._dice.choice(("Ann", "<b>", "\u202e")),
        }
        if self._dice.random() < 0.8:
            user["language_code"] = self._dice.choice(
                ("uk", "en", "de", "pl", "ru", "zh-hans", "xx", "", "en_US.UTF-8")
            )
        return user

    def _chat(self, user: Json) -> Json:
        return self._dice.choices(
            (
                {"id": user["id"], "type": "private", "first_name": "x"},
                {"id": GROUP_ID, "type": "supergroup", "title": "g"},
                {"id": FORUM, "type": "supergroup", "title": "f", "is_forum": True},
                {"id": OLD_GROUP, "type": "group", "title": "old"},
                {"id": CHANNEL, "type": "channel", "title": "c"},
            ),
            weights=(65, 15, 8, 7, 5),
        )[0]

    def _body(self, text: str | None = None) -> Json:
        """A message of somebody, or of an anonymous admin, or of nobody."""
        dice, user = self._dice, self._user()
        self._number += dice.choice((0, 1, 1, 1, 1))
        chat = self._chat(user)
        body: Json = {"message_id": self._number, "date": 1_800_000_000, "chat": chat, "from": user}
        if chat["type"] == "channel":
            del body["from"]
        elif chat["type"] != "private" and dice.random() < 0.15:
            body |= {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": chat}
        if chat.get("is_forum"):
            body |= {"message_thread_id": dice.choice((1, 7)), "is_topic_message": dice.random() < 0.8}
        if dice.random() < 0.15:
            body["reply_to_message"] = self._asked(chat, user)
        if text is None:
            text = description(dice)
        key = "text"
        if dice.random() < 0.12:
            body |= dice.choice(MEDIA)
            key = "caption"
        if text:
            body[key] = text[: 1024 if key == "caption" else 4096]
        if dice.random() < 0.05:
            body["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}
        return body

    def _asked(self, chat: Json, user: Json) -> Json:
        asked: Json = {"message_id": self._dice.randrange(1, self._number + 2000), "date": 1, "chat": chat}
        if self._dice.random() < 0.8:
            asked["from"] = self._dice.choice((user, BOT))
        if self._dice.random() < 0.8:
            asked["text"] = self._dice.choice(
                (description(self._dice) or "x", self._car(), "BMW X5 or Audi A4")
            )
        return asked

    def _car(self) -> str:
        if self._cars and self._dice.random() < 0.7:
            return self._dice.choice(self._cars[-40:])
        return self._dice.choice(
            ("CAR-00000000", "car-zz", "CAR-1A2B3C4D5E6F", "", "CAR-", "../x", "CAR-1A2B3C4\u0663")
        )

    def _message(self) -> Json:
        if self._dice.random() < 0.08:
            body = self._body("")
            return {
                "message": {
                    **{key: body[key] for key in body if key not in {"text", "caption"}},
                    **self._dice.choice(SERVICE),
                }
            }
        return {self._where(body := self._body()): body}

    def _where(self, body: Json) -> str:
        return "channel_post" if body["chat"]["type"] == "channel" else "message"

    def _command(self) -> Json:
        dice = self._dice
        word = f"/{dice.choice(COMMANDS)}"
        rest = dice.choice(
            (
                "",
                self._car(),
                f"{self._car()} {dice.choice(ANGLES)}",
                dice.choice(COLORS),
                "csv",
                description(dice),
            )
        )
        text = f"{word} {rest}".strip()
        body = self._body(text)
        if "text" in body:
            body["entities"] = [{"type": "bot_command", "offset": 0, "length": len(word)}]
        return {self._where(body): body}

    def _button(self) -> Json:
        dice, user = self._dice, self._user()
        query: Json = {"id": str(dice.randrange(10**15)), "from": user, "chat_instance": "1"}
        garbage = (
            "",
            ":",
            "r",
            "r:::",
            "u:99",
            "p:-1",
            "p:999999",
            "u:٣",
            "l:xx",
            "\u202e",
            "x" * 64,
            "D:CAR-00000000",
        )
        known = f"{dice.choice(VERBS)}:{self._car()}:{dice.choice(('1', '2', '0', '999', 'top', 'red', '2021', '٣', '-1', ''))}"
        query["data"] = (
            dice.choice((known, known, known.rpartition(":")[0], dice.choice(garbage)))[:64] or "x"
        )
        chance = dice.random()
        if chance < 0.85:
            chat = self._chat(user)
            under: Json = {
                "message_id": dice.randrange(1, 3000),
                "date": 1,
                "chat": chat,
                "from": BOT,
                "text": "?",
            }
            if dice.random() < 0.4:
                under["reply_to_message"] = self._asked(chat, user)
            query["message"] = under
        elif chance < 0.93:
            query["message"] = {"message_id": 1, "date": 0, "chat": self._chat(user)}
        else:
            query["inline_message_id"] = "abc"
        return {"callback_query": query}

    def _edited(self) -> Json:
        body = {**self._body(), "edit_date": 1_800_000_001}
        return {"edited_channel_post" if body["chat"]["type"] == "channel" else "edited_message": body}

    def _inline(self) -> Json:
        query = self._dice.choice((description(self._dice)[:256], self._car(), ""))
        offset = self._dice.choice(("", "6", "x", "99999999999999999999", "-1", "٣"))
        return {
            "inline_query": {
                "id": str(self._dice.randrange(10**15)),
                "from": self._user(),
                "query": query,
                "offset": offset,
            }
        }

    def _other(self) -> Json:
        user = self._user()
        chat = self._chat(user)
        member = {"chat": chat, "from": user, "date": 1, "old_chat_member": {"status": "left", "user": BOT},
                  "new_chat_member": {"status": "member", "user": BOT}}  # fmt: skip
        return self._dice.choice((
            {"my_chat_member": member},
            {"chat_member": member},
            {"chosen_inline_result": {"result_id": self._car(), "from": user, "query": ""}},
            {"message_reaction": {"chat": chat, "message_id": 1, "user": user, "date": 1, "old_reaction": [],
                                  "new_reaction": [{"type": "emoji", "emoji": "👍"}]}},
            {"poll": MEDIA[-1]["poll"]},
            {"chat_join_request": {"chat": chat, "from": user, "user_chat_id": user["id"], "date": 1}},
            {"an_update_of_tomorrow": {"x": 1}},
        ))  # fmt: skip
