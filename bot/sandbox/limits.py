"""Does a call keep the Bot API's limits? Lengths, counts, sizes, buttons, names of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.calls import Called
from bot.sandbox.markup import BadMarkup, Marked, plain, read_html
from bot.sandbox.pictures import measure

TEXT, CAPTION, ANSWER = 4096, 1024, 200
"""Characters, after entities are parsed."""
PHOTO_BYTES, FILE_BYTES = 10 * 2**20, 50 * 2**20
PHOTO_SIDES, PHOTO_RATIO = 10_000, 20
DATA_BYTES, BUTTONS = 64, 100
ALBUM = range(2, 11)
COMMANDS, RESULTS = 100, 50
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_PARSE_MODES = {"HTML", "MarkdownV2", "Markdown"}
_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
_TARGETED = {"editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup"}
_ACTS = ("url", "callback_data", "web_app", "login_url", "switch_inline_query",
         "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
         "callback_game", "pay", "disabled")  # fmt: skip


def marked(text: str, parse_mode: str | None) -> Marked:
    """The words as people see them. Raises BadMarkup. Only HTML and plain text are played."""
    return read_html(text) if (parse_mode or "").upper() == "HTML" else plain(text)


def beyond(call: Called) -> Iterator[str]:
    """Which limits the call breaks, one sentence each."""
    fields = call.fields
    if "parse_mode" in fields:
        yield from _parse_mode(fields["parse_mode"], "")
    mode = fields.get("parse_mode")
    if call.method in {"sendMessage", "editMessageText"} and "text" in fields:
        yield from _words(fields["text"], mode, "text", TEXT, least=1)
    if "caption" in fields:
        yield from _words(fields["caption"], mode, "caption", CAPTION)
    if call.method == "answerCallbackQuery":
        yield from _words(fields.get("text", ""), None, "text", ANSWER)
    if call.method == "sendMediaGroup":
        yield from _album(call)
    if call.method == "editMessageMedia" and isinstance(media := call.value("media"), dict):
        yield from _item(call, media, "media")
    for name, content in call.files.items():
        yield from _file(call, name, content)
    if isinstance(markup := call.value("reply_markup"), dict):
        yield from _buttons(markup.get("inline_keyboard"))
    if call.method == "answerInlineQuery":
        yield from _results(call)
    if call.method == "setMyCommands":
        yield from _commands(call.value("commands"))
    if call.method == "sendChatAction" and fields.get("action") not in _ACTIONS:
        yield f"action: there is no {fields.get('action')!r}"
    if call.method in _TARGETED and "inline_message_id" not in fields:
        yield from (f"{name}: is required" for name in ("chat_id", "message_id") if name not in fields)


def _parse_mode(mode: str, where: str) -> Iterator[str]:
    if mode not in _PARSE_MODES:
        yield f"{where}parse_mode: there is no {mode!r}"


def _words(text: str, mode: str | None, where: str, most: int, *, least: int = 0) -> Iterator[str]:
    try:
        length = len(marked(text, mode).text)
    except BadMarkup as error:
        yield f"{where}: {error}"
        return
    if not least <= length <= most:
        yield f"{where}: {length} characters after entities, {least} to {most} are allowed"


def _album(call: Called) -> Iterator[str]:
    media = call.value("media")
    if not isinstance(media, list):
        return
    if len(media) not in ALBUM:
        yield f"media: an album has 2 to 10 items, not {len(media)}"
    kinds = {item.get("type") for item in media if isinstance(item, dict)}
    for alone in ("document", "audio"):
        if alone in kinds and len(kinds) > 1:
            yield f"media: items of the type {alone} stand in an album of their own"
    for number, item in enumerate(media):
        if isinstance(item, dict):
            yield from _item(call, item, f"media[{number}]")


def _item(call: Called, item: dict[str, Any], where: str) -> Iterator[str]:
    if "parse_mode" in item:
        yield from _parse_mode(str(item["parse_mode"]), f"{where}.")
    if "caption" in item:
        yield from _words(str(item["caption"]), item.get("parse_mode"), f"{where}.caption", CAPTION)
    source = str(item.get("media", ""))
    if source.startswith("attach://") and source.removeprefix("attach://") not in call.files:
        yield f"{where}.media: {source} names a file that is not there"


def _file(call: Called, name: str, content: bytes) -> Iterator[str]:
    if not content:
        yield f"{name}: the file is empty"
    elif len(content) > FILE_BYTES:
        yield f"{name}: {len(content)} bytes, files have at most {FILE_BYTES}"
    elif name in _photos(call):
        yield from _photo(name, content)


def _photos(call: Called) -> set[str]:
    """Names of the parts that are to be photos."""
    names = {"photo"} if call.method == "sendPhoto" else set()
    media = call.value("media")
    for item in media if isinstance(media, list) else [media]:
        if isinstance(item, dict) and item.get("type") == "photo":
            names.add(str(item.get("media")).removeprefix("attach://"))
    for text in (call.fields.get("photo", ""),):
        names.add(text.removeprefix("attach://"))
    return names


def _photo(name: str, content: bytes) -> Iterator[str]:
    width, height, _ = measure(content)
    if not width or not height:
        yield f"{name}: is no picture"
        return
    if len(content) > PHOTO_BYTES:
        yield f"{name}: {len(content)} bytes, photos have at most {PHOTO_BYTES}"
    if width + height > PHOTO_SIDES:
        yield f"{name}: {width}x{height} pixels, both sides together have at most {PHOTO_SIDES}"
    if max(width, height) > PHOTO_RATIO * min(width, height):
        yield f"{name}: {width}x{height} pixels, one side is at most {PHOTO_RATIO} times the other"


def _buttons(rows: Any) -> Iterator[str]:
    if not isinstance(rows, list):
        return
    buttons = [
        (f"[{y}][{x}]", button)
        for y, row in enumerate(rows)
        for x, button in enumerate(row if isinstance(row, list) else [])
        if isinstance(button, dict)
    ]
    if len(buttons) > BUTTONS:
        yield f"reply_markup: {len(buttons)} buttons, at most {BUTTONS} are allowed"
    for where, button in buttons:
        if not str(button.get("text", "")).strip():
            yield f"reply_markup{where}.text: is empty"
        if sum(name in button for name in _ACTS) != 1:
            yield f"reply_markup{where}: a button does exactly one thing"
        if "callback_data" in button:
            length = len(str(button["callback_data"]).encode())
            if not 1 <= length <= DATA_BYTES:
                yield f"reply_markup{where}.callback_data: {length} bytes, 1 to {DATA_BYTES} are allowed"


def _results(call: Called) -> Iterator[str]:
    results = call.value("results")
    if not isinstance(results, list):
        return
    if len(results) > RESULTS:
        yield f"results: {len(results)}, at most {RESULTS} are allowed"
    names = [str(one.get("id", "")) for one in results if isinstance(one, dict)]
    if len(set(names)) < len(names):
        yield "results: two have the same id"
    for number, one in enumerate(one for one in results if isinstance(one, dict)):
        length = len(str(one.get("id", "")).encode())
        if not 1 <= length <= DATA_BYTES:
            yield f"results[{number}].id: {length} bytes, 1 to {DATA_BYTES} are allowed"
        if "caption" in one:
            yield from _words(
                str(one["caption"]), one.get("parse_mode"), f"results[{number}].caption", CAPTION
            )
    if len(call.fields.get("next_offset", "").encode()) > DATA_BYTES:
        yield f"next_offset: at most {DATA_BYTES} bytes are allowed"


def _commands(commands: Any) -> Iterator[str]:
    if not isinstance(commands, list):
        return
    if len(commands) > COMMANDS:
        yield f"commands: {len(commands)}, at most {COMMANDS} are allowed"
    for number, one in enumerate(commands):
        if isinstance(one, dict):
            if not _COMMAND.fullmatch(str(one.get("command", ""))):
                yield f"commands[{number}].command: 1 to 32 of a-z, 0-9 and _ are allowed"
            if not 1 <= len(str(one.get("description", ""))) <= 256:  # noqa: PLR2004 - the Bot API's own figure
                yield f"commands[{number}].description: 1 to 256 characters are allowed"
