"""One view with one provider: ask, inspect, keep; again where that makes sense."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import structlog

from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import FailureKind, InspectionError, ProviderError
from bot.pipeline.generate.arrivals import Arrivals
from bot.pipeline.generate.eyes import Eyes, Look, Seen
from bot.pipeline.generate.gate import Permits
from bot.pipeline.generate.hedge import Hedge, Times, raced
from bot.pipeline.generate.order import Sheet, request_for
from bot.pipeline.generate.retry import STOPS_PROVIDER, RetryRules
from bot.pipeline.generate.till import Free, Paid, Till
from bot.pipeline.model import Picture, Rung, View
from bot.pipeline.ports import Clock, Provider, SessionStore
from bot.pipeline.runs import always

_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Line:
    """One provider with what is known of it across all sets."""

    provider: Provider
    gate: Permits
    breaker: Breaker
    times: Times = field(default_factory=Times)
    till: Till | Free = field(default_factory=Free)
    """Of the set that is being drawn."""
    hedge: Hedge | None = None
    """Of the set that is being drawn."""
    paused: Callable[[], None] = lambda: None
    """Told while nothing can be stored, by the set that is being drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Asks for single views. `jitter` gives 0..1; `ready` raises StorageError while no picture can be stored."""

    store: SessionStore
    rules: RetryRules
    clock: Clock
    arrivals: Arrivals
    ready: Callable[[], Awaitable[None]] = always
    jitter: Callable[[], float] = random.random
    eyes: Eyes = field(default_factory=Eyes)
    reused: Counter[str] = field(default_factory=Counter)
    """Pictures that needed no call since the start: of a `stored` one, or of bytes that had `arrived`."""

    async def draw(
        self, view: View, sheet: Sheet, line: Line, seen: Seen, rung: Rung, *, held: bool
    ) -> Picture:
        """The picture of that view, stored and chosen. What was received before is not asked for again.

        `held` says whether the store knows bytes of it. Raises ProviderError or InspectionError when
        it is given up (one in doubt is stored then, if there was one), StorageError as it comes.
        """
        name = line.provider.name
        if held or self.arrivals.waiting(view, name):
            kept = await self._kept(view, line, seen)
            if kept is not None:
                return kept
        # a wait that the provider asks for takes nothing from what is tried again
        waits, tries, before = 0, 0, None
        while True:
            try:
                return await self._once(view, sheet, line, seen, rung, last=tries > 0)
            except (ProviderError, InspectionError) as failure:
                if failure.kind is FailureKind.RESTING and before is not None:
                    raise before from failure
                before = failure
                limited = failure.kind is FailureKind.RATE_LIMIT
                waits, tries = waits + limited, tries + (not limited)
                attempt = waits if limited else tries
                wait = self.rules.delay(failure, attempt, self.jitter())
                _log.info(
                    "picture.failed",
                    session=view.session_id,
                    angle=view.angle,
                    provider=name,
                    kind=failure.kind.value,
                    attempt=attempt,
                    again_in=wait,
                )
                if limited:
                    await line.gate.slow_down(wait or 0.0)
                    line.times.too_many()
                if wait is None:
                    raise
                if not limited:
                    await self.clock.sleep(wait)

    async def _once(
        self, view: View, sheet: Sheet, line: Line, seen: Seen, rung: Rung, *, last: bool
    ) -> Picture:
        async with line.breaker.passed() as may:
            if not may:
                raise ProviderError(provider=line.provider.name, kind=FailureKind.RESTING)
            try:
                arrived, spare = await self._received(view, sheet, line, rung)
            except ProviderError as failure:
                if failure.kind in STOPS_PROVIDER or failure.kind is FailureKind.UNREACHABLE:
                    line.breaker.failed()
                raise
            line.breaker.succeeded()
        if spare is None:
            return await self._taken(view, line, arrived, seen, last=last)
        return await self._of_two(view, line, (arrived, spare), seen, last=last)

    async def _kept(self, view: View, line: Line, seen: Seen) -> Picture | None:
        """What was left: a picture, or bytes that nobody had the time to look at or to store."""
        name = line.provider.name
        kept = await self.store.picture(view.session_id, view.angle, name)
        if kept is not None:
            await self.store.choose(view.session_id, view.angle, name)
            self.reused["stored"] += 1
            return kept
        unsaved = self.arrivals.waiting(view, name)
        if unsaved is not None:
            await self._stored(view, line, unsaved)
        left = await self.store.arrival(view.session_id, view.angle, name)
        if left is None:
            return None
        try:
            decoding = self.eyes.decode(view, left, line.provider.capabilities)
            found = await self._looked_at(view, decoding, line, seen)
        except InspectionError as failure:
            _log.info("picture.left_unusable", session=view.session_id, kind=failure.kind.value)
            return None
        self.reused["arrived"] += 1
        return found

    async def _of_two(
        self, view: View, line: Line, came: tuple[Paid, Paid], seen: Seen, *, last: bool
    ) -> Picture:
        """The first that is a picture. What the other cost is on record, however this ends."""
        async with AsyncExitStack() as spare:
            spare.push_async_callback(line.till.waste, view, came[1])
            try:
                return await self._taken(view, line, came[0], seen)
            except InspectionError:
                spare.pop_all()
            return await self._taken(view, line, came[1], seen, last=last)

    async def _taken(self, view: View, line: Line, paid: Paid, seen: Seen, *, last: bool = False) -> Picture:
        if view.angle in seen.doubted:
            return await self._in_place(view, line, paid, seen)
        # it is decoded while the disk writes it: that takes long enough to be killed in, so neither waits
        decoding = self.eyes.decode(view, paid.picture, line.provider.capabilities)
        try:
            await self._stored(view, line, paid)
        except BaseException:
            decoding.cancel()
            raise
        return await self._looked_at(view, decoding, line, seen, last=last)

    async def _looked_at(
        self, view: View, decoding: Awaitable[Look], line: Line, seen: Seen, *, last: bool = False
    ) -> Picture:
        asked = line.provider.capabilities
        try:
            look = await self.eyes.compare(view, await decoding, asked, seen, last=last)
        except InspectionError:
            if not asked.repeatable:
                await self.store.drop_arrival(view.session_id, view.angle, line.provider.name)
            raise
        # one in doubt as well: from now on the view is not missing, whatever becomes of the next
        await self.store.save_picture(view.session_id, view.angle, look.picture, choose=True)
        if look.doubt is not None:
            seen.doubted[view.angle] = look
            raise look.doubt
        return await self._drawn(view, line, look.picture)

    async def _in_place(self, view: View, line: Line, paid: Paid, seen: Seen) -> Picture:
        """The one more picture of a view that has one in doubt: that one stays where this is none."""
        asked, look = line.provider.capabilities, None
        try:
            decoded = await self.eyes.decode(view, paid.picture, asked)
            look = await self.eyes.compare(view, decoded, asked, seen, last=True)
        finally:
            if look is None:
                await line.till.waste(view, paid)
        await self.arrivals.keep_better(view, look.picture, paid.charge, line.paused)
        return await self._drawn(view, line, look.picture)

    async def _drawn(self, view: View, line: Line, picture: Picture) -> Picture:
        await line.gate.went_well()
        event = f"[AsyncImage] Generated {view.angle} with seed {view.seed}"
        _log.info(
            event, session=view.session_id, provider=picture.provider, seconds=round(picture.seconds, 2)
        )
        return picture

    async def _received(self, view: View, sheet: Sheet, line: Line, rung: Rung) -> tuple[Paid, Paid | None]:
        """What the provider sends, and what a raced call had brought as well."""
        request = await request_for(view, sheet, line.provider, rung)

        async def call() -> Paid:
            # what cannot be stored is not bought, however far its set is
            await self.ready()
            paid = await line.till.pay(view, lambda: line.provider.draw(request))
            line.times.note(paid.picture.seconds)
            return replace(paid, picture=replace(paid.picture, rung=rung))

        async def again() -> Paid:
            async with line.gate.entered():
                return await call()

        async with line.gate.entered():
            after = line.hedge.after() if line.hedge else None
            if line.hedge is None or after is None:
                return await call(), None
            came = await raced(call, again, after=after, sleep=self.clock.sleep, claim=line.hedge.claim)
        return came[0], came[1] if len(came) > 1 else None

    async def _stored(self, view: View, line: Line, paid: Paid) -> None:
        """What was bought lies on the disk before anybody says what it is worth."""
        if not line.provider.capabilities.repeatable:
            await self.arrivals.keep(view, paid, line.paused)
