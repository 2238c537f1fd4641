"""Does the chat page do in a real browser what people expect of a messenger?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.pipeline.studio.film import mp4
from bot.sandbox.cast import FORUM_ID
from tests.unit.sandbox.browser import CHROMIUM, Browser
from tests.unit.sandbox.conftest import Line, jpeg

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
TOM = 1002
BUTTONS = {"inline_keyboard": [[{"text": "More angles", "callback_data": "m:1"}]]}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as opened:
        yield opened
        assert opened.errors == []


async def told(line: Line, offset: int = 0) -> Any:
    """The next update."""
    answer = await line.call("getUpdates", offset=offset, timeout=15)
    return answer["result"][0]


async def test_a_talk_from_the_first_word_to_the_album(line: Line, browser: Browser) -> None:
    await browser.open(f"{line.sandbox.url}/?person={TOM}&chat={TOM}&theme=dark")
    await browser.until("document.querySelector('.empty')")
    await browser.type("red BMW X5 2021")
    update = await told(line)
    assert update["message"]["text"] == "red BMW X5 2021"
    await browser.until("document.querySelector('.said.mine').textContent.includes('red BMW')")
    await line.call("sendChatAction", chat_id=TOM, action="typing")
    await browser.until("document.querySelector('#chat-state').textContent === 'typing…'")
    status = (await line.call("sendMessage", chat_id=TOM, text="⏳ Front"))["result"]["message_id"]
    await line.call("editMessageText", chat_id=TOM, message_id=status, text="✅ Front")
    await browser.until("document.querySelector('#messages').textContent.includes('✅ Front')")
    media: list[dict[str, str]] = [{"type": "photo", "media": f"attach://p{n}"} for n in range(5)]
    media[0] |= {"caption": "<b>BMW X5</b> <code>CAR-1</code>", "parse_mode": "HTML"}
    files = {f"p{n}": jpeg(320 + n, 213) for n in range(5)}
    assert (await line.call("sendMediaGroup", chat_id=TOM, media=media, files=files))["ok"]
    await line.call("deleteMessage", chat_id=TOM, message_id=status)
    await line.call("sendMessage", chat_id=TOM, text="What next?", reply_markup=BUTTONS)
    await browser.until("document.querySelectorAll('.album').length === 1")
    await browser.until("[...document.querySelectorAll('.album img')].every((one) => one.naturalWidth > 319)")
    assert await browser.run("document.querySelectorAll('.album img').length") == 5
    assert await browser.run("document.querySelector('.words b').textContent") == "BMW X5"
    assert "Front" not in await browser.run("document.querySelector('#messages').textContent")
    assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
    await browser.press("More angles")
    pressed = await told(line, update["update_id"] + 1)
    assert pressed["callback_query"]["data"] == "m:1"
    query = pressed["callback_query"]["id"]
    await line.call("answerCallbackQuery", callback_query_id=query, text="Coming")
    await browser.until("document.querySelector('#toast').textContent === 'Coming'")
    await browser.run("document.querySelectorAll('.album img')[4].click()")
    assert await browser.run("document.querySelector('#viewer-count').textContent") == "5 / 5"
    for key, count in (("ArrowRight", "1 / 5"), ("ArrowLeft", "5 / 5")):
        await browser.do("Input.dispatchKeyEvent", type="keyDown", key=key)
        assert await browser.run("document.querySelector('#viewer-count').textContent") == count
    await browser.do("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert await browser.run("document.querySelector('#viewer').hidden")


async def test_a_tall_picture_alone_is_shown_whole(line: Line, browser: Browser) -> None:
    await line.call("sendPhoto", chat_id=TOM, files={"photo": jpeg(300, 600)}, caption="figures")
    await browser.open(f"{line.sandbox.url}/?person={TOM}&chat={TOM}")
    await browser.until("document.querySelector('.album img').naturalWidth === 300")
    box = await browser.run(
        "(({width, height}) => [width, height])(document.querySelector('.album img').getBoundingClientRect())"
    )
    row = await browser.run("document.querySelector('.album').clientWidth")
    assert box[0] == pytest.approx(row, abs=1)
    assert box[0] / box[1] == pytest.approx(0.5, abs=0.02)


async def test_a_violation_is_red_and_words_of_strangers_are_harmless(line: Line, browser: Browser) -> None:
    await browser.open(f"{line.sandbox.url}/?person={TOM}&chat={TOM}")
    await browser.until("document.querySelector('.empty')")
    evil = "<img src=x onerror='document.title=1'>"
    await asyncio.gather(
        line.deed("say", person=TOM, chat=TOM, text=evil),
        line.call("sendMessage", chat_id=TOM, text="x" * 4097),
    )
    await browser.until("document.querySelector('.calls-chip.bad')")
    await browser.until(f"document.querySelector('.said .words').textContent.includes({evil!r})")
    assert await browser.run("document.querySelector('#calls-count').textContent") == "1 rule broken"
    await browser.run("document.querySelector('#open-calls').click()")
    await browser.until("document.querySelector('.call.bad .why').textContent.includes('4097')")
    assert await browser.run("document.title") == "Rakurs · sandbox"


async def test_people_chats_languages_and_themes_are_switched(line: Line, browser: Browser) -> None:
    await line.call("setMyCommands", commands=[{"command": "more", "description": "More angles"}])
    await browser.open(f"{line.sandbox.url}/?person={TOM}&chat={TOM}&theme=light")
    await browser.until("document.querySelector('.empty')")
    light = await browser.run("getComputedStyle(document.body).backgroundColor")
    for words in ("dark", "Українська"):
        await browser.press(words)
    await browser.until("document.documentElement.lang === 'uk'")
    assert line.sandbox.world.people[TOM].language == "uk"
    assert await browser.run("getComputedStyle(document.body).backgroundColor") != light
    await browser.run("document.querySelectorAll('#chats .row')[1].click()")
    await browser.until("document.querySelector('#chat-title').textContent.includes('Автоклуб')")
    await browser.type("гарна погода")
    await browser.until("document.querySelector('.note')")
    await browser.run("document.querySelector('#slash').click()")
    await browser.until("document.querySelector('#menu button').textContent.includes('/more')")


async def test_inline_results_topics_films_and_links(line: Line, browser: Browser) -> None:
    photo = (await line.call("sendPhoto", chat_id=TOM, files={"photo": jpeg()}))["result"]["photo"][-1]
    link = "https://t.me/rakurs_bot?start=CAR-12345678-abcdefgh"
    await line.call("sendMessage", chat_id=TOM, text=f"Whoever has it: {link}")
    film = mp4([jpeg(160, 120)] * 4, width=160, height=120, rate=2)
    await line.call("sendAnimation", chat_id=TOM, files={"animation": film}, caption="once round")
    await browser.open(f"{line.sandbox.url}/?person={TOM}&chat={TOM}&theme=dark")
    await browser.until("document.querySelector('video.film')")
    assert await browser.run("document.documentElement.scrollWidth <= innerWidth")
    await browser.run("document.querySelector('.words a[href*=start]').click()")
    started = await told(line)
    assert started["message"]["text"] == "/start CAR-12345678-abcdefgh"
    await browser.run("[...document.querySelectorAll('#chats .row')].at(-1).click()")
    await browser.until("document.querySelector('#chat-title').textContent.includes('For sale')")
    await browser.run("document.getElementById('text').focus()")
    await browser.do("Input.insertText", text="@rakurs_bot bmw")
    query = (await told(line, started["update_id"] + 1))["inline_query"]
    one = {"type": "photo", "id": "CAR-1:front", "photo_file_id": photo["file_id"], "title": "BMW"}
    await line.call("answerInlineQuery", inline_query_id=query["id"], results=[one], is_personal=True)
    await browser.until("document.querySelector('#inline img').naturalWidth > 0")
    await browser.run("document.querySelector('#inline .inline-grid button').click()")
    await browser.until("document.querySelector('.via')")
    [sent] = [said for said in await line.messages(FORUM_ID) if said["via"]]
    assert sent["topic"] == 12


async def test_an_inline_answer_that_comes_before_its_questions_number_is_shown(
    line: Line, browser: Browser
) -> None:
    await browser.open(line.sandbox.url)
    await browser.until("document.querySelector('#chats .row')")
    await browser.run(
        "import('/inline.js').then(({ inlineOf }) => {"
        " window.panel = document.createElement('div');"
        " const inline = inlineOf({ panel, name: 'bot', words: () => ({ nothing: 'none' }),"
        "  ask: async () => { inline.answered({ query: 7, results: [], next_offset: '' }); return 7; } });"
        " inline.typed('@bot bmw'); })"
    )
    await browser.until("panel.textContent === 'none'")
