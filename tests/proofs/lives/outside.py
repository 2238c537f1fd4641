"""Who stands at the other end? Telegram behind the library's own seam, and makers of pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.handlers.telegram_errors import Unwritten
from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Angle, CarSpec, Picture, PictureRequest, SessionId, seeds_for
from bot.pipeline.ports import Capabilities, Looked, Sight
from tests.fakes.spins import FILM
from tests.loopback.pictures import picture_bytes
from tests.proofs.lives.edges import Edges
from tests.proofs.lives.ledger import Faults, Ledger

OUTCOMES = ("lost", "cut", "unwritten", "blocked", "refused", "flood", "moved", "crash", "gone")
"""Of a call to Telegram: carried out with its answer lost, perhaps not carried out, never written, …"""
BOT = {"id": 424242, "is_bot": True, "first_name": "Rakurs", "username": "rakurs_bot"}
_SIZE = (384, 256)
_CAR = re.compile(r"CAR-[0-9A-F]{8}")
_SEEDS = re.compile(r"Seeds?: ([\d, ]+)")
_ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "blocked": (403, {}),
    "refused": (400, {}),
    "flood": (429, {"parameters": {"retry_after": 5}}),
    "moved": (400, {"parameters": {"migrate_to_chat_id": -1007}}),
    "gone": (500, {}),
}


def _car_of(fields: dict[str, Any]) -> str:
    """Whose film it is."""
    found = _CAR.search(str(fields["caption"]))
    assert found, fields
    return found[0]


@cache
def _bytes(angle: str, provider: str) -> bytes:
    return picture_bytes(f"{provider} {angle}", size=_SIZE, form="JPEG")


@dataclass(slots=True)
class Chats:
    """What people see: texts by message, and updates that Telegram still keeps for the bot."""

    texts: dict[int, str] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    next_message: int = 5000


class Wire(BaseRequest):
    """python-telegram-bot's way to Telegram, ending in this process."""

    def __init__(self, *, edges: Edges, faults: Faults, ledger: Ledger, chats: Chats) -> None:
        self._edges, self._faults, self._ledger, self._chats = edges, faults, ledger, chats

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        called = url.rpartition("/")[2]
        fields = dict(request_data.parameters) if request_data else {}
        if called == "getMe":
            return 200, json.dumps({"ok": True, "result": BOT}).encode()
        await self._edges.cross()
        upload = called in {"sendMediaGroup", "sendPhoto", "sendAnimation"}
        outcome = self._faults.take(self._faults.telegram, "album" if upload else "text")
        if outcome in _ANSWERS:
            code, facts = _ANSWERS[outcome]
            if called == "sendAnimation" and outcome == "gone":
                self._ledger.films.doubtful.add(_car_of(fields))
            await self._edges.cross()
            return code, json.dumps(
                {"ok": False, "error_code": code, "description": outcome, **facts}
            ).encode()
        if outcome == "unwritten":
            raise NetworkError("unwritten") from Unwritten()
        if called == "sendAnimation":
            self._ledger.films.doubtful.add(_car_of(fields))
        if upload and outcome != "cut":
            self._uploaded(called, fields)
        result = self._carried_out(called, fields) if outcome != "cut" else None
        await self._edges.cross()
        if outcome == "crash":
            self._ledger.films.killed()  # code broke, perhaps right beside an upload
            raise ValueError(outcome)
        if outcome is not None:
            raise TimedOut
        if called == "sendAnimation":
            self._ledger.films.doubtful.discard(_car_of(fields))
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _uploaded(self, called: str, fields: dict[str, Any]) -> None:
        if called == "sendAnimation":
            self._ledger.filmed(_car_of(fields))
            return
        media = fields.get("media") or [fields]
        if media[0].get("type") == "document":
            return  # the pictures as files, as often as somebody wants them
        caption = str(media[0].get("caption", ""))
        car, seeds = _CAR.search(caption), _SEEDS.search(caption)
        if car is None or seeds is None:
            self._ledger.wrong.append(f"an album without its car or seeds: {caption}")
            return
        names = {str(seed): angle for angle, seed in seeds_for(SessionId(car[0]), CATALOGUE).items()}
        angles = {names.get(seed, f"seed {seed}") for seed in seeds[1].split(", ")}
        self._ledger.uploaded(car[0], set(angles), len(media))

    def _carried_out(self, called: str, fields: dict[str, Any]) -> Any:
        texts = self._chats.texts
        match called:
            case "sendMediaGroup":
                return [self._message(fields, "sendPhoto") for _ in fields["media"]]
            case "sendPhoto" | "sendAnimation":
                return self._message(fields, called)
            case "sendMessage":
                sent = self._message(fields)
                texts[sent["message_id"]] = fields["text"]
                if "your film arrived" in fields["text"] and (
                    car := _CAR.search(str(fields["reply_markup"]))
                ):
                    self._ledger.film_doubted(car[0])
                return sent
            case "deleteMessage":
                texts.pop(int(fields["message_id"]), None)
                return True
            case "sendDocument" | "editMessageText" | "editMessageMedia" | "editMessageCaption":
                return self._message(fields)
            case _:
                return True

    def _message(self, fields: dict[str, Any], called: str = "") -> dict[str, Any]:
        self._chats.next_message += 1
        number = self._chats.next_message
        file = {"file_id": f"file-{number}", "file_unique_id": str(number), "width": 3, "height": 2}
        content: dict[str, dict[str, Any]] = {
            "sendPhoto": {"photo": [file]},
            "sendAnimation": {"animation": {**file, "duration": 6}},
        }
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        return {"message_id": number, "date": 1, "chat": chat, **content.get(called, {})}


