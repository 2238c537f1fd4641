"""Do generated updates break anything? The real application over real HTTP, every call judged."""

from __future__ import annotations

import asyncio
import io
import random
import time
from dataclasses import replace
from typing import Any, cast

from PIL import Image
from structlog.testing import capture_logs

from bot.handlers.access import AccessLimits
from bot.handlers.outbox import Limits
from bot.pipeline.money import Budgets
from bot.sandbox.server import TOKEN, Sandbox
from tests.proofs.fuzz.batch import Found
from tests.proofs.fuzz.updates import CHANNEL, FORUM, OLD_GROUP, PEOPLE, Updates
from tests.reading import RULES
from tests.unit.handlers.conftest import House, open_house
from tests.unit.handlers.house import PICTURE

PATIENCE = 120.0
AT_ONCE = Limits(chat_rate=1e6, chat_burst=1e6, group_rate=1e6, group_burst=1e6, all_rate=1e6)


async def handle_updates(seed: int, count: int) -> Found:
    """Updates through polling, durable queue, handlers and outbox, to a Telegram that judges every call."""
    found, errors = Found(), []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(str(context)))
    with capture_logs() as log:
        async with Sandbox(record=False) as sandbox:
            for chat in (*PEOPLE, FORUM, CHANNEL, OLD_GROUP):
                kind = "private" if chat > 0 else "channel" if chat == CHANNEL else "supergroup"
                sandbox.world.chats.setdefault(chat, {"id": chat, "type": kind, "title": "t"})
            async with open_house(
                cast("Any", sandbox),
                token=TOKEN,
                limits=AccessLimits(requests_per_minute=10**9),
                budgets=Budgets(),
                pace=AT_ONCE,
                understanding=RULES,
                picture=replace(PICTURE, content=_jpeg()),
            ) as house:
                left = await _feed(sandbox, house, seed, count)
            found.calls = sandbox.ledger.count
            broken = sandbox.ledger.violations()["violations"]
    found.wrong += [f"seed {seed}: update {number} was not done" for number in sorted(left)[:5]]
    found.wrong += [f"seed {seed}: {one['method']} {one['violations']} {one['fields']}" for one in broken[:5]]
    found.wrong += [f"seed {seed}: {one}" for one in errors[:5]]
    found.wrong += [f"seed {seed}: {entry}" for entry in log if entry["log_level"] in {"error", "critical"}][
        :5
    ]
    return found


async def _feed(sandbox: Sandbox, house: House, seed: int, count: int) -> set[int]:
    """Hand updates over as people send them; the ids of those that never ended."""
    cars: list[str] = []
    maker = Updates(random.Random(seed), cars)
    until = time.monotonic() + PATIENCE
    for first in range(1, count + 1, 100):
        chunk = range(first, min(first + 100, count + 1))
        cars[:] = list(house.store.sessions)
        fresh = [{"update_id": number, **maker.one()} for number in chunk]
        async with sandbox.world.arrived:
            sandbox.world.updates += fresh
            sandbox.world.arrived.notify_all()
        while len(house.store.handled) < chunk[-1] and time.monotonic() < until:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.005)
    return set(range(1, count + 1)) - house.store.handled


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 32), "red").save(out, "JPEG")
    return out.getvalue()
