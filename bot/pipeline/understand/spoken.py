"""Which digits and letters does a text spell out? `ікс шість` is x6, `дві тисячі дев'ятнадцятого` 2019."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.pipeline.understand.index import Index
from bot.pipeline.understand.text import Token

_ENDING = r"(?:ь|ого|ої|ій|ий|ый|ой|ом|ому|ая|ое|ій|ю|у|а|е|и|і|я|го|гого|ьох|ьома|ти)?"
_UNITS = (
    "перш|перв|один|одн", "друг|дв|дві|втор", "трет|три|тр", "четверт|чотир|четыре", "пят", "шост|шіст|шест",
    "сьом|сім|седьм|сем", "восьм|вісім|восем", "девят",
)  # fmt: skip
_TEENS = (
    "десят", "одинадцят|одиннадцат", "дванадцят|двенадцат", "тринадцят|тринадцат", "чотирнадцят|четырнадцат",
    "пятнадцят|пятнадцат", "шістнадцят|шестнадцат", "сімнадцят|семнадцат", "вісімнадцят|восемнадцат",
    "девятнадцят|девятнадцат",
)  # fmt: skip
_TENS = {
    20: "двадцят|двадцат", 30: "тридцят|тридцат", 40: "сорок|сороков", 50: "пятдесят|пятидесят|пятьдесят",
    60: "шістдесят|шестидесят|шестьдесят", 70: "сімдесят|семидесят|семьдесят",
    80: "вісімдесят|восьмидесят|восемьдесят", 90: "девяност|девяносто",
}  # fmt: skip
_STEMS = (*enumerate(_UNITS, 1), *enumerate(_TEENS, 10), *_TENS.items())
_NUMBER = re.compile("|".join(f"(?P<n{value}>(?:{stems}){_ENDING})" for value, stems in _STEMS))
_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_THOUSANDS = {("дві", "тисячі"), ("две", "тысячи"), ("два", "тисячі"), ("two", "thousand")}
_NINETEEN = {("тисяча", "девятсот"), ("тысяча", "девятьсот"), ("тыща", "девятьсот")}
_YEAR_WORDS = frozenset(["року", "рік", "года", "год", "году", "роки"])
_LETTERS = {
    "ікс": "x", "икс": "x", "iks": "x", "ігрек": "y", "игрек": "y", "ігрик": "y", "igrek": "y", "ypsilon": "y",
    "эс": "s", "ес": "s", "аш": "h", "зет": "z", "де": "d",
}  # fmt: skip
_CODE = re.compile(r"[a-z]{1,2}")
"""Letters before a number that is spelt out: `cx тридцять`."""
_ALONE = frozenset("xy")
_MODEL_WORDS = frozenset(["модель", "model", "модел"])
_NICK = re.compile(
    r"(?P<n1>одиничк|единичк|jedynk|einser)|(?P<n2>двійк|двойк|двушк|dwojk|zweier)|(?P<n3>трійк|тройк|трешк|trojk|dreier)"
    r"|(?P<n4>четвірк|четверк|czworek|czwork|vierer)|(?P<n5>пятірк|пятерк|piatk|funfer)|(?P<n6>шістк|шестерк|szostk|sechser)"
    r"|(?P<n7>сімк|семерк|siodemk|siebener)|(?P<n8>вісімк|восьмерк|osemk)|(?P<n9>девятк|dziewiatk)|(?P<n10>десятк|dziesiatk)"
)
_NICK_ENDING = frozenset(["", "а", "у", "и", "і", "ою", "ой", "е", "a", "e", "i"])
_PIVOT, _TEN, _SCORE = 40, 10, 20


def spelt(index: Index, tokens: Sequence[Token]) -> list[Token]:
    """The tokens with what they spell written as digits and letters."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        used, text = _years(tokens, at) or _compound(index, out, tokens, at) or (0, None)
        if text is None:
            used, text = _letter(index, out, tokens, at) or (0, None)
        if text is None and (nick := _nick(index, out, tokens, at)):
            used, text = 1, nick
        if text is None:
            out.append(tokens[at])
            at += 1
        else:
            first = tokens[at]
            out.append(Token(text, text, text, text, first.gap, first.stop))
            at += used
    return out


