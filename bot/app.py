"""Wiring: the only place that names concrete classes; opens and closes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bot.config import Settings
from bot.makers import keys_of
from bot.pipeline.chat_prices import chat_price
from bot.pipeline.errors import BadSettings
from bot.pipeline.gazetteer import Gazetteer
from bot.pipeline.generate import Cashier, SetDrawer
from bot.pipeline.generate.gate import Permits, gate_of, rate_of
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.money import Budgets, Limits
from bot.pipeline.ports import Judge, Progress, Provider, Researcher
from bot.pipeline.providers.registry import build_providers
from bot.pipeline.providers.studio import StudioProvider
from bot.pipeline.purse import Purse
from bot.pipeline.research.download import Downloader
from bot.pipeline.research.leads import Source
from bot.pipeline.research.memory import Memory
from bot.pipeline.research.researcher import WebResearcher
from bot.pipeline.research.websearch import DuckDuckGo, ThreadedSearch
from bot.pipeline.research.wikimedia import Wikimedia
from bot.pipeline.trust import authorities
from bot.pipeline.understand import Understanding
from bot.words import Words, open_words
from storage import Storage, open_storage
from storage.jobs import Jobs
from storage.permits import SharedGate
from storage.shared_folder import FolderNotShared, shared_folder

if TYPE_CHECKING:
    from bot.pipeline.chat import Chat
    from bot.pipeline.generate.vision import ChatJudge
    from bot.pipeline.understand.second import ModelReader


class SystemClock:
    """A Clock on the machine's own clocks."""

    def now(self) -> float:
        return time.time()

    def ticks(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What is open while Rakurs draws."""

    settings: Settings
    clock: SystemClock
    gazetteer: Gazetteer
    understanding: Understanding
    second: ModelReader | None
    storage: Storage
    jobs: Jobs
    providers: tuple[Provider, ...]
    studio: StudioProvider
    drawer: SetDrawer
    memory: Memory
    sources: tuple[Wikimedia | ThreadedSearch, ...]
    purse: Purse

    def reads_sentences(self, provider: str | None) -> bool:
        """Whether that provider is asked in sentences (else in tags)."""
        return all(one.capabilities.instructions for one in self.providers if one.name == provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is put around parts of the house by whoever watches them."""

    provider: Callable[[Provider], Provider] = lambda provider: provider
    researcher: Callable[[Researcher], Researcher] = lambda researcher: researcher
    judge: Callable[[Judge], Judge] = lambda judge: judge
    job: Callable[[str, str], None] = lambda _job, _outcome: None


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    progress: Progress,
    database: str | None = None,
    words: Words | None = None,
    around: Around | None = None,
) -> AsyncIterator[House]:
    """Everything that draws. `database` names another SQLite file in the data folder than the bot's;
    `words` are handed in by whoever has opened them already.

    Raises BadSettings and StorageError.
    """
    clock = SystemClock()
    folder = settings.rakurs_data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(problems=(("RAKURS_DATA_DIR", f"cannot be used: {error.strerror}"),)) from error
    url = f"sqlite:///{folder / database}" if database else settings.database
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(url, media_dir=settings.media_dir))
        if storage.database.shared:
            await _join(stack, storage, settings.media_dir)
        studio = StudioProvider()
        stack.push_async_callback(studio.close)
        providers = build_providers(settings.provider_order, keys=keys_of(settings), studio=studio)
        if providers[0] is studio or any(one.capabilities.takes_guide for one in providers):
            await studio.start()
        for provider in providers:
            if provider is not studio:
                stack.push_async_callback(provider.close)
        words = words or open_words()
        second = _second_reader(settings, words.understanding)
        if second is not None:
            stack.push_async_callback(second.close)
        judge = _judge(settings, words.understanding)
        if judge is not None:
            stack.push_async_callback(judge.close)
        memory = Memory(cache=storage.searches, clock=time.time)
        stack.push_async_callback(memory.close)
        sources = await _open_sources(settings, stack)
        around = around or Around()
        researcher = _researcher(settings, stack, memory, sources, words.gazetteer)
        budgets = budgets_of(settings)
        drawer = SetDrawer(
            store=storage.sessions,
            providers=[around.provider(provider) for provider in providers],
            researcher=around.researcher(researcher),
            progress=progress,
            guides=studio,
            clock=clock,
            cashier=Cashier(ledger=storage.ledger, budgets=budgets),
            permits=partial(_permits, storage, clock),
            rules=RetryRules(hedge=settings.rakurs_hedge),
            judge=around.judge(judge) if judge is not None else None,
            ready=storage.media.ensure_room,
        )
        yield House(
            settings=settings,
            clock=clock,
            gazetteer=words.gazetteer,
            understanding=words.understanding,
            second=second,
            storage=storage,
            jobs=Jobs(storage=storage, clock=clock.now, told=around.job),
            providers=providers,
            studio=studio,
            drawer=drawer,
            memory=memory,
            sources=sources,
            purse=Purse(ledger=storage.ledger, budgets=budgets, providers=providers, clock=clock),
        )


