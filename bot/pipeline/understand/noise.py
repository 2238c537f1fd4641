"""What in an advertisement is no description? Prices, mileage, engines, telephones, addresses, dates."""

from __future__ import annotations

import re

_NUMBER = r"(?<![\w.,])(?:\d{1,3}(?:[ .,']\d{3}){1,3}|\d{1,9}(?:[.,]\d{1,2})?)"
_MONEY = (
    r"(?:[$€£₴₽¥₸]|usd|eur|uah|gbp|chf|pln|zl|zlotych|грн|гривень|гривен|руб|рублей|долл|долар\w*|доллар\w*|"
    r"бакс\w*|евро|євро|euros?|dollars?|bucks|у\.?\s?е\b|kc|czk|тенге|лей|тг\b|rub|tl\b)"
)
_DISTANCE = r"(?:[кk]m\b|км|kms\b|kilomet\w*|кілометр\w*|километр\w*|miles?\b|mi\b|миль|tkm|k\s?miles|mls\b|kilometr\w*|公里|万公里|千米)"
_POWER = r"(?:hp|bhp|ps|kw|квт|квт\.|cv|ch|km\s?mocy|[кk]\.?\s?[сc]\b\.?|л\.?\s?с\b\.?|кінськ\w*|лошад\w*|horse\s?power|nm|нм|pk)\b"
_VOLUME = r"(?:cc|ccm|cm3|cm³|см3|куб\w*|kubik\w*)\b"
_COUNTED = (
    r"(?:-|\s)?(?:doors?|двер\w*|drzwi\w*|turer\w*|turig\w*|turen|porte|puertas|portes|seats?|seaters?|мест\w*|місц\w*|"
    r"cylind\w*|циліндр\w*|цилиндр\w*|zylinder|owners?|власник\w*|владел\w*|хозя\w*|keys?|ключ\w*|speed|ступен\w*|"
    r"gang|biegow|штук\w*|шт\b|pcs|minutes?|хвилин\w*|минут\w*|days?|дн[іяе]\w*|percent|%|litres?|liters?|літр\w*|литр\w*|"
    r"l/100\w*|airbags?|inch\w*|дюйм\w*|zoll|cali|times|разів|раз\b|people|людей|осіб|osob\w*|персон\w*|pax)"
)
_THOUSANDS = r"\s?(?:к|k|т|тис|тыс|tys|mille|mil|mln|млн|thousand)?\.?\s?"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"https?://\S+|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+", " , "),
        (r"(?<!\w)(?=[a-z0-9]{17}(?!\w))(?=[a-z]*\d)(?=\d*[a-z])[a-hj-npr-z0-9]{17}", " , "),
        (r"(?<![\w.])(?:\+\d|\(?0\d|8[ (-]\d|tel\.?:?\s?\d|тел\.?:?\s?\d)[\d ()\-]{7,18}\d(?!\w)", " , "),
        (rf"[$€£₴₽¥]\s?{_NUMBER}{_THOUSANDS}(?!\w)", " , "),
        (
            rf"(?:price|ціна|цена|цiна|cena|preis|prix|precio|prezzo|vb|vhb|asking|budget|бюджет)\W{{1,3}}{_NUMBER}",
            " , ",
        ),
        (
            rf"(?:mileage|пробіг|пробег|przebieg|laufleistung|kilometerstand|одометр|odometer)\W{{1,3}}{_NUMBER}{_THOUSANDS}",
            " , ",
        ),
        (rf"{_NUMBER}{_THOUSANDS}{_MONEY}", " , "),
        (rf"{_NUMBER}{_THOUSANDS}{_DISTANCE}(?:/год|/h|/ч|ph)?", " , "),
        (rf"(?<![\w.,])\d{{2,4}}\s?{_POWER}", " , "),
        (rf"(?<![\w.,])(?:[5-9]\d\d|\d{{4}})\s?{_VOLUME}", " , "),
        (rf"{_NUMBER}{_COUNTED}", " , "),
        (r"(?<!\d)\d{1,2}:\d{2}(?!\d)", " , "),
        (r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}(?!\d)", " , "),
        (r"(?<![\w./-])(?:0?[1-9]|1[0-2])[./-]((?:19|20)\d{2})(?!\d)", r" \1 "),
        (r"(?<!\d)((?:19|20)\d{2})[./-](?:0?[1-9]|1[0-2])(?!\d)", r" \1 "),
        (
            r"(?<![\w.,/])\d[.,]\d{1,2}(?![\d.,/])(?:\s?-?(?:l|л|litre|liter|литра|літра|літри|литр|t|tdi|d|i)(?!\w))?",
            " , ",
        ),
    )
)


def without_noise(folded: str) -> str:
    """The folded text with commas in the place of what is no word about the car's looks."""
    for pattern, by in _RULES:
        folded = pattern.sub(by, folded)
    return folded
