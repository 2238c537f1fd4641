"""The catalogue of angles: which cameras there are and what people call them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from rapidfuzz import fuzz, process

from bot.pipeline.errors import UnknownAngle
from bot.pipeline.model import Angle, AngleName, Framing

ALBUM_LIMIT = 10
"""Pictures in one album (Telegram's media group holds 2 to 10)."""


def _angle(
    name: str,
    azimuth: float,
    elevation: float,
    nose: str,
    words: str,
    *aliases: str,
    framing: Framing = Framing.CAR,
    badge: bool = False,
) -> Angle:
    return Angle(
        name=AngleName(name),
        azimuth=azimuth,
        elevation=elevation,
        framing=framing,
        nose=nose,
        words=words,
        badge_visible=badge,
        aliases=aliases,
    )


_LEFT, _RIGHT = "image-left", "image-right"
_NEAR, _AWAY = "the camera", "away from the camera"

# New angles go to the end: the order takes part in how seeds are told apart.
_ROWS = (
    _angle("front", 0, 3, _NEAR, "straight front view", "спереду", "перед", "фронт", "head-on", badge=True),
    _angle("rear", 180, 3, _AWAY, "straight rear view", "back", "ззаду", "зад", "тил", "behind", badge=True),
    _angle(
        "side",
        90,
        4,
        _LEFT,
        "exact left side profile",
        "left",
        "side-left",
        "profile",
        "збоку",
        "бік",
        "ліворуч",
        "зліва",
        "профіль",
        "лівий бік",
    ),
    _angle(
        "side-right",
        270,
        4,
        _RIGHT,
        "exact right side profile",
        "right",
        "right side",
        "справа",
        "праворуч",
        "правий бік",
    ),
    _angle(
        "front-three-quarter",
        40,
        9,
        _LEFT,
        "front three-quarter view from the car's left",
        "front 3/4",
        "3/4",
        "three-quarter",
        "front-three-quarter-left",
        "три чверті",
        "спереду 3/4",
        "три чверті спереду",
        badge=True,
    ),
    _angle(
        "front-three-quarter-right",
        320,
        9,
        _RIGHT,
        "front three-quarter view from the car's right",
        "front 3/4 right",
        "три чверті спереду справа",
        "спереду 3/4 справа",
        badge=True,
    ),
    _angle(
        "rear-three-quarter",
        142,
        9,
        _LEFT,
        "rear three-quarter view from the car's left",
        "rear 3/4",
        "back 3/4",
        "rear-three-quarter-left",
        "три чверті ззаду",
        "ззаду 3/4",
        badge=True,
    ),
    _angle(
        "rear-three-quarter-right",
        218,
        9,
        _RIGHT,
        "rear three-quarter view from the car's right",
        "rear 3/4 right",
        "три чверті ззаду справа",
        "ззаду 3/4 справа",
        badge=True,
    ),
    _angle(
        "top",
        48,
        34,
        _LEFT,
        "high three-quarter view from above the front left corner",
        "top-three-quarter",
        "from above",
        "згори",
        "зверху",
        badge=True,
    ),
    _angle(
        "overhead",
        90,
        90,
        _LEFT,
        "straight overhead view from above",
        "bird's-eye",
        "birds-eye",
        "з висоти",
        "вид згори",
        "прямо згори",
        "зверху вниз",
    ),
    _angle(
        "wheel",
        62,
        3,
        _LEFT,
        "close-up of the front left wheel",
        "wheels",
        "rim",
        "rims",
        "колесо",
        "диск",
        "диски",
        "колеса",
        framing=Framing.DETAIL,
    ),
    _angle(
        "interior",
        200,
        20,
        _NEAR,
        "cabin seen from the rear seats to the front",
        "inside",
        "cabin",
        "салон",
        "інтер'єр",
        "всередині",
        framing=Framing.INSIDE,
    ),
    _angle(
        "dashboard",
        180,
        12,
        _NEAR,
        "dashboard and steering wheel",
        "dash",
        "cockpit",
        "панель",
        "торпедо",
        "приладова панель",
        "кермо",
        framing=Framing.INSIDE,
        badge=True,
    ),
    _angle("trunk", 180, 25, _AWAY, "open boot", "boot", "багажник", framing=Framing.INSIDE),
    _angle(
        "engine",
        0,
        40,
        _NEAR,
        "engine bay under the open bonnet",
        "engine bay",
        "двигун",
        "мотор",
        "під капотом",
        framing=Framing.INSIDE,
    ),
    _angle(
        "details",
        12,
        4,
        _NEAR,
        "close-up of grille and emblem",
        "detail",
        "деталі",
        "grille",
        "решітка",
        "badge",
        "шильдик",
        framing=Framing.DETAIL,
        badge=True,
    ),
    _angle(
        "low",
        35,
        1,
        _LEFT,
        "low hero view from near the ground in front",
        "low-hero",
        "hero",
        "знизу",
        "низький ракурс",
        badge=True,
    ),
    _angle(
        "headlight",
        28,
        5,
        _LEFT,
        "close-up of the left headlight",
        "headlights",
        "headlamp",
        "фара",
        "фари",
        framing=Framing.DETAIL,
    ),
    _angle(
        "taillight",
        155,
        6,
        _LEFT,
        "close-up of the left tail lamp",
        "taillights",
        "tail-lamp",
        "tail-light",
        "ліхтар",
        "задні фари",
        "стопи",
        framing=Framing.DETAIL,
    ),
)

CATALOGUE: Mapping[AngleName, Angle] = MappingProxyType({row.name: row for row in _ROWS})

DEFAULT_ALBUM: tuple[AngleName, ...] = tuple(
    AngleName(name) for name in ("front-three-quarter", "side", "rear-three-quarter", "front", "rear")
)


def _key(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word.casefold().replace("’", "'").replace("ʼ", "'")).strip()


_WORDS: Mapping[str, AngleName] = MappingProxyType(
    {_key(word): row.name for row in _ROWS for word in (row.name, *row.aliases)}
)


_BETWEEN = frozenset({"and", "&", "+", "і", "й", "та", "и", "und", "i", "from", "the"})
"""Words between angles that name none."""
_LONGEST = 5
"""Words of the longest name of an angle."""


def find_angle(word: str) -> Angle:
    """The angle that a word names, in English or Ukrainian.

    Raises UnknownAngle with up to three near names.
    """
    name = _WORDS.get(_key(word))
    if name is not None:
        return CATALOGUE[name]
    close = process.extract(_key(word), _WORDS.keys(), scorer=fuzz.ratio, score_cutoff=70, limit=3)
    near = tuple(dict.fromkeys(_WORDS[match] for match, _, _ in close))
    raise UnknownAngle(word=word[:40], near=near)


def parse_angles(text: str) -> tuple[AngleName, ...]:
    """Angle words between commas, or just between blanks; each angle once, in the order asked.

    Raises UnknownAngle for the first word that names none.
    """
    parts = [part for part in re.split(r"[,;\n]", text) if part.strip()]
    return tuple(dict.fromkeys(name for part in parts for name in _names(part)))


def _names(part: str) -> tuple[AngleName, ...]:
    """The angles of one part: one phrase as a whole, else the longest phrases from left to right."""
    if _key(part) in _WORDS:
        return (_WORDS[_key(part)],)
    words = [word for word in part.split() if _key(word) not in _BETWEEN]
    names: list[AngleName] = []
    while words:
        fits = (
            count
            for count in range(min(_LONGEST, len(words)), 0, -1)
            if _key(" ".join(words[:count])) in _WORDS
        )
        count = next(fits, None)
        if count is None:
            raise_for = part if not names else words[0]
            return (find_angle(raise_for).name,)
        names.append(_WORDS[_key(" ".join(words[:count]))])
        del words[:count]
    return tuple(names)
