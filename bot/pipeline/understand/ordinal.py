"""Which generation is meant by a number said apart from the name? `mk5 Golf`, `third generation Mazda 3`."""

from __future__ import annotations

import re

from bot.pipeline.gazetteer import Generation, Model

_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "перше": 1, "друге": 2, "третє": 3, "четверте": 4, "першого": 1, "другого": 2, "третього": 3, "четвертого": 4,
    "первого": 1, "второго": 2, "третьего": 3, "первое": 1, "второе": 2, "третье": 3, "четвертое": 4,
    "pierwszej": 1, "drugiej": 2, "trzeciej": 3, "czwartej": 4, "piatej": 5, "ersten": 1, "zweiten": 2, "dritten": 3,
    "erste": 1, "zweite": 2, "dritte": 3, "vierte": 4, "prima": 1, "seconda": 2, "terza": 3,
}  # fmt: skip
_GENERATION = r"(?:gen(?:eration|erace|erazione|eracion|eracji|eracja)?|поколінн\w+|поколени\w+)\b"
_SAID = re.compile(
    rf"\bmk\s?-?(?P<mark>\d{{1,2}})\b"
    rf"|\b(?P<number>\d{{1,2}})(?:st|nd|rd|th|-?го|-?е|-?ої|-?є|\.)?[\s-]{{0,2}}{_GENERATION}"
    rf"|\b(?P<word>{'|'.join(_WORDS)})[\s-]{_GENERATION}"
)


def ordinal(folded: str) -> int | None:
    """The number of a generation that the text counts, or None."""
    found = _SAID.search(folded)
    if found is None:
        return None
    return _WORDS[found["word"]] if found["word"] else int(found["mark"] or found["number"])


def counted(model: Model, number: int) -> Generation | None:
    """That generation of a model, where its generations are counted."""
    return next((gen for gen in model.generations if str(number) in gen.aliases), None)
