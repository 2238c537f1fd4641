"""What is polled is on the disk, all of it together, before the bot asks for more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from telegram import Update

from bot.handlers.excuse import Excuse
from bot.handlers.outbox import Outbox
from bot.handlers.updates import DurableQueue, MarkingProcessor, PollingBot
from bot.handlers.visits import Desk
from bot.handlers.voice import make_bot, make_voice
from bot.pipeline.errors import StorageError
from bot.pipeline.tracing import Untraced
from tests.fakes.clock import RealClock
from tests.fakes.store import MemoryStore
from tests.loopback.bot_api import TOKEN, BotApi, message


@dataclass(slots=True)
class SlowInbox:
    """Stores only when `open`; `crowded` when three wait for that."""

    known: set[int] = field(default_factory=set)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    crowded: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: set[int] = field(default_factory=set)

    async def put(self, update_id: int, payload: str) -> bool:
        self.waiting.add(update_id)
        if len(self.waiting) == 3:
            self.crowded.set()
        await self.open.wait()
        fresh = update_id not in self.known
        self.known.add(update_id)
        return fresh

    async def done(self, update_id: int) -> None: ...

    async def pending(self) -> Sequence[str]:
        return ()


@contextlib.asynccontextmanager
async def three_polled(
    api: BotApi, inbox: SlowInbox
) -> AsyncIterator[tuple[DurableQueue, PollingBot, asyncio.Future[tuple[Update, ...]]]]:
    """A bot that has asked for three updates, while the inbox has them and does not answer yet."""
    queue = DurableQueue(inbox=inbox, clock=RealClock())
    bot = make_bot(token=TOKEN, base_url=api.url)
    bot.keep_in(queue)
    for number in range(3):
        await api.push({"message": message("/help", number=number)})
    async with bot:
        polled = asyncio.ensure_future(bot.get_updates(timeout=1))
        async with asyncio.timeout(5):
            await inbox.crowded.wait()
        yield queue, bot, polled


async def test_polled_updates_are_stored_together_before_they_are_handed_on(api: BotApi) -> None:
    inbox = SlowInbox(known={2})
    async with three_polled(api, inbox) as (queue, _, polled):
        assert not polled.done()
        inbox.open.set()
        updates = await polled
        for update in updates:
            await queue.put(update)
    handed_on = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [update.update_id for update in handed_on if isinstance(update, Update)] == [1, 3]
    assert 0 < queue.longest_store < 5


def update_of(text: str, number: int, chat: int = 7) -> Update:
    made = Update.de_json({"update_id": number, "message": message(text, number=number, chat=chat)}, None)
    assert made is not None
    return made


async def test_a_command_does_not_wait_behind_cars_and_what_is_in_hand_is_bounded() -> None:
    inbox = SlowInbox()
    inbox.open.set()
    queue = DurableQueue(inbox=inbox, clock=RealClock(), most=5)
    processor = MarkingProcessor(queue=queue, inbox=inbox, at_once=2, light_at_once=1, tracer=Untraced())
    held, done = asyncio.Event(), list[str]()

    async def handle(name: str, *, wait: bool) -> None:
        if wait:
            await held.wait()
        done.append(name)

    async def into(text: str, number: int) -> asyncio.Task[None]:
        update = update_of(text, number)
        await queue.put(update)
        work = handle(text, wait=not text.startswith("/"))
        return asyncio.ensure_future(processor.process_update(update, work))

    cars = [await into(f"red BMW {number}", number) for number in range(4)]
    await (await into("/help", 10))
    assert done == ["/help"]
    assert queue.under_way == 4
    await queue.put(update_of("red BMW", 11))
    too_many = asyncio.ensure_future(queue.put(update_of("red BMW", 12)))
    await asyncio.sleep(0.01)
    assert not too_many.done()
    held.set()
    await asyncio.gather(*cars, too_many)
    assert queue.under_way == 2


class Refuses(SlowInbox):
    """A disk that is full for a while."""

    full = True

    async def put(self, update_id: int, payload: str) -> bool:
        if self.full:
            raise StorageError("full")
        return await SlowInbox.put(self, update_id, payload)


async def test_who_polls_may_be_stopped_and_what_came_is_still_queued_once(api: BotApi) -> None:
    inbox = SlowInbox()
    async with three_polled(api, inbox) as (queue, bot, polled):
        polled.cancel()
        await asyncio.gather(polled, return_exceptions=True)
        inbox.open.set()
        # not confirmed, so they come again
        for update in await bot.get_updates(timeout=1):
            await queue.put(update)
    async with asyncio.timeout(5):
        handed_on = [await queue.get() for _ in range(3)]
    assert sorted(update.update_id for update in handed_on if isinstance(update, Update)) == [1, 2, 3]
    assert queue.empty()


async def test_whoever_writes_while_nothing_can_be_stored_is_told_once(api: BotApi) -> None:
    clock, inbox, store = RealClock(), Refuses(), MemoryStore()
    inbox.open.set()
    async with Outbox(clock=clock) as outbox:
        voice = make_voice(bot=make_bot(token=TOKEN, base_url=api.url), outbox=outbox, clock=clock)
        desk = Desk(texts=voice.texts, preferences=store, admin_ids=frozenset())
        excuse = Excuse(desk=desk, speaker=voice.speaker, clock=clock)
        queue = DurableQueue(inbox=inbox, clock=clock)
        queue.excuse = excuse
        async with voice.bot:
            said = {"red BMW": 7, "blue BMW": 7, "/help": -5, "just talking": -6}
            kept = [
                asyncio.ensure_future(queue.put(update_of(text, number, chat=chat)))
                for number, (text, chat) in enumerate(said.items())
            ]
            await api.until(lambda: len(api.said()) == 2)
            await asyncio.sleep(0.1)
            inbox.full = False
            await asyncio.gather(*kept)
        await queue.close()
    assert {call.fields["chat_id"] for call in api.of("sendMessage")} == {"7", "-5"}
    assert all("I have not begun yet" in text for text in api.said())
    assert queue.qsize() == 4
