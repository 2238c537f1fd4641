"""What becomes of an edit? The message changes in the sandbox's world, or the edit is refused."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.calls import Called, Json
from bot.sandbox.cast import BOT_ID
from bot.sandbox.limits import marked
from bot.sandbox.sends import Refused, chat_of, inline_of, kept_of, shown
from bot.sandbox.world import Said, World


def _edited(world: World, call: Called) -> Said:
    said = world.find(chat_of(world, call)["id"], call.number("message_id"))
    if said is None:
        raise Refused("Bad Request: message to edit not found")
    if said.message["from"]["id"] != BOT_ID:
        raise Refused("Bad Request: message can't be edited")
    return said


def _edit(world: World, call: Called, said: Said, change: Callable[[], None]) -> Json:
    before = {key: value for key, value in said.message.items() if key != "edit_date"}
    change()
    said.message.pop("reply_markup", None)
    if markup := inline_of(call):
        said.message["reply_markup"] = markup
    if before == {key: value for key, value in said.message.items() if key != "edit_date"}:
        raise Refused(
            "Bad Request: message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message"
        )
    world.change(said)
    return said.message


def edit_text(world: World, call: Called) -> Json:
    said = _edited(world, call)
    if "text" not in said.message:
        raise Refused("Bad Request: there is no text in the message to edit")
    words = marked(call.fields["text"], call.fields.get("parse_mode"))
    return _edit(world, call, said, lambda: world.word(said, words, caption=False))


def edit_caption(world: World, call: Called) -> Json:
    said = _edited(world, call)
    if "text" in said.message:
        raise Refused("Bad Request: there is no caption in the message to edit")
    words = marked(call.fields.get("caption", ""), call.fields.get("parse_mode"))
    return _edit(world, call, said, lambda: world.word(said, words, caption=True))


def edit_media(world: World, call: Called) -> Json:
    said, item = _edited(world, call), call.value("media")
    kept = kept_of(world, call, item["media"], item["type"])
    words = marked(item.get("caption", ""), item.get("parse_mode"))

    def change() -> None:
        for kind in ("photo", "document", "animation", "video"):
            said.message.pop(kind, None)
        said.message.update(shown(item["type"], kept))
        world.word(said, words, caption=True)

    return _edit(world, call, said, change)


def edit_markup(world: World, call: Called) -> Json:
    return _edit(world, call, _edited(world, call), lambda: None)
