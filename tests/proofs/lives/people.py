"""What do people do? They describe, change their minds, press every button twice, and delete."""

from __future__ import annotations

import hashlib
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bot.pipeline.angles import DEFAULT_ALBUM
from bot.pipeline.model import origin_for, session_id_for
from tests.loopback.bot_api import message, pressed
from tests.proofs.lives.ledger import Ledger

PEOPLE = (7, 8)
ANGLES = ("front", "rear", "side", "top", "wheel", "interior")
SMALL = ("/cars", "/help", "/quota", "/language", "/credits", "/share", "/file", "/delete", "/colour", "/new")
seeds = st.integers(0, 2**16)


class People(RuleBasedStateMachine):
    """Steps of two people. `wishes` are cars, each with those that it came from, and the angles asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.cars: list[tuple[int, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.written: list[tuple[int, str, int]] = []
        self.wishes: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self.number = 10

    def hand_over(self, update: dict[str, Any]) -> None:
        """Telegram has that update for the bot."""
        raise NotImplementedError

    def clock(self) -> float:
        """UTC seconds since 1970 of this life."""
        raise NotImplementedError

    def known(self) -> Ledger:
        """What has really happened."""
        raise NotImplementedError

    def send(self, update: dict[str, Any]) -> None:
        """Somebody does something."""
        whole = {"update_id": len(self.sent) + 1, **update}
        self.sent.append(whole)
        self.hand_over(whole)

    def say(self, who: int, text: str) -> None:
        self.number += 1
        self.send({"message": message(text, number=self.number, user=who, chat=who)})

    def press_on(self, who: int, data: str, **under: Any) -> None:
        self.number += 1
        update = pressed(data, user=who, chat=who, **under)
        update["callback_query"]["id"] = str(self.number)
        self.send(update)

    def wish(self, who: int, key: str, angles: tuple[str, ...], *former: str) -> None:
        """The car that this wish becomes, unless one that it came from is deleted."""
        car = session_id_for(origin_for(bot="424242", chat=str(who), message=key))
        self.cars.append((who, car))
        self.wishes.append(((car, *former), angles))

    def accepted(self, car: str) -> bool:
        return any(album.session_id == car for album in self.known().accepted.values())

    @rule(who=st.sampled_from(PEOPLE), angles=st.lists(st.sampled_from(ANGLES), max_size=3, unique=True))
    def describe(self, who: int, angles: list[str]) -> None:
        self.say(who, " ".join(["BMW", ", ".join(angles)]))
        self.wish(who, str(self.number), tuple(angles) or DEFAULT_ALBUM)
        self.written.append((*self.cars[-1], self.number))

    @precondition(lambda self: self.sent)
    @rule(pick=seeds, anew=st.booleans())
    def repeat(self, pick: int, anew: bool) -> None:
        """The same update once more, or the same message as another update."""
        update = self.sent[pick % len(self.sent)]
        if not anew:
            self.hand_over(update)
        elif "message" in update:
            self.send({"message": update["message"]})

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, verb=st.sampled_from("rsxrsxD"), album=st.integers(1, 3), stranger=st.booleans())
    def press(self, pick: int, verb: str, album: int, stranger: bool) -> None:
        who, car = self.cars[pick % len(self.cars)]
        who = PEOPLE[1 - PEOPLE.index(who)] if stranger and verb == "D" else who
        self.press_on(who, f"{verb}:{car}" if verb == "D" else f"{verb}:{car}:{album}")

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, angle=st.sampled_from(ANGLES))
    def more(self, pick: int, angle: str) -> None:
        who, car = self.cars[pick % len(self.cars)]
        if self.accepted(car):
            self.wishes.append(((car,), (angle,)))
        self.say(who, f"/more {car} {angle}")

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, color=st.sampled_from(("blue", "white")))
    def recolour(self, pick: int, color: str) -> None:
        """The same car in another colour is a car of its own."""
        who, car = self.cars[pick % len(self.cars)]
        if self.accepted(car):
            self.wish(who, f"{car}/{color}", DEFAULT_ALBUM, car)
        self.press_on(who, f"K:{car}:{color}")

    @precondition(lambda self: self.written)
    @rule(pick=seeds, press=st.booleans(), angle=st.sampled_from(ANGLES))
    def edit(self, pick: int, press: bool, angle: str) -> None:
        """Another maker is written into the description, and the button under the answer pressed."""
        who, car, number = self.written[pick % len(self.written)]
        if not self.accepted(car):
            return  # the edit might be read before what it edits
        text = f"Audi {angle}"
        edited = {**message(text, number=number, user=who, chat=who), "date": int(self.clock())}
        self.send({"edited_message": {**edited, "edit_date": int(self.clock())}})
        if press:
            self.wish(who, f"{number}#{hashlib.sha256(text.encode()).hexdigest()[:12]}", (angle,))
            self.press_on(who, "g:", answered=edited)

    @precondition(lambda self: self.cars)
    @rule(pick=seeds, stop=st.booleans())
    def film(self, pick: int, stop: bool) -> None:
        who, car = self.cars[pick % len(self.cars)]
        self.press_on(who, f"{'O' if stop else 'o'}:{car}")

    @rule(who=st.sampled_from(PEOPLE))
    def cancel(self, who: int) -> None:
        self.say(who, "/cancel")

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from((*SMALL, "")))
    def ask(self, who: int, what: str) -> None:
        """Something that changes nothing: a small command, or the bot's name typed in another chat."""
        if what:
            self.say(who, what)
        else:
            person = {"id": who, "is_bot": False, "first_name": "Ann"}
            self.send({"inline_query": {"id": str(self.number), "from": person, "query": "", "offset": ""}})
