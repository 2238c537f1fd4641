"""How does one run go? Every album lives through the bot's own steps, in simulated time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import simpy

from bot.handlers.turnstile import Rank
from bot.simulation.arrivals import Arrival
from bot.simulation.pace import Pace, Ticket
from bot.simulation.plan import Plan
from bot.simulation.stations import Rate, Slots, Starts, Turns, Wait


@dataclass(slots=True, kw_only=True)
class Lived:
    """One album's moments in seconds: asked, its turn, the first picture in the chat, the album there."""

    owner: str
    views: int
    asked: float
    turn: float = 0.0
    first: float | None = None
    album: float = 0.0
    next_edit: float = 0.0
    edit: Ticket | None = None


class World:
    """One bot token, its workers and a provider. `play` once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self.env = env = simpy.Environment()
        fleet, limits = plan.fleet, plan.telegram.limits
        self.turns = Turns(env, at_once=fleet.workers * plan.albums_at_once, each=fleet.per_owner)
        self.maker = Slots(env, plan.maker.at_once)
        self.starts = Starts(env, per_minute=plan.maker.per_minute, pace=plan.maker.pace)
        self.loops = Slots(env, fleet.workers)
        self.cores = Slots(env, fleet.workers * fleet.cores)
        self.uploads = Turns(env, at_once=fleet.workers * plan.telegram.uploads, each=1)
        self.pace = Pace(env, rate=limits.all_rate)
        self._chats: dict[str, Rate] = {}
        self.lived: list[Lived] = []

    def play(self) -> None:
        """From the first wish until everybody has an album."""
        wishes = self._plan.arrivals.wishes(self._rng)
        self.env.process(self._write(wishes))
        self.env.run()

    def _write(self, wishes: Sequence[Arrival]) -> Wait:
        for wish in wishes:
            yield self.env.timeout(max(0.0, wish.at - self.env.now))
            album = Lived(
                owner=wish.owner or f"person {self._rng.randrange(self._plan.people)}",
                views=wish.views or self._plan.views,
                asked=self.env.now,
            )
            self.lived.append(album)
            self.env.process(self._live(album))

    def _live(self, album: Lived) -> Wait:
        env, plan = self.env, self._plan
        env.process(self._say(album.owner))  # the status message
        yield from self.turns.take(album.owner)
        album.turn = env.now
        yield env.timeout(plan.fleet.search)
        yield env.all_of([env.process(self._view(album)) for _ in range(album.views)])
        self.turns.give_back(album.owner)
        yield from self.uploads.take(album.owner)
        if album.edit is not None:
            # a status that still waits says nothing any more
            album.edit.given_up = True
        yield from self._say(album.owner, album.views, Rank.ALBUM)
        yield env.timeout(plan.telegram.upload)
        self.uploads.give_back(album.owner)
        album.album = env.now
        if album.first is None:
            album.first = album.album
        env.process(self._say(album.owner))  # the buttons

    def _view(self, album: Lived) -> Wait:
        yield from self.maker.take()
        yield from self.starts.take()
        yield self.env.timeout(self._plan.maker.latency.sample(self._rng))
        self.maker.give_back()
        for station, seconds in ((self.cores, self._plan.fleet.cpu), (self.loops, self._plan.fleet.loop)):
            yield from station.take()
            yield self.env.timeout(seconds)
            station.give_back()
        if album.edit is None:
            album.edit = Ticket(rank=Rank.EDIT, weight=1.0)
            self.env.process(self._edit(album, album.edit))

    def _edit(self, album: Lived, ticket: Ticket) -> Wait:
        """The status shows what came, one edit a second at most, and none once the album leaves."""
        yield self.env.timeout(max(0.0, album.next_edit - self.env.now))
        yield from self._lane(album.owner).take(ticket.weight)
        yield from self.pace.pass_through(ticket)
        if ticket.given_up:
            return
        album.edit = None
        album.next_edit = self.env.now + self._plan.telegram.limits.edit_gap
        if album.first is None:
            album.first = self.env.now

    def _say(self, chat: str, weight: float = 1.0, rank: Rank = Rank.NEWS) -> Wait:
        yield from self._lane(chat).take(weight)
        yield from self.pace.pass_through(Ticket(rank=rank, weight=weight))

    def _lane(self, chat: str) -> Rate:
        limits = self._plan.telegram.limits
        lane = self._chats.get(chat)
        if lane is None:
            lane = self._chats[chat] = Rate(self.env, rate=limits.chat_rate, burst=limits.chat_burst)
        return lane