@cache
def _value(word: str) -> int | None:
    """The number that a word says, as a cardinal or an ordinal."""
    if word in _ENGLISH:
        return _ENGLISH[word]
    found = _NUMBER.fullmatch(word)
    return int(found.lastgroup[1:]) if found and found.lastgroup else None


def _said(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """How many words from there on say a number under a hundred, and which; (0, 0) for none."""
    value = _value(tokens[at].text) if at < len(tokens) else None
    if value is None:
        return 0, 0
    if value >= _SCORE and at + 1 < len(tokens) and not tokens[at + 1].stop:
        unit = _value(tokens[at + 1].text)
        if unit is not None and unit < _TEN:
            return 2, value + unit
    return 1, value


def _years(tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
    """`дві тисячі дев'ятнадцятого`, `двадцятого року`, `nineteen eighty five`."""
    pair = (tokens[at].text, tokens[at + 1].text) if at + 1 < len(tokens) else ("", "")
    if pair in _THOUSANDS or pair in _NINETEEN:
        skip = 3 if at + 2 < len(tokens) and tokens[at + 2].text == "and" else 2
        used, value = _said(tokens, at + skip)
        return (skip + used, str((2000 if pair in _THOUSANDS else 1900) + value)) if used else None
    century = {"nineteen": 1900, "twenty": 2000}.get(tokens[at].text)
    if century:
        used, value = _said(tokens, at + 1)
        return (1 + used, str(century + value)) if value >= _TEN else None
    used, value = _said(tokens, at)
    after = at + used
    if used and after < len(tokens) and tokens[after].text in _YEAR_WORDS and not tokens[after].stop:
        return used, str(value + (2000 if value < _PIVOT else 1900))
    return None


def _compound(index: Index, out: Sequence[Token], tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
    """`двадцять перша`: two words of one number, unless they alone are a name."""
    used, value = _said(tokens, at)
    if used < 2:  # noqa: PLR2004 - two words
        return None
    behind_its_name = bool(out) and f"{out[-1].text}{value}" in index.models
    named = tokens[at].text + tokens[at + 1].text in index.models
    return (used, str(value)) if behind_its_name or not named else None


def _letter(index: Index, out: Sequence[Token], tokens: Sequence[Token], at: int) -> tuple[int, str] | None:
    """`ікс шість`, `эс 60`; alone only `модель ікс`."""
    sign = _LETTERS.get(tokens[at].text)
    code = sign is None and bool(out) and out[-1].text in index.makers and _CODE.fullmatch(tokens[at].latin)
    sign = tokens[at].latin if code else sign
    if sign is None or (out and not tokens[at].stop and out[-1].text + tokens[at].text in index.models):
        return None
    if at + 1 < len(tokens) and not tokens[at + 1].stop:
        after = tokens[at + 1].text
        digits = after.isdecimal() and not code
        used, value = (1, int(after)) if digits else _said(tokens, at + 1)
        if used and f"{sign}{value}" in index.models:
            return 1 + used, f"{sign}{value}"
    if not out:
        return None
    behind = out[-1].text
    counted = any(
        sign in map(str.lower, generation.aliases)
        for named in index.models.get(behind, ())
        for generation in named.model.generations
    )
    return (1, sign) if counted or (sign in _ALONE and behind in _MODEL_WORDS) else None


def _nick(index: Index, out: Sequence[Token], tokens: Sequence[Token], at: int) -> str | None:
    """`мазда шістка`, `гольф двійка`: a number of the maker or model beside it."""
    found = _NICK.match(tokens[at].text)
    if found is None or not found.lastgroup or tokens[at].text[found.end() :] not in _NICK_ENDING:
        return None
    number = found.lastgroup[1:]
    near = [out[-1]] if out else []
    near += [tokens[at + 1]] if at + 1 < len(tokens) and not tokens[at + 1].stop else []
    for token in near:
        maker = index.makers.get(token.text) or index.sounds_like(token.text)[0]
        if maker is not None:
            for key in (number, f"210{number}", f"a{number}"):
                if any(named.brand is maker.brand for named in index.models.get(key, ())):
                    return key
    if out:
        for named in index.models.get(out[-1].text, ()):
            if any(number in generation.aliases for generation in named.model.generations):
                return number
    return None
