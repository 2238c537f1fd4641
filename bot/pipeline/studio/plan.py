"""Which car is to be built? Body class, measures, style and wheel design of one session, all from the spec."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Background, Body, CarSpec, Condition, Dimensions, Finish
from bot.pipeline.studio.colors import known_color
from bot.pipeline.studio.style import Style, style_for

WHEEL_DESIGNS = 6

_CLASSES: Mapping[Body, str] = {
    Body.SEDAN: "sedan",
    Body.HATCHBACK: "hatchback",
    Body.LIFTBACK: "liftback",
    Body.ESTATE: "estate",
    Body.COUPE: "coupe",
    Body.CONVERTIBLE: "convertible",
    Body.SUV: "compact-suv",
    Body.PICKUP: "pickup",
    Body.MINIVAN: "minivan",
    Body.VAN: "van",
}
_CITY_LENGTH = 3850
_LARGE_SUV_LENGTH = 4760
_CITY_MODELS = frozenset(
    {"fiat 500", "up", "twingo", "aygo", "picanto", "i10", "c1", "108", "fortwo", "panda"}
)
_LARGE_SUV_MODELS = frozenset(
    {"x5", "x6", "x7", "gle", "gls", "q7", "q8", "cayenne", "touareg", "land cruiser", "range rover", "xc90"}
)
_REAR_ENGINE_MODELS = frozenset({"911", "718", "cayman"})
_LIMITS = {
    "length": (2400, 7200),
    "width": (1200, 2600),
    "height": (1000, 3000),
    "wheelbase": (1500, 4600),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the studio builds from. Measures in metres; colours as `#rrggbb`; equal plans give equal cars."""

    body: str
    length: float
    width: float
    height: float
    wheelbase: float
    front_overhang: float
    rear_overhang: float
    shape: Mapping[str, Any]
    style: Style
    wheel: int
    color: str
    second_color: str | None
    finish: Finish
    condition: Condition
    background: Background
    plate: str
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names the mesh: equal for equal geometry, whatever the paint or the background."""
        facts = (
            self.body,
            self.length,
            self.width,
            self.height,
            self.wheelbase,
            self.front_overhang,
            self.style,
            self.wheel,
        )
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("bodies.toml").read_text(encoding="utf-8"))


def body_class(spec: CarSpec) -> str:
    """The studio's body class: the spec's body, refined for city cars, SUV sizes and rear-engine coupes."""
    model = (spec.model or "").casefold()
    length = spec.dimensions.length if spec.dimensions else 0
    if spec.body is None:
        return "sedan"
    if model in _REAR_ENGINE_MODELS and spec.body in {Body.COUPE, Body.CONVERTIBLE}:
        return "rear-engine" if spec.body is Body.COUPE else "convertible"
    if spec.body is Body.HATCHBACK and (0 < length < _CITY_LENGTH or model in _CITY_MODELS):
        return "city"
    if spec.body is Body.SUV and (length > _LARGE_SUV_LENGTH or (not length and model in _LARGE_SUV_MODELS)):
        return "large-suv"
    return _CLASSES[spec.body]


def plan(spec: CarSpec, session_id: str) -> Plan:
    """The plan of that session's car. Raises ProviderError (UNSUPPORTED) for absurd dimensions."""
    body = body_class(spec)
    shape = {**_table()["defaults"], **_table()[body]}
    size = spec.dimensions or Dimensions(
        **dict(
            zip(
                ("length", "width", "height", "wheelbase", "front_overhang", "rear_overhang"),
                shape["size"],
                strict=True,
            )
        )
    )
    _refuse_absurd(size)
    color, warnings = known_color(spec)
    front = size.front_overhang / max(size.front_overhang + size.rear_overhang, 1)
    overhangs = (size.length - size.wheelbase) / 1000
    return Plan(
        body=body,
        length=size.length / 1000,
        width=size.width / 1000,
        height=size.height / 1000,
        wheelbase=size.wheelbase / 1000,
        front_overhang=overhangs * front,
        rear_overhang=overhangs * (1 - front),
        shape=shape,
        style=style_for(spec.brand, body),
        wheel=int.from_bytes(hashlib.sha256(f"{session_id}\nwheel".encode()).digest()[:4], "big")
        % WHEEL_DESIGNS,
        color=color,
        second_color=spec.second_color_hex,
        finish=spec.finish or Finish.METALLIC,
        condition=spec.condition or Condition.NEW,
        background=spec.background or Background.STUDIO,
        plate=(spec.plate or "").strip()[:12],
        warnings=(("body_assumed",) if spec.body is None else ()) + warnings,
    )


def _refuse_absurd(size: Dimensions) -> None:
    for name, (low, high) in _LIMITS.items():
        if not low <= getattr(size, name) <= high:
            raise ProviderError("studio", FailureKind.UNSUPPORTED, code=f"absurd_{name}")
    overhangs = size.length - size.wheelbase
    if min(size.front_overhang, size.rear_overhang) <= 0 or not 500 <= overhangs <= 3600:
        raise ProviderError("studio", FailureKind.UNSUPPORTED, code="absurd_overhangs")