def budgets_of(settings: Settings) -> Budgets:
    """Admins and the command line are held by the budget for everybody alone."""
    return Budgets(
        limits=Limits(
            person=settings.rakurs_budget_person,
            chat=settings.rakurs_budget_chat,
            everybody=settings.rakurs_budget_total,
        ),
        exempt=frozenset({"cli", *(str(admin) for admin in settings.admin_ids)}),
    )


async def _join(stack: AsyncExitStack, storage: Storage, media_dir: Path) -> None:
    """Be one of the workers on that database."""
    members = await stack.enter_async_context(storage.members)
    try:
        folder = shared_folder(media_dir, database=storage.database, mark=members.mark)
        await stack.enter_async_context(folder)
    except FolderNotShared as error:
        problem = "is another folder than that of the other workers on this database; let them share one"
        raise BadSettings(problems=(("RAKURS_DATA_DIR", problem),)) from error


def _permits(storage: Storage, clock: SystemClock, provider: Provider) -> Permits:
    """The studio draws with this machine's processors; all others are shared by all workers."""
    if not storage.database.shared or isinstance(provider, StudioProvider):
        return gate_of(provider, clock)
    return SharedGate(
        database=storage.database,
        worker=lambda: storage.members.worker,
        provider=provider.name,
        limit=provider.capabilities.concurrency,
        pace=provider.capabilities.pace,
        rate=rate_of(provider),
    )


def _second_reader(settings: Settings, understanding: Understanding) -> ModelReader | None:
    if settings.rakurs_reader_model is None:
        return None
    # here and not above: the SDK behind it takes a second to load, and few ask for it
    from bot.pipeline.understand.second import ModelReader  # noqa: PLC0415

    chat = _chat(settings, settings.rakurs_reader_model, settings.rakurs_reader_seconds)
    return ModelReader(understanding=understanding, chat=chat)


def _judge(settings: Settings, understanding: Understanding) -> ChatJudge | None:
    if settings.rakurs_vision_model is None:
        return None
    from bot.pipeline.generate.vision import ChatJudge  # noqa: PLC0415 - as above

    model, elsewhere = settings.rakurs_vision_model, settings.openai_base_url is not None
    return ChatJudge(
        understanding=understanding,
        chat=_chat(settings, model, settings.rakurs_vision_seconds),
        clock=time.monotonic,
        charges=chat_price(model, own_server=elsewhere, known=settings.rakurs_vision_price),
    )


def _chat(settings: Settings, model: str, seconds: float) -> Chat:
    from bot.pipeline.chat import Chat  # noqa: PLC0415 - as above

    keys = keys_of(settings)
    return Chat(api_key=keys.openai_key or "none", base_url=keys.openai_url, model=model, seconds=seconds)


async def _open_sources(settings: Settings, stack: AsyncExitStack) -> tuple[Wikimedia | ThreadedSearch, ...]:
    if not settings.rakurs_search:
        return ()
    client = await stack.enter_async_context(httpx.AsyncClient(timeout=5, verify=authorities()))
    web = ThreadedSearch(search=DuckDuckGo(), clock=time.monotonic)
    stack.callback(web.close)
    return (Wikimedia(client=client, user_agent=_user_agent(settings), clock=time.monotonic), web)


def _researcher(
    settings: Settings,
    stack: AsyncExitStack,
    memory: Memory,
    sources: tuple[Source, ...],
    gazetteer: Gazetteer,
) -> WebResearcher:
    downloader = Downloader(user_agent=_user_agent(settings))
    stack.push_async_callback(downloader.close)
    return WebResearcher(
        sources=sources,
        downloader=downloader,
        memory=memory,
        badges=gazetteer.badges(),
        deadline=settings.rakurs_search_seconds,
    )


def _user_agent(settings: Settings) -> str:
    try:
        number = version("rakurs")
    except PackageNotFoundError:
        number = "0"
    contact = f" ({settings.rakurs_contact})" if settings.rakurs_contact else ""
    return f"Rakurs/{number}{contact}"
