"""How many commands a second does the bot answer, and what does one cost, against a bare echo bot?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.figure import Figure, median
from tests.bench.processes import ECHO, OURS, Round, Telegram, echo_bot, open_telegram, our_bot
from tests.loopback.bot_api import message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """Rounds of each bot, in turns, and updates a round."""

    rounds: int
    updates: int


COMMANDS = ("/help", "/quota", "/cars", "/cancel")
_PEOPLE = 200


async def figures(*, short: bool) -> list[Figure]:
    """Updates a second and CPU an update for every command, at the median of the rounds."""
    size = _Size(rounds=1, updates=20) if short else _Size(rounds=5, updates=400)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_telegram() as telegram,
            echo_bot(telegram) as bare,
            our_bot(telegram, Path(folder)) as (ours, _),
        ):
            await _both(telegram, bare, ours, "/help", _Size(rounds=1, updates=size.updates // 2))
            return [
                figure
                for command in (COMMANDS[:1] if short else COMMANDS)
                for figure in _figures(
                    command, *await _both(telegram, bare, ours, command, size), size.updates
                )
            ]


async def _both(
    telegram: Telegram, bare: psutil.Process, ours: psutil.Process, command: str, size: _Size
) -> tuple[list[Round], list[Round]]:
    """Rounds of the bare bot and of ours, in turns, so that a busy moment meets both."""
    floor, mine = [], []
    updates: list[dict[str, object]] = [
        {"message": message(command, number=number, user=user, chat=user)}
        for number in range(size.updates)
        for user in [10_000 + number % _PEOPLE]
    ]
    for _ in range(size.rounds):
        floor.append(await telegram.round(ECHO, updates, bare))
        mine.append(await telegram.round(OURS, updates, ours))
    return floor, mine


def _figures(command: str, floor: list[Round], mine: list[Round], count: int) -> list[Figure]:
    def speed(rounds: list[Round]) -> float:
        return count / median([one.seconds for one in rounds])

    def cost(rounds: list[Round]) -> float:
        return 1000 * median([one.cpu for one in rounds]) / count

    echo = "the same updates to a bare python-telegram-bot echo bot"
    return [
        Figure(
            part="updates",
            what=f"{command}, a second",
            value=speed(mine),
            unit="/s",
            floor=speed(floor),
            floor_is=echo,
            least=0.8,
        ),
        Figure(
            part="updates",
            what=f"{command}, CPU of one",
            value=cost(mine),
            unit="ms",
            floor=cost(floor),
            floor_is=echo,
            most=1.25,
        ),
    ]
