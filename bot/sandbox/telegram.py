"""What does Telegram answer to a call? It is carried out in the sandbox's world, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.calls import Called, Json
from bot.sandbox.cast import BOT, FORUM_ID, GROUP_ID
from bot.sandbox.edits import edit_caption, edit_markup, edit_media, edit_text
from bot.sandbox.sends import Refused, chat_of, send_album, send_file, send_message
from bot.sandbox.shapes import answers_true
from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Telegram:
    """Plays the methods that the bot uses. Calls must have been checked before."""

    world: World

    def answer(self, call: Called) -> Any:
        """The result of the call. Raises Refused."""
        played: dict[str, Callable[[Called], Any]] = {
            "getMe": lambda _: BOT,
            "sendMessage": lambda one: send_message(self.world, one),
            "sendPhoto": lambda one: send_file(self.world, one, "photo"),
            "sendDocument": lambda one: send_file(self.world, one, "document"),
            "sendAnimation": lambda one: send_file(self.world, one, "animation"),
            "sendVideo": lambda one: send_file(self.world, one, "video"),
            "sendMediaGroup": lambda one: send_album(self.world, one),
            "editMessageText": lambda one: edit_text(self.world, one),
            "editMessageCaption": lambda one: edit_caption(self.world, one),
            "editMessageMedia": lambda one: edit_media(self.world, one),
            "editMessageReplyMarkup": lambda one: edit_markup(self.world, one),
            "deleteMessage": self._delete,
            "sendChatAction": self._action,
            "answerCallbackQuery": self._answer_callback,
            "answerInlineQuery": self._answer_inline,
            "setMyCommands": self._set_commands,
            "getMyCommands": lambda one: self.world.menus.get(_menu_key(one), []),
            "deleteMyCommands": self._delete_commands,
            "getChat": lambda one: {
                **chat_of(self.world, one),
                "accent_color_id": 0,
                "max_reaction_count": 0,
            },
            "getChatMember": self._member,
            "getFile": self._file,
            "getWebhookInfo": lambda _: {
                "url": "",
                "has_custom_certificate": False,
                "pending_update_count": 0,
            },
        }
        play = played.get(call.method)
        if play is None and not answers_true(call.method):
            raise Refused(f"the sandbox does not play {call.method}")
        return True if play is None else play(call)

    def _delete(self, call: Called) -> bool:
        if not self.world.delete(chat_of(self.world, call)["id"], call.number("message_id") or 0):
            raise Refused("Bad Request: message to delete not found")
        return True

    def _action(self, call: Called) -> bool:
        facts = {"topic": call.number("message_thread_id"), "action": call.fields["action"]}
        self.world.tell("action", chat=chat_of(self.world, call)["id"], **facts)
        return True

    def _answer_callback(self, call: Called) -> bool:
        query = call.fields["callback_query_id"]
        if self.world.pressed.get(query) is not False:
            raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.world.pressed[query] = True
        alert = call.fields.get("show_alert", "").lower() == "true"
        self.world.tell("answered", query=query, text=call.fields.get("text", ""), alert=alert)
        return True

    def _answer_inline(self, call: Called) -> bool:
        query = call.fields["inline_query_id"]
        if query not in self.world.inline or self.world.inline[query] is not None:
            raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
        results = call.value("results")
        unknown = [one for one in results if self.world.shelf.find(one.get("photo_file_id", "")) is None]
        if unknown:
            raise Refused("Bad Request: wrong file identifier/HTTP URL specified")
        answered = {"results": results, "next_offset": call.fields.get("next_offset", "")}
        self.world.inline[query] = answered
        self.world.tell("inline", query=query, button=call.value("button"), **answered)
        return True

    def _set_commands(self, call: Called) -> bool:
        self.world.menus[_menu_key(call)] = call.value("commands")
        self.world.tell("menus")
        return True

    def _delete_commands(self, call: Called) -> bool:
        self.world.menus.pop(_menu_key(call), None)
        self.world.tell("menus")
        return True

    def _member(self, call: Called) -> Json:
        chat, person = chat_of(self.world, call), self.world.people.get(call.number("user_id") or 0)
        if person is None:
            raise Refused("Bad Request: member not found")
        if chat["id"] in {GROUP_ID, FORUM_ID} and person.owner:
            return {"status": "creator", "user": person.user(), "is_anonymous": False}
        return {"status": "member", "user": person.user()}

    def _file(self, call: Called) -> Json:
        kept = self.world.shelf.find(call.fields["file_id"])
        if kept is None:
            raise Refused("Bad Request: invalid file_id")
        described = {"file_id": kept.id, "file_unique_id": kept.id[-18:], "file_size": len(kept.content)}
        return {**described, "file_path": f"files/{kept.id}"}


def _menu_key(call: Called) -> tuple[str, str]:
    scope = call.value("scope") or {"type": "default"}
    names = [str(scope[key]) for key in ("chat_id", "user_id") if key in scope]
    return " ".join([scope["type"], *names]), call.fields.get("language_code", "")
