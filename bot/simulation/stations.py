"""Where does one wait? Turns of albums, a rate that refills with time, and how busy each was."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Generator
from typing import Any

import simpy

from bot.pipeline.generate.rate import Rate as PerMinute
from bot.pipeline.turns import next_turn

Wait = Generator[simpy.Event, Any, None]


class Load:
    """How much was in use over time: area under the curve, and the curve's steps."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._since = 0.0
        self.now = 0
        self.area = 0.0
        self.steps: list[tuple[float, int]] = [(0.0, 0)]

    @property
    def most(self) -> int:
        """The highest step; what came and went in the same moment is none."""
        return max(count for _, count in self.steps)

    def change(self, by: int) -> None:
        """One more, or one less."""
        self.area += self.now * (self._env.now - self._since)
        self._since = self._env.now
        self.now += by
        if self.steps[-1][0] == self._since:
            self.steps.pop()
        self.steps.append((self._since, self.now))


class Slots:
    """So many at once, first come first served."""

    def __init__(self, env: simpy.Environment, capacity: int) -> None:
        self._resource = simpy.Resource(env, capacity=capacity)
        self.used = Load(env)

    def take(self) -> Wait:
        """Wait for one."""
        yield self._resource.request()
        self.used.change(1)

    def give_back(self) -> None:
        """Leave one to the next; they are all alike, so any request in use will do."""
        self.used.change(-1)
        self._resource.release(self._resource.users[0])


class Turns:
    """The runner's turns: so many at once, so many of one owner, owners one after the other."""

    def __init__(self, env: simpy.Environment, *, at_once: int, each: int) -> None:
        self._env = env
        self._free = at_once
        self._each = each
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[simpy.Event]] = OrderedDict()
        self.used = Load(env)
        self.queue = Load(env)

    def take(self, owner: str) -> Wait:
        """Wait for a turn of that owner."""
        granted = self._env.event()
        self._waiting.setdefault(owner, deque()).append(granted)
        self.queue.change(1)
        self._admit()
        yield granted

    def give_back(self, owner: str) -> None:
        """End a turn."""
        self._held[owner] -= 1
        self._free += 1
        self.used.change(-1)
        self._admit()

    def _admit(self) -> None:
        while self._free and (turn := next_turn(self._waiting, self._held, self._each)):
            owner, granted = turn
            self._free -= 1
            self._held[owner] += 1
            self.queue.change(-1)
            self.used.change(1)
            granted.succeed()


class Starts:
    """When pictures of a provider may begin, by the rule of the bot's gate: so many a minute, so far apart."""

    def __init__(self, env: simpy.Environment, *, per_minute: int | None, pace: float) -> None:
        self._env = env
        self._minute = PerMinute(most=per_minute) if per_minute else None
        self._pace = pace
        self._next = 0.0
        self._begun: deque[float] = deque()

    def take(self) -> Wait:
        """Wait until one more may begin, and begin it."""
        while (wait := self._wait()) > 0:
            yield self._env.timeout(wait)
        self._begun.append(self._env.now)
        self._next = self._env.now + self._pace

    def _wait(self) -> float:
        now, minute = self._env.now, self._minute
        if minute is None:
            return self._next - now
        while self._begun and self._begun[0] <= now - minute.seconds:
            self._begun.popleft()
        return max(self._next - now, minute.wait(self._begun, allowed=minute.most, now=now))


class Rate:
    """Tokens that refill with time; who takes more than there is waits, in the order of coming."""

    def __init__(self, env: simpy.Environment, *, rate: float, burst: float) -> None:
        self._env = env
        self._rate = rate
        self._burst = burst
        self._full_at = 0.0
        self.taken = 0.0

    def take(self, weight: float = 1.0) -> Wait:
        """Wait until so much may pass. More than the burst passes when the bucket is full."""
        now = self._env.now
        self.taken += weight
        # the moment at which the bucket would be full again if nobody else came
        base = max(now, self._full_at)
        needed = min(weight, self._burst)
        ready = base - (self._burst - needed) / self._rate
        self._full_at = base + weight / self._rate
        if ready > now:
            yield self._env.timeout(ready - now)
