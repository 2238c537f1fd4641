"""Nobody's words become markup: hostile names of cars, authors and links through everything that is said of them."""

from __future__ import annotations

import html
import json
from dataclasses import replace

from bot.pipeline.model import CarSpec, Credit
from bot.sandbox.markup import read_html
from tests.fakes.cars import FULL_SPEC
from tests.loopback.bot_api import message, pressed
from tests.unit.handlers.conftest import House
from tests.unit.handlers.test_strangers import OWNER, a_car_of_the_owner, commands, settled, verbs

EVIL = '<a href="tg://user?id=1">&lt;{0}%s</a>'
ALLOWED = {"bold", "italic", "code", "pre", "bot_command", "url", "mention"}


def evil() -> CarSpec:
    """Every field that holds words, and the plate, as somebody might wish them."""
    words = dict.fromkeys(("brand", "model", "generation", "trim", "plate"), EVIL)
    return replace(FULL_SPEC, **words)  # type: ignore[arg-type] # the names are the spec's own


async def test_hostile_words_stay_words_in_every_answer(house: House) -> None:
    session = await a_car_of_the_owner(house, 1, OWNER)
    house.store.sessions[session.id] = replace(session, spec=evil())
    await house.store.save_credits(session.id, [Credit(url=EVIL, author=EVIL, licence=EVIL)])
    lines = [f"/{name} {session.id}" for name in sorted(commands(house) - {"delete"})]
    await settled(
        house,
        [
            *(
                {"message": message(line, number=100 + number, chat=9000 + number)}
                for number, line in enumerate(
                    [*lines, "/cars", "/credits", "red BMW X5", f"/start {session.id}"]
                )
            ),
            *(
                pressed(f"{verb}:{session.id}:1", chat=9500 + number)
                for number, verb in enumerate(sorted(verbs() - {"D", "E"}))
            ),
        ],
    )
    texts = [
        text for call in house.api.calls for name in ("text", "caption") if (text := call.fields.get(name))
    ]
    texts += [
        one["caption"]
        for call in house.api.of("sendMediaGroup")
        for one in json.loads(call.fields["media"])
        if "caption" in one
    ]
    named = [text for text in texts if html.escape(EVIL, quote=False) in text]
    assert len(named) > 3
    for text in texts:
        assert EVIL not in text
        assert {entity["type"] for entity in read_html(text).entities} <= ALLOWED, text
    assert not any("Something went wrong" in text for text in texts)
