"""What becomes of a sent message? It is written into the sandbox's world, or refused."""

from __future__ import annotations

from bot.sandbox.calls import Called, Json
from bot.sandbox.cast import FORUM_ID, TOPICS
from bot.sandbox.limits import marked
from bot.sandbox.pictures import Kept
from bot.sandbox.world import World, bot_user


class Refused(Exception):
    """Telegram would not do it: the state of chats and messages forbids it."""

    def __init__(self, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.code = code


def chat_of(world: World, call: Called) -> Json:
    chat = world.chats.get(call.number("chat_id") or 0)
    if chat is None:
        raise Refused("Bad Request: chat not found")
    return chat


def _context(world: World, call: Called) -> Json:
    """What all sent messages share: chat, reply, buttons, topic."""
    chat: int = chat_of(world, call)["id"]
    reply = call.value("reply_parameters") or {}
    asked = reply.get("message_id") or call.number("reply_to_message_id")
    lenient = reply.get("allow_sending_without_reply") or call.value("allow_sending_without_reply")
    replied = world.find(chat, asked)
    if asked and replied is None and not lenient:
        raise Refused("Bad Request: message to be replied not found")
    quoted = (
        {key: value for key, value in replied.message.items() if key != "reply_to_message"}
        if replied
        else None
    )
    topic = call.number("message_thread_id")
    if topic is not None and (chat != FORUM_ID or topic not in TOPICS):
        raise Refused("Bad Request: message thread not found")
    return {
        "chat": chat,
        "sender": bot_user(),
        "reply_to_message": quoted,
        "reply_markup": inline_of(call),
        "message_thread_id": topic,
    }


def send_message(world: World, call: Called) -> Json:
    words = marked(call.fields["text"], call.fields.get("parse_mode"))
    said = world.compose(marked=words, caption=False, **_context(world, call))
    world.write(said)
    return said.message


def kept_of(world: World, call: Called, source: str, default: str) -> Kept:
    """A file that came along, or one that was sent before."""
    name = source.removeprefix("attach://")
    if name in call.files:
        return world.shelf.keep(call.files[name], call.names.get(name, default))
    kept = world.shelf.find(source)
    if kept is None:
        raise Refused("Bad Request: wrong remote file identifier specified: wrong padding in the string")
    return kept


def send_file(world: World, call: Called, kind: str) -> Json:
    kept = kept_of(world, call, call.fields.get(kind, kind) if kind not in call.files else kind, kind)
    words = marked(call.fields.get("caption", ""), call.fields.get("parse_mode"))
    said = world.compose(marked=words, caption=True, **_context(world, call), **shown(kind, kept))
    world.write(said)
    return said.message


def send_album(world: World, call: Called) -> list[Json]:
    context = _context(world, call)
    items = [(item, kept_of(world, call, item["media"], item["type"])) for item in call.value("media")]
    album = str(world.number("album", 13_000_000))
    sent = []
    for item, kept in items:
        words = marked(item.get("caption", ""), item.get("parse_mode"))
        parts = shown(item["type"], kept)
        said = world.compose(marked=words, caption=True, media_group_id=album, **context, **parts)
        world.write(said)
        sent.append(said.message)
    return sent


def shown(kind: str, kept: Kept) -> Json:
    if kind == "photo":
        return {"photo": kept.sizes()}
    moving = {"width": kept.width or 640, "height": kept.height or 360, "duration": kept.seconds or 1}
    parts = {kind: kept.document() if kind == "document" else {**kept.document(), **moving}}
    return parts | ({"document": kept.document()} if kind == "animation" else {})


def inline_of(call: Called) -> Json | None:
    markup = call.value("reply_markup")
    return markup if isinstance(markup, dict) and markup.get("inline_keyboard") else None
