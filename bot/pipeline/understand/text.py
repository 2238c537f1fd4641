"""How does raw text become comparable tokens? Folding of scripts, look-alike letters and digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SPECIAL = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е", "ґ": "г", "ў": "у",
        "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ـ": None,
        "’": "'", "ʼ": "'", "‘": "'", "`": "'", "´": "'", "′": "'", "ʹ": "'",
        "–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-",
    }
)  # fmt: skip
_TO_LATIN = str.maketrans("авсенкмортхуіѕјοαβεηικμνρτυχζ", "abcehkmoptxyisjoabehikmnptyxz")
_TO_CYRILLIC = str.maketrans("aceopxyikmthb", "асеорхуікмтнв")
_SPOKEN = str.maketrans("абвгдежзийклмнопрстуфхці", "abwgdejziiklmnoprstufxci")
_LATIN = re.compile(r"[a-z]")
_CYRILLIC = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]")
_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u30fc"
_TOKEN = re.compile(rf"[{_EAST}]+|(?:[^\W_{_EAST}]|[+](?![\w\s])|(?<=\w)'(?=\w))+")
_CLOSING = re.compile(r"[,;!?()\[\]\n\r\t|\\\"«»„“”•]|[.:/]\s|\s[/:.]")
_SHORT = 3
_MOST = 2500
"""Characters after folding: single signs can unfold to whole phrases."""


@dataclass(slots=True)
class Token:
    """One word: `text` as folded, `latin` and `cyrillic` read as look-alikes (else the same),
    `spoken` a Cyrillic code letter by letter (`ф10` as f10).

    `gap` is what stands between the token before and this one; `stop` whether that ends a phrase.
    """

    text: str
    latin: str
    cyrillic: str
    spoken: str
    gap: str
    stop: bool
    typo: bool = False


def fold(text: str) -> str:
    """Lower case, one form of every letter, digits of all scripts as 0-9, no accents on Latin letters."""
    out: list[str] = []
    for char in unicodedata.normalize("NFKC", text).casefold()[:_MOST]:
        code = ord(char)
        if code < 0x80:  # noqa: PLR2004 - ASCII
            out.append(char)
            continue
        kind = unicodedata.category(char)
        if kind == "Nd":
            out.append(str(unicodedata.digit(char)))
        elif kind in {"Mn", "Cf", "Me", "Cs", "Co", "Cn"}:
            continue
        elif 0xC0 <= code < 0x250 or 0x1E00 <= code < 0x1F00:  # noqa: PLR2004 - Latin blocks
            out.append(unicodedata.normalize("NFD", char)[0])
        else:
            out.append(char)
    return "".join(out).translate(_SPECIAL)


def squash(text: str) -> str:
    """A folded name without spaces and signs, as the index knows it."""
    return "".join(char for char in fold(text) if char.isalnum() or char == "+")


def _token(text: str, gap: str) -> Token:
    plain = text.replace("'", "")
    latin = cyrillic = plain
    if _CYRILLIC.search(plain):
        mixed = _LATIN.search(plain) is not None
        if mixed:
            cyrillic = plain.translate(_TO_CYRILLIC)
        if mixed or len(plain) <= _SHORT or any(char.isdigit() for char in plain):
            latin = plain.translate(_TO_LATIN)
            if _CYRILLIC.search(latin):
                latin = plain
    short = len(plain) <= _SHORT or any(map(str.isdigit, plain))
    spoken = plain.translate(_SPOKEN) if short else plain
    return Token(plain, latin, cyrillic, spoken, gap, _CLOSING.search(gap) is not None)


def tokenize(folded: str, split: Callable[[str], Iterator[str]]) -> list[Token]:
    """Words in order. `split` cuts a run of an East Asian script into the words that are known."""
    tokens: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(folded):
        gap = folded[end : match.start()]
        end = match.end()
        if ord(match[0][0]) >= 0x3040 and ord(match[0][0]) < 0xD7B0:  # noqa: PLR2004 - East Asian blocks
            for part in split(match[0]):
                tokens.append(Token(part, part, part, part, gap, _CLOSING.search(gap) is not None))
                gap = ""
        else:
            tokens.append(_token(match[0], gap))
    return tokens
