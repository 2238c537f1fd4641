"""Do people and the bot meet in the sandbox: words, albums, edits, buttons, menus, files?"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from bot.pipeline.studio.film import mp4
from bot.sandbox.cast import BOT_ID, FORUM_ID, GROUP_ID
from bot.sandbox.pictures import measure, seconds_of
from bot.sandbox.server import Sandbox
from tests.unit.sandbox.conftest import Line, jpeg

OLENA, TOM = 1001, 1002


async def updates(line: Line, offset: int = 0) -> list[Any]:
    answer = await line.call("getUpdates", offset=offset, timeout=5)
    return list(answer["result"])


async def test_the_page_and_its_parts_are_served(line: Line) -> None:
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        async with line.http.get(line.sandbox.url + path) as answer:
            assert answer.status == 200
            assert answer.content_type == kind
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_what_is_typed_arrives_as_an_update(line: Line) -> None:
    waiting = asyncio.create_task(updates(line))
    await line.deed("say", person=OLENA, chat=OLENA, text="/more CAR-12345678 top 🚗 @rakurs_bot")
    [update] = await waiting
    message = update["message"]
    assert message["text"].startswith("/more")
    assert message["from"] == {"id": OLENA, "is_bot": False, "first_name": "Олена", "language_code": "uk"}
    assert message["chat"]["type"] == "private"
    assert message["entities"] == [
        {"type": "bot_command", "offset": 0, "length": 5},
        {"type": "mention", "offset": 26, "length": 11},
    ]
    assert await updates(line, offset=update["update_id"]) == [update]
    waiting = asyncio.create_task(updates(line, offset=update["update_id"] + 1))
    await line.deed("say", person=TOM, chat=TOM, text="again")
    assert [one["message"]["text"] for one in await waiting] == ["again"]


async def test_an_album_is_kept_and_shown(line: Line) -> None:
    asked = await line.deed("say", person=TOM, chat=TOM, text="red BMW")
    media: list[dict[str, str]] = [{"type": "photo", "media": f"attach://p{n}"} for n in range(3)]
    media[0] |= {"caption": "<b>BMW</b> &amp; <code>CAR-1</code>", "parse_mode": "HTML"}
    files = {f"p{n}": jpeg(90 + n) for n in range(3)}
    reply = {"message_id": asked["id"]}
    answer = await line.call("sendMediaGroup", chat_id=TOM, media=media, reply_parameters=reply, files=files)
    assert answer["ok"], answer
    first = answer["result"][0]
    assert first["caption"] == "BMW & CAR-1"
    assert [one["type"] for one in first["caption_entities"]] == ["bold", "code"]
    assert first["reply_to_message"]["text"] == "red BMW"
    assert [one["photo"][-1]["width"] for one in answer["result"]] == [90, 91, 92]
    _, *shown = await line.messages(TOM)
    assert len({one["album"] for one in shown}) == 1
    assert shown[0]["html"] == "<b>BMW</b> &amp; <code>CAR-1</code>"
    async with line.http.get(f"{line.sandbox.url}/media/{shown[2]['media']['id']}") as got:
        assert got.content_type == "image/jpeg"
        assert await got.read() == files["p2"]
    again = await line.call("sendPhoto", chat_id=TOM, photo=first["photo"][-1]["file_id"])
    assert again["result"]["photo"] == first["photo"]
    described = (await line.call("getFile", file_id=first["photo"][-1]["file_id"]))["result"]
    token_path = f"{line.sandbox.url}/file/bot424242:sandbox-token-that-opens-nothing-else"
    async with line.http.get(f"{token_path}/{described['file_path']}") as got:
        assert await got.read() == files["p0"]
    assert await line.violations() == []


async def test_a_moving_picture_and_a_file_keep_their_kind(line: Line) -> None:
    film = b"\0\0\0\x20ftypisom" + bytes(64)
    moving = await line.call("sendAnimation", chat_id=TOM, caption="once round", files={"animation": film})
    assert moving["result"]["animation"]["mime_type"] == "video/mp4"
    table = await line.call("sendDocument", chat_id=TOM, files={"document": b"span,albums"})
    assert table["result"]["document"]["file_size"] == 11
    first, second = await line.messages(TOM)
    assert (first["media"]["kind"], first["html"], second["media"]["kind"]) == (
        "animation",
        "once round",
        "document",
    )
    async with line.http.get(f"{line.sandbox.url}/media/{second['media']['id']}") as got:
        assert got.headers["Content-Disposition"].startswith("attachment")
    unplayed = await line.call("sendDice", chat_id=TOM)
    assert unplayed["ok"] is False
    assert await line.violations() == []


async def test_a_press_goes_through_and_is_answered(line: Line) -> None:
    buttons = {"inline_keyboard": [[{"text": "More", "callback_data": "m:1"}]]}
    sent = (await line.call("sendMessage", chat_id=TOM, text="What next?", reply_markup=buttons))["result"]
    refused = await line.deed("press", person=TOM, chat=TOM, message=sent["message_id"], data="forged")
    assert "error" in refused
    query = await line.deed("press", person=TOM, chat=TOM, message=sent["message_id"], data="m:1")
    [update] = await updates(line)
    pressed = update["callback_query"]
    assert (pressed["id"], pressed["data"], pressed["from"]["id"]) == (query["query"], "m:1", TOM)
    assert pressed["message"]["text"] == "What next?"
    assert (await line.call("answerCallbackQuery", callback_query_id=pressed["id"]))["ok"]
    again = await line.call("answerCallbackQuery", callback_query_id=pressed["id"])
    assert "query is too old" in again["description"]


async def test_status_edits_become_photos_and_go_away(line: Line) -> None:
    sent = (await line.call("sendMessage", chat_id=TOM, text="⏳"))["result"]
    where = {"chat_id": TOM, "message_id": sent["message_id"]}
    same = await line.call("editMessageText", **where, text="⏳")
    assert "message is not modified" in same["description"]
    assert (await line.call("editMessageText", **where, text="<i>⏳ 1</i>", parse_mode="HTML"))["ok"]
    assert [one["html"] for one in await line.messages(TOM)] == ["<i>⏳ 1</i>"]
    media = {"type": "photo", "media": "attach://p", "caption": "✅ 1"}
    edited = await line.call("editMessageMedia", **where, media=media, files={"p": jpeg()})
    assert edited["result"]["caption"] == "✅ 1"
    assert "there is no text" in (await line.call("editMessageText", **where, text="x"))["description"]
    assert (await line.call("editMessageCaption", **where, caption="✅ 2"))["ok"]
    [shown] = await line.messages(TOM)
    assert (shown["html"], shown["media"]["kind"]) == ("✅ 2", "photo")
    assert (await line.call("deleteMessage", **where))["ok"]
    assert await line.messages(TOM) == []
    assert "not found" in (await line.call("deleteMessage", **where))["description"]
    assert await line.violations() == []


async def test_a_group_keeps_its_talk_from_the_bot(line: Line) -> None:
    heard = await line.deed("say", person=TOM, chat=GROUP_ID, text="@rakurs_bot red BMW X5")
    unheard = await line.deed("say", person=OLENA, chat=GROUP_ID, text="nice weather")
    assert (heard["unseen"], unheard["unseen"]) == (False, True)
    sent = (await line.call("sendMessage", chat_id=GROUP_ID, text="which one?"))["result"]
    reply = await line.deed(
        "say", person=OLENA, chat=GROUP_ID, text="the red one", reply_to=sent["message_id"]
    )
    assert reply["unseen"] is False
    told = [one["message"] for one in await updates(line)]
    assert [one["text"] for one in told] == ["@rakurs_bot red BMW X5", "the red one"]
    assert told[1]["reply_to_message"]["from"]["id"] == BOT_ID
    member = await line.call("getChatMember", chat_id=GROUP_ID, user_id=OLENA)
    assert member["result"]["status"] == "creator"


async def test_menus_follow_the_language(line: Line) -> None:
    def menu(words: str) -> list[dict[str, str]]:
        return [{"command": "help", "description": words}]

    await line.call("setMyCommands", commands=menu("Help"))
    await line.call("setMyCommands", commands=menu("Довідка"), language_code="uk")
    chat = {"type": "chat", "chat_id": 1003}
    await line.call("setMyCommands", commands=menu("For admins"), scope=chat, language_code="en")

    async def shown(person: int) -> str:
        state = await line.get("/api/state")
        return str(state["menus"][f"{person} {person}"][0]["description"])

    assert [await shown(one) for one in (OLENA, TOM, 1003)] == ["Довідка", "Help", "For admins"]
    await line.deed("speak", person=TOM, language="uk")
    assert await shown(TOM) == "Довідка"


async def test_an_edit_and_a_photo_of_a_person_arrive(line: Line) -> None:
    said = await line.deed("say", person=TOM, chat=TOM, text="blue car", photo=jpeg(200, 100))
    await line.deed("edit", person=TOM, chat=TOM, message=said["id"], text="green car")
    first, second = await updates(line)
    assert (first["message"]["photo"][-1]["width"], first["message"]["caption"]) == (200, "blue car")
    assert second["edited_message"]["caption"] == "green car"
    assert "error" in await line.deed("edit", person=OLENA, chat=TOM, message=said["id"], text="x")
    assert "error" in await line.deed("say", person=OLENA, chat=TOM, text="not my chat")
    assert "error" in await line.deed("say", person=TOM, chat=TOM, text="  ")


async def test_every_change_reaches_the_page_at_once(line: Line) -> None:
    async with line.http.get(f"{line.sandbox.url}/api/events") as stream:

        async def event() -> Any:
            while not (text := (await stream.content.readline()).strip()):
                pass
            return json.loads(text.removeprefix(b"data: "))

        assert (await event())["kind"] == "state"
        await line.call("sendChatAction", chat_id=TOM, action="typing")
        action, call = await event(), await event()
        assert (action["kind"], action["chat"], call["entry"]["method"]) == ("action", TOM, "sendChatAction")
        await line.deed("say", person=TOM, chat=TOM, text="<script>")
        assert (await event())["message"]["html"] == "&lt;script&gt;"


async def test_strangers_are_turned_away(line: Line) -> None:
    assert (await line.call("getMe", token="1:x"))["error_code"] == 401
    headers = {"Origin": "http://elsewhere.example"}
    form = {"person": "1002", "chat": "1002", "text": "x"}
    async with line.http.post(f"{line.sandbox.url}/api/say", data=form, headers=headers) as answer:
        assert answer.status == 403
    bound = {"Host": "rebound.example:8080", "Origin": "http://rebound.example:8080"}
    async with line.http.post(f"{line.sandbox.url}/api/say", data=form, headers=bound) as answer:
        assert answer.status == 403
    async with line.http.get(f"{line.sandbox.url}/api/state", headers=bound) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.ClientResponseError):
        await line.get("/media/none")


async def test_faults_are_played_as_told(line: Line) -> None:
    line.sandbox.faults["sendMessage"] = [(429, {"parameters": {"retry_after": 3}}), "cut"]
    slow = await line.call("sendMessage", chat_id=TOM, text="x")
    assert slow["parameters"] == {"retry_after": 3}
    with pytest.raises(aiohttp.ClientError):
        await line.call("sendMessage", chat_id=TOM, text="x")
    assert (await line.call("sendMessage", chat_id=TOM, text="x"))["ok"]
    assert line.sandbox.said() == ["x", "x", "x"]


async def test_leaving_ends_at_once_while_a_page_listens() -> None:
    async with aiohttp.ClientSession() as http:
        async with Sandbox() as sandbox:
            stream = await http.get(f"{sandbox.url}/api/events")
            await stream.content.readline()
        assert (await stream.content.read()).count(b"data:") == 0


async def test_inline_results_are_asked_answered_and_sent(line: Line) -> None:
    photo = (await line.call("sendPhoto", chat_id=TOM, files={"photo": jpeg()}))["result"]["photo"][-1]
    asked = await line.deed("ask", person=TOM, chat=GROUP_ID, words="bmw")
    [update] = await updates(line)
    query = update["inline_query"]
    assert (query["id"], query["query"], query["from"]["id"], query["chat_type"]) == (
        asked["query"], "bmw", TOM, "supergroup",
    )  # fmt: skip
    one = {"type": "photo", "id": "CAR-1:front", "photo_file_id": photo["file_id"], "caption": "<b>BMW</b>",
           "parse_mode": "HTML"}  # fmt: skip
    answer = {"inline_query_id": query["id"], "cache_time": 0, "is_personal": True}
    twice = await line.call("answerInlineQuery", **answer, results=[one, one])
    assert "two have the same id" in twice["description"]
    gone = await line.call("answerInlineQuery", **answer, results=[{**one, "photo_file_id": "none"}])
    assert "wrong file identifier" in gone["description"]
    assert (await line.call("answerInlineQuery", **answer, results=[one]))["ok"]
    assert "query is too old" in (await line.call("answerInlineQuery", **answer, results=[]))["description"]
    chosen = {"person": TOM, "chat": GROUP_ID, "query": query["id"]}
    assert "error" in await line.deed("choose", **chosen, result="forged")
    sent = await line.deed("choose", **chosen, result="CAR-1:front")
    assert (sent["from"], sent["html"], sent["via"], sent["media"]["kind"]) == (
        TOM,
        "<b>BMW</b>",
        True,
        "photo",
    )
    told = (await updates(line, offset=update["update_id"] + 1))[0]["message"]
    assert told["via_bot"]["id"] == BOT_ID


async def test_topics_keep_their_talk_apart(line: Line) -> None:
    said = await line.deed("say", person=TOM, chat=FORUM_ID, topic=11, text="@rakurs_bot red BMW X5")
    assert said["topic"] == 11
    [update] = await updates(line)
    message = update["message"]
    assert (message["message_thread_id"], message["is_topic_message"]) == (11, True)
    assert message["chat"]["is_forum"] is True
    answer = await line.call("sendMessage", chat_id=FORUM_ID, message_thread_id=11, text="yes")
    assert answer["result"]["is_topic_message"] is True
    for chat, topic in ((FORUM_ID, 99), (GROUP_ID, 11)):
        refused = await line.call("sendMessage", chat_id=chat, message_thread_id=topic, text="no")
        assert "message thread not found" in refused["description"]
    assert "error" in await line.deed("say", person=TOM, chat=FORUM_ID, text="where?")
    assert "error" in await line.deed("say", person=TOM, chat=GROUP_ID, topic=11, text="where?")


def test_a_films_size_and_length_are_read_from_it() -> None:
    film = mp4([jpeg(160, 120)] * 9, width=160, height=120, rate=3)
    assert measure(film) == (160, 120, "video/mp4")
    assert seconds_of(film) == 3
    assert measure(b"\x00\x00\x00\x20ftypisom and nothing more") == (0, 0, "video/mp4")
    assert seconds_of(b"\x00\x00\x00\x20ftypisom and nothing more") == 1
