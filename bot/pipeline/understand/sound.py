"""How does a name sound? One key for Latin and Cyrillic spellings of the same name."""

from __future__ import annotations

import re

_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "є": "e", "ж": "zh", "з": "z", "и": "i", "і": "i",
    "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e",
    "ю": "u", "я": "ia",
}  # fmt: skip
_TABLE = str.maketrans(_LETTERS)
_SOFT_C = re.compile(r"c(?=[eiy])")
_PAIRS = (
    ("sch", "sh"), ("dzh", "j"), ("dzs", "j"), ("ph", "f"), ("ck", "k"), ("qu", "k"), ("th", "t"), ("ou", "u"),
    ("oo", "u"), ("ee", "i"), ("kh", "h"), ("wh", "v"),
)  # fmt: skip
_REST = str.maketrans({"c": "k", "q": "k", "w": "v", "y": "i", "x": "ks"})
_TWICE = re.compile(r"(.)(?=\1)")
_CYRILLIC = re.compile(r"[а-яєії]")
_ENDING = re.compile(r"(?:ой|ою|ом|ами|ах|ів|у|ю|и|ы|і|е|а)$")
_LONG = 5


def sound(word: str) -> str:
    """The key of a folded, squashed word."""
    key = word.translate(_TABLE)
    key = _SOFT_C.sub("s", key.replace("ch", "¢"))
    for pair, one in _PAIRS:
        key = key.replace(pair, one)
    return _TWICE.sub("", key.translate(_REST).replace("¢", "ch"))


def sounds_of_name(name: str) -> tuple[str, ...]:
    """Keys under which a name is found; a silent final e may be missing."""
    key = sound(name)
    return (key, key[:-1]) if len(key) >= _LONG and key.endswith("e") else (key,)


def sounds_of_word(word: str) -> tuple[str, ...]:
    """Keys of a Cyrillic word and of its stem with the endings that names have; none for other scripts."""
    if not _CYRILLIC.search(word):
        return ()
    stem = _ENDING.sub("", word)
    if stem == word or len(stem) < _LONG - 1:
        return (sound(word),)
    return (sound(word), sound(f"{stem}а"), sound(stem))
