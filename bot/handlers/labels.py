"""What are angles, colours, bodies and the like called in people's languages?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.handlers.texts import N_, Words
from bot.pipeline.model import CarSpec, Session, Strength

_ANGLES: Mapping[str, str] = MappingProxyType(
    {
        "front": N_("Front"),
        "rear": N_("Rear"),
        "side": N_("Left side"),
        "side-right": N_("Right side"),
        "front-three-quarter": N_("Front three-quarter"),
        "front-three-quarter-right": N_("Front three-quarter, right"),
        "rear-three-quarter": N_("Rear three-quarter"),
        "rear-three-quarter-right": N_("Rear three-quarter, right"),
        "top": N_("From above"),
        "overhead": N_("Straight down"),
        "wheel": N_("Wheel"),
        "interior": N_("Cabin"),
        "dashboard": N_("Dashboard"),
        "trunk": N_("Boot"),
        "engine": N_("Engine"),
        "details": N_("Details"),
        "low": N_("Low hero view"),
        "headlight": N_("Headlight"),
        "taillight": N_("Tail lamp"),
    }
)
COLORS: Mapping[str, str] = MappingProxyType(
    {
        "white": N_("white"),
        "black": N_("black"),
        "silver": N_("silver"),
        "gray": N_("gray"),
        "red": N_("red"),
        "blue": N_("blue"),
        "green": N_("green"),
        "yellow": N_("yellow"),
        "orange": N_("orange"),
        "brown": N_("brown"),
        "beige": N_("beige"),
        "purple": N_("purple"),
    }
)
_SHADES: Mapping[str, str] = MappingProxyType(
    {
        "dark red": N_("dark red"),
        "burgundy": N_("burgundy"),
        "dark blue": N_("dark blue"),
        "light blue": N_("light blue"),
        "dark green": N_("dark green"),
        "light green": N_("light green"),
        "olive": N_("olive"),
        "khaki": N_("khaki"),
        "light yellow": N_("light yellow"),
        "mustard": N_("mustard"),
        "peach": N_("peach"),
        "dark orange": N_("dark orange"),
        "dark brown": N_("dark brown"),
        "light brown": N_("light brown"),
        "cream": N_("cream"),
        "champagne": N_("champagne"),
        "gold": N_("gold"),
        "bronze": N_("bronze"),
        "copper": N_("copper"),
        "dark purple": N_("dark purple"),
        "lilac": N_("lilac"),
        "pink": N_("pink"),
        "dark pink": N_("dark pink"),
        "turquoise": N_("turquoise"),
        "teal": N_("teal"),
        "dark gray": N_("dark gray"),
        "light gray": N_("light gray"),
    }
)
_PROVIDERS: Mapping[str, str] = MappingProxyType(
    {"studio": N_("Rakurs Studio"), "openai": N_("OpenAI"), "pollinations": N_("Pollinations")}
)
_BODIES: Mapping[str, str] = MappingProxyType(
    {
        "sedan": N_("sedan"),
        "hatchback": N_("hatchback"),
        "liftback": N_("liftback"),
        "estate": N_("estate"),
        "coupe": N_("coupe"),
        "convertible": N_("convertible"),
        "suv": N_("SUV"),
        "pickup": N_("pickup"),
        "minivan": N_("minivan"),
        "van": N_("van"),
    }
)
_LOOKS: Mapping[str, str] = MappingProxyType(
    {
        "solid": N_("solid paint"),
        "metallic": N_("metallic"),
        "matte": N_("matte"),
        "new": N_("new"),
        "used": N_("used"),
        "dirty": N_("dirty"),
        "damaged": N_("damaged"),
        "studio": N_("in a studio"),
        "showroom": N_("in a showroom"),
        "street-dusk": N_("in a street at dusk"),
        "nature": N_("in nature"),
    }
)
"""Finish, condition and background."""
_STRENGTHS: Mapping[str, str] = MappingProxyType(
    {
        "geometry": N_("one 3D car, exactly the same in every view"),
        "references": N_("same car held by reference photos"),
        "seeds": N_("same car held by words and seeds only"),
        "none": N_("views may differ"),
    }
)
_TITLE = frozenset({"brand", "model", "year", "color"})
_FIELDS = (
    "brand",
    "model",
    "generation",
    "year",
    "color",
    "second_color",
    "finish",
    "body",
    "trim",
    "condition",
    "background",
)


def angle_label(angle: str, words: Words) -> str:
    return words.t(_ANGLES.get(angle, angle))


def strength_label(strength: Strength, words: Words) -> str:
    return words.t(_STRENGTHS[strength.value])


def color_label(color: str, words: Words) -> str:
    known = COLORS.get(color) or _SHADES.get(color)
    return words.t(known) if known else color


def provider_label(name: str, words: Words) -> str:
    """Who drew, as a name that may begin a sentence."""
    known = _PROVIDERS.get(name)
    return words.t(known) if known else name


def spec_words(spec: CarSpec, names: frozenset[str], words: Words) -> str:
    """The named fields of a spec in reading order: `BMW X5, 2021, red`. Not escaped."""
    parts: list[str] = []
    for name in _FIELDS:
        value = getattr(spec, name)
        if name not in names or value is None:
            continue
        if name in {"color", "second_color"}:
            parts.append(color_label(value, words))
        elif name == "body":
            parts.append(words.t(_BODIES[value]))
        elif name in {"finish", "condition", "background"}:
            parts.append(words.t(_LOOKS[value]))
        else:
            parts.append(str(value))
    joined = ", ".join(parts)
    return joined.replace(f"{spec.brand}, {spec.model}", f"{spec.brand} {spec.model}")


def car_title(spec: CarSpec, words: Words) -> str:
    """The car as one would name it to a friend: `BMW X5, 2021, red`. Not escaped."""
    shown = _TITLE | ({"body"} if spec.model is None else set())
    return spec_words(spec, shown, words) or spec.name


def car_head(session: Session, words: Words) -> str:
    """Which car a question is about, as Telegram's HTML."""
    title = words.t("<b>{car}</b>", car=car_title(session.spec, words)[:200])
    return "\n".join([title, words.t("Session <code>{session}</code>", session=session.id)])


def car_words(spec: CarSpec, words: Words) -> str:
    """The whole car in one line. Not escaped."""
    return spec_words(spec, frozenset(_FIELDS), words) or spec.name
