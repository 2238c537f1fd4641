"""Which words describe an emblem by sight: the only ones that the web may add to a badge."""

from __future__ import annotations

import re

SHAPES = frozenset(
    [
        "angle",
        "arc",
        "arch",
        "arrow",
        "arrowhead",
        "ball",
        "band",
        "bar",
        "box",
        "bracket",
        "chevron",
        "chevrons",
        "circle",
        "circles",
        "circular",
        "cone",
        "crescent",
        "cross",
        "crown",
        "cube",
        "curve",
        "diamond",
        "diamonds",
        "disc",
        "disk",
        "ellipse",
        "fan",
        "frame",
        "globe",
        "heart",
        "hexagon",
        "hexagonal",
        "horseshoe",
        "kite",
        "lattice",
        "leaf",
        "line",
        "lines",
        "loop",
        "loops",
        "lozenge",
        "octagon",
        "orbit",
        "oval",
        "ovals",
        "parallelogram",
        "pentagon",
        "pentastar",
        "plate",
        "plaque",
        "pyramid",
        "quadrant",
        "quadrants",
        "quarters",
        "quartered",
        "rectangle",
        "rectangular",
        "rhombus",
        "ribbon",
        "ring",
        "rings",
        "round",
        "roundel",
        "script",
        "scroll",
        "shield",
        "slash",
        "slats",
        "sphere",
        "spiral",
        "square",
        "squares",
        "star",
        "stars",
        "stripe",
        "stripes",
        "sun",
        "swoosh",
        "teardrop",
        "triangle",
        "triangles",
        "triangular",
        "trident",
        "wave",
        "waves",
        "wheel",
        "wing",
        "winged",
        "wings",
        "wreath",
        "bow-tie",
        "bowtie",
        "three-pointed",
        "five-pointed",
        "four-pointed",
        "six-pointed",
        "interlocking",
        "interlocked",
        "overlapping",
        "intersecting",
        "concentric",
    ]
)
COLOURS = frozenset(
    [
        "amber",
        "black",
        "blue",
        "bronze",
        "chrome",
        "chromed",
        "copper",
        "crimson",
        "gold",
        "golden",
        "green",
        "grey",
        "gray",
        "maroon",
        "metallic",
        "navy",
        "orange",
        "pink",
        "polished",
        "purple",
        "red",
        "scarlet",
        "silver",
        "silvery",
        "teal",
        "turquoise",
        "violet",
        "white",
        "yellow",
    ]
)
FIGURES = frozenset(
    [
        "bird",
        "bull",
        "cat",
        "cobra",
        "dragon",
        "eagle",
        "elephant",
        "feather",
        "flame",
        "flames",
        "flag",
        "griffin",
        "hawk",
        "horse",
        "horseman",
        "horses",
        "jaguar",
        "letter",
        "letters",
        "letterform",
        "lettering",
        "lightning",
        "lion",
        "lynx",
        "man",
        "mountain",
        "mountains",
        "panther",
        "peacock",
        "pegasus",
        "prancing",
        "rampant",
        "ram",
        "rearing",
        "saltire",
        "serpent",
        "snake",
        "spear",
        "stallion",
        "sword",
        "tiger",
        "tower",
        "tree",
        "viper",
        "wolf",
        "wordmark",
        "capital",
        "capitals",
        "initial",
        "initials",
        "mirrored",
    ]
)
_JOINING = frozenset(
    [
        "with",
        "in",
        "on",
        "inside",
        "within",
        "over",
        "above",
        "below",
        "between",
        "crossed",
        "stylised",
        "stylized",
        "large",
        "small",
    ]
)

VISUAL = SHAPES | COLOURS | FIGURES
_ENOUGH = 3
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def visual_words(text: str) -> tuple[str, ...]:
    """The words of a text that describe an emblem by sight, each once, in the order they stand."""
    return tuple(dict.fromkeys(word for word in _WORD.findall(text.casefold()) if word in VISUAL))


def visual_description(text: str, *, limit: int = 10) -> str | None:
    """A description made of nothing but known words, or None when too little is said.

    Taken from the one sentence that says most. Known words (and words like "with" between them) stay
    in order, all others are dropped. A shape or figure and at least three visual words are needed.
    """
    sentence = max(re.split(r"[.;!?\n]+", text.casefold()), key=lambda part: len(visual_words(part)))
    words: list[str] = []
    for word in _WORD.findall(sentence):
        if (word in VISUAL and word not in words) or (
            word in _JOINING and words and words[-1] not in _JOINING
        ):
            words.append(word)
    del words[limit:]
    while words and words[-1] in _JOINING:
        words.pop()
    seen = [word for word in words if word in VISUAL]
    described = len(seen) >= _ENOUGH and any(word in SHAPES | FIGURES for word in seen)
    return " ".join(words) if described else None
