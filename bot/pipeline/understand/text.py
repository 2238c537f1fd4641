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
_KNOWN = 5000
"""Characters whose folding is remembered."""


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
    gap: str = ""
    stop: bool = False
    typo: bool = False


class _Letters(dict[int, str]):
    """What becomes of a character, by its number; `keep` says which of the signs that come of it stay.

    Looked up once, as texts hold the same few hundred characters again and again.
    """

    def __init__(self, keep: Callable[[str], bool] = lambda _sign: True) -> None:
        super().__init__()
        self._keep = keep

    def __missing__(self, code: int) -> str:
        folded = "".join(filter(self._keep, _letter(chr(code)).translate(_SPECIAL)))
        if len(self) < _KNOWN:
            self[code] = folded
        return folded


def _letter(char: str) -> str:
    code = ord(char)
    if code < 0x80:  # noqa: PLR2004 - ASCII
        return char
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind in {"Mn", "Cf", "Me", "Cs", "Co", "Cn"}:
        return ""
    if 0xC0 <= code < 0x250 or 0x1E00 <= code < 0x1F00:  # noqa: PLR2004 - Latin blocks
        return unicodedata.normalize("NFD", char)[0]
    return char


_FOLDED = _Letters()
_SQUASHED = _Letters(lambda sign: sign.isalnum() or sign == "+")


def fold(text: str) -> str:
    """Lower case, one form of every letter, digits of all scripts as 0-9, no accents on Latin letters."""
    return unicodedata.normalize("NFKC", text).casefold()[:_MOST].translate(_FOLDED)


def squash(text: str) -> str:
    """A folded name without spaces and signs, as the index knows it."""
    return unicodedata.normalize("NFKC", text).casefold()[:_MOST].translate(_SQUASHED)


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