@dataclass(slots=True)
class Seer:
    """A judge that sees nothing wrong, or what the script says: two cars, or no answer."""

    edges: Edges
    faults: Faults
    model: str = "m"
    price: float = 0.001
    rests: bool = False

    async def see(self, picture: bytes) -> Looked:
        await self.edges.cross()
        fault = self.faults.take(self.faults.provider, "judge")
        await self.edges.cross()
        if fault is None:
            return Looked(sight=Sight(cars=1), cost=0.001)
        return (
            Looked(sight=Sight(cars=2), cost=0.001)
            if fault is FailureKind.CONTRADICTED
            else Looked(cost=None)
        )


@dataclass(slots=True)
class Filmer:
    """The studio turns a car once round, or does what the script says: a kind of failure."""

    edges: Edges
    faults: Faults

    async def spin(self, spec: CarSpec, session_id: SessionId, *, told: Callable[[int, int], None]) -> bytes:
        told(1, 2)
        await self.edges.cross()
        fault = self.faults.take(self.faults.provider, "film")
        if fault is FailureKind.CRASHED:
            raise ValueError("a bug in the studio")
        if isinstance(fault, FailureKind):
            raise ProviderError(provider="studio", kind=fault)
        told(2, 2)
        await self.edges.cross()
        return FILM


@dataclass(slots=True)
class Maker:
    """A provider that draws, or does what the script says: a kind of failure, or bytes that are no picture."""

    name: str
    capabilities: Capabilities
    edges: Edges
    faults: Faults
    ledger: Ledger

    def draws(self, angle: Angle) -> bool:
        return self.name != "studio" or angle.name != "interior"

    async def draw(self, request: PictureRequest) -> Picture:
        key = (request.session_id, request.angle.name, self.name)
        await self.edges.cross()
        if not self.capabilities.repeatable:
            self.ledger.asked(key)
        fault = self.faults.take(self.faults.provider, self.name)
        await self.edges.cross()
        if fault is FailureKind.CRASHED:
            raise ValueError("a bug in an adapter")
        if isinstance(fault, FailureKind):
            wait = 2.0 if fault is FailureKind.RATE_LIMIT else None
            raise ProviderError(provider=self.name, kind=fault, retry_after=wait)
        self.ledger.came(key)
        return Picture(
            content=fault or _bytes(request.angle.name, self.name),
            media_type="image/jpeg",
            width=_SIZE[0],
            height=_SIZE[1],
            provider=self.name,
            model="m",
            seconds=1.0,
            cost=0.01,
        )

    async def guide(self, _spec: CarSpec, _angle: Angle) -> bytes | None:
        """Implements Guides as well."""
        await self.edges.cross()
        return b"guide"

    async def close(self) -> None: ...
