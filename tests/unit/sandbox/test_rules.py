"""Is every call that breaks the Bot API's description found, and is none blamed that keeps it?"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.sandbox.calls import Called
from bot.sandbox.ledger import Ledger
from bot.sandbox.markup import BadMarkup, read_html
from bot.sandbox.shapes import available
from tests.unit.sandbox.conftest import Line, jpeg


def judged(method: str, files: dict[str, bytes] | None = None, **fields: Any) -> str:
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in fields.items()}
    return " | ".join(Ledger().judge(Called(method, texts, files or {})))


def keys(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def photos(count: int) -> dict[str, Any]:
    return {
        "media": [{"type": "photo", "media": f"attach://p{n}"} for n in range(count)],
        "files": {f"p{n}": jpeg() for n in range(count)},
    }


needs_description = pytest.mark.skipif("not available()", reason="aiogram is not installed")


@needs_description
@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [
        ("sendMesage", {}, "no method sendMesage"),
        ("sendMessage", {"chat_id": 7}, "text: is required"),
        (
            "sendMessage",
            {"chat_id": 7, "text": "x", "colour": "red"},
            "colour: SendMessage has no such field",
        ),
        ("sendMessage", {"chat_id": 7, "text": "x", "message_thread_id": "one"}, "message_thread_id: "),
        (
            "sendMediaGroup",
            {"chat_id": 7, **photos(2), "reply_markup": keys()},
            "reply_markup: SendMediaGroup",
        ),
        ("sendMediaGroup", {"chat_id": 7, "media": [{"type": "photo"}] * 2}, "media[0].media: is required"),
        (
            "sendMessage",
            {"chat_id": 7, "text": "x", "reply_markup": keys({"text": "a", "callback_data": 3})},
            "reply_markup.inline_keyboard[0][0].callback_data: input should be a valid string",
        ),
        ("sendPhoto", {"chat_id": 7}, "photo: is required"),
        ("sendPhoto", {"chat_id": 7, "photo": "x", "files": {"other": jpeg()}}, "no field refers to"),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat"}}, "scope.chat_id: is required"),
    ],
)
def test_a_wrong_shape_is_found(method: str, fields: dict[str, Any], words: str) -> None:
    assert words in judged(method, **fields)


@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [
        ("sendMessage", {"text": "x" * 4097}, "text: 4097 characters"),
        ("sendMessage", {"text": "<b></b>", "parse_mode": "HTML"}, "text: 0 characters"),
        ("sendMessage", {"text": "x", "parse_mode": "html5"}, "parse_mode: there is no"),
        ("sendMessage", {"text": "a < b", "parse_mode": "HTML"}, "can't parse entities"),
        ("sendPhoto", {"photo": "id", "caption": "x" * 1025}, "caption: 1025 characters"),
        ("sendMediaGroup", photos(1), "2 to 10 items, not 1"),
        ("sendMediaGroup", photos(11), "2 to 10 items, not 11"),
        ("sendMediaGroup", {**photos(3), "files": {}}, "names a file that is not there"),
        (
            "sendMediaGroup",
            {"media": [{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}]},
            "an album of their own",
        ),
        (
            "sendMessage",
            {"text": "x", "reply_markup": keys({"text": "a", "callback_data": "я" * 33})},
            "66 bytes",
        ),
        ("sendMessage", {"text": "x", "reply_markup": keys({"text": "a"})}, "exactly one thing"),
        (
            "sendMessage",
            {"text": "x", "reply_markup": keys({"text": " ", "url": "https://a.example"})},
            "is empty",
        ),
        ("sendPhoto", {"files": {"photo": jpeg() + bytes(10 * 2**20)}}, "photos have at most"),
        ("sendPhoto", {"files": {"photo": jpeg(9000, 1001)}}, "at most 10000"),
        ("sendPhoto", {"files": {"photo": jpeg(2100, 100)}}, "20 times"),
        ("sendPhoto", {"files": {"photo": b"<html>"}}, "is no picture"),
        ("sendDocument", {"files": {"document": b""}}, "is empty"),
        ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "201 characters"),
        ("sendChatAction", {"action": "dreaming"}, "action: there is no"),
        ("setMyCommands", {"commands": [{"command": "More", "description": "x"}]}, "commands[0].command"),
        ("editMessageText", {"text": "x"}, "message_id: is required"),
    ],
)
def test_a_broken_limit_is_found(method: str, fields: dict[str, Any], words: str) -> None:
    chat: dict[str, Any] = {} if method in {"answerCallbackQuery", "setMyCommands"} else {"chat_id": 7}
    assert words in judged(method, **chat, **fields)


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("sendMessage", {"text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}),
        ("sendMessage", {"text": '["a"]', "reply_markup": keys({"text": "a", "callback_data": "x" * 64})}),
        ("sendMessage", {"text": "x", "link_preview_options": {"is_disabled": True}, "disable_notification": "true"}),
        ("sendMessage", {"text": "x", "reply_parameters": {"message_id": 3, "allow_sending_without_reply": True}}),
        ("sendMediaGroup", photos(10)),
        ("sendPhoto", {"files": {"photo": jpeg(5000, 5000)}, "caption": "🚗" * 1024}),
        ("editMessageCaption", {"message_id": 4, "caption": ""}),
    ],
)  # fmt: skip
def test_what_keeps_the_rules_is_not_blamed(method: str, fields: dict[str, Any]) -> None:
    assert judged(method, chat_id=7, **fields) == ""


def test_without_the_description_the_limits_still_hold() -> None:
    script = (
        "import sys; sys.modules['aiogram'] = sys.modules['aiogram.methods'] = None\n"
        "from bot.sandbox.calls import Called\n"
        "from bot.sandbox.ledger import Ledger\n"
        "judge = Ledger().judge\n"
        "print(judge(Called('sendMessage', {'text': ''})), judge(Called('noSuch', {})))\n"
        "print(Ledger().violations()['shapes_checked'])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "0 characters" in ended.stdout
    assert ended.stdout.split()[-2:] == ["()", "False"]


async def test_a_violation_is_refused_counted_and_shown(line: Line) -> None:
    good = await line.call("sendMessage", chat_id=1002, text="x")
    bad = await line.call("sendMessage", chat_id=1002, text="x" * 5000)
    assert good["ok"]
    assert (bad["ok"], bad["error_code"]) == (False, 400)
    found = await line.get("/violations")
    assert (found["count"], found["calls"], found["shapes_checked"]) == (1, 2, available())
    assert found["violations"][0]["method"] == "sendMessage"
    assert len(await line.messages(1002)) == 1


async def test_states_that_forbid_it_are_refused_but_break_no_rule(line: Line) -> None:
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("sendMessage", {"chat_id": 5, "text": "x"}, "chat not found"),
        ("editMessageText", {"chat_id": 1002, "message_id": 5, "text": "x"}, "message to edit not found"),
        ("sendMessage", {"chat_id": 1002, "text": "x", "reply_parameters": {"message_id": 9}}, "replied not found"),
        ("sendPhoto", {"chat_id": 1002, "photo": "unknown"}, "wrong remote file identifier"),
    )  # fmt: skip
    for method, fields, words in cases:
        answer = await line.call(method, **fields)
        assert words in answer["description"], answer
    assert await line.violations() == []


@pytest.mark.parametrize(
    ("source", "safe", "kinds"),
    [
        ("<b>a <i>b</i></b>", "<b>a <i>b</i></b>", ["bold", "italic"]),
        ("&lt;b&gt; &amp;", "&lt;b&gt; &amp;", []),
        ('<a href="javascript:x">y</a>', '<a href="" target="_blank" rel="noreferrer">y</a>', ["text_link"]),
        ('<span class="tg-spoiler">s</span>', '<span class="spoiler">s</span>', ["spoiler"]),
    ],
)
def test_telegrams_html_becomes_safe_html(source: str, safe: str, kinds: list[str]) -> None:
    marked = read_html(source)
    assert marked.safe == safe
    assert [one["type"] for one in marked.entities] == kinds


@pytest.mark.parametrize(
    "source", ["<b>", "</b>", "<b><i></b></i>", "<div>x</div>", "<span>x</span>", "1 < 2"]
)
def test_what_telegram_cannot_read_is_refused(source: str) -> None:
    with pytest.raises(BadMarkup):
        read_html(source)
