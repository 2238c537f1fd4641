"""What does one text hold before it is judged? Tokens, mentions, cars, and what is said where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.pipeline.gazetteer import Generation
from bot.pipeline.model import AngleName
from bot.pipeline.understand.asked import Asker
from bot.pipeline.understand.cars import Found, Gatherer
from bot.pipeline.understand.facts import Year, first, take_plate, years
from bot.pipeline.understand.index import Index
from bot.pipeline.understand.noise import without_noise
from bot.pipeline.understand.ordinal import counted, ordinal
from bot.pipeline.understand.paint import Coat, Painter
from bot.pipeline.understand.scan import Mention, Scanner
from bot.pipeline.understand.specs import Said
from bot.pipeline.understand.spelling import Speller
from bot.pipeline.understand.split import split_words
from bot.pipeline.understand.spoken import spelt
from bot.pipeline.understand.text import Token, tokenize

_CODE = re.compile(r"(?=.*\d)[a-zа-яєії0-9]{2,6}")
_SHORT_TEXT = 4
_DRIVEN = frozenset({"xDrive", "quattro", "4Matic", "4Motion"})
_MOST_WORDS = 450
"""Words that are read: more than 2000 characters of ordinary text hold."""
_VAGUE_BODIES = frozenset(
    [
        "estate",
        "touring",
        "tourer",
        "break",
        "combi",
        "variant",
        "avant",
        "van",
        "spider",
        "targa",
        "truck",
        "camioneta",
        "wagon",
        "kombi",
        "sw",
        "volante",
        "combi",
    ]
)


@dataclass(slots=True)
class Analysis:
    """One text taken apart. Windows are ranges of token positions."""

    index: Index
    tokens: list[Token]
    mentions: list[Mention]
    cars: list[Found]
    coats: list[Coat]
    years: list[Year]
    plate: str | None
    emoji: str | None
    angles: tuple[AngleName, ...]
    _topics: set[str] = field(default_factory=set)

    @property
    def unknown_words(self) -> int:
        """How many words of the text mean nothing here; single letters do not count."""
        known = {at for mention in self.mentions for at in range(mention.start, mention.end)}
        known |= {year.at for year in self.years}
        return sum(at not in known and len(token.text) > 1 for at, token in enumerate(self.tokens))

    @property
    def fully_known(self) -> bool:
        """Whether a short text holds no unknown word."""
        return not self.unknown_words and len(self.tokens) <= _SHORT_TEXT

    @property
    def same_again(self) -> bool:
        return any(mention.meaning("same") for mention in self.mentions)

    @property
    def only_same(self) -> bool:
        """Whether every word belongs to "the same once more"."""
        return self.fully_known

    @property
    def plain_body(self) -> bool:
        """Whether the body is said by a word that means little else."""
        return any(
            mention.meaning("bodies") and self.tokens[mention.start].text not in _VAGUE_BODIES
            for mention in self.mentions
        )

    def starts_with(self, car: Found) -> bool:
        return car.start == 0

    def long_name(self, car: Found) -> bool:
        return sum(len(token.text) for token in self.tokens[car.start : car.end]) > 3  # noqa: PLR2004 - "one", "up"

    def is_code(self, car: Found) -> bool:
        return any(char.isdigit() for token in self.tokens[car.start : car.end] for char in token.text)

    def car_word(self, window: range, *topics: str) -> bool:
        """Whether "car" or a word of the further topics stands there."""
        asked = ("cars", *topics)
        return any(m.start in window and any(m.meaning(topic) for topic in asked) for m in self.mentions)

    def beside_year(self, car: Found) -> bool:
        """Whether a year stands next to the car's name or one word away."""
        return any(car.start - 2 <= year.at <= car.end + 1 for year in self.years)

    def generation_of(self, brand: str | None, model: str | None) -> Generation | None:
        """A generation of that model, named anywhere by its code or number."""
        for token in self.tokens:
            for key in () if token.text.isdecimal() else (token.text, token.latin, token.spoken):
                for row in self.index.codes.get(key, ()):
                    if (row[0].name, row[1].name) == (brand, model):
                        return row[2]
        return None

    def unknown_model(self, car: Found) -> bool:
        """Whether the word behind the maker's name looks like a model that is not known."""
        if car.end >= len(self.tokens) or self.tokens[car.end].stop:
            return False
        if any(mention.start == car.end and not mention.models for mention in self.mentions):
            return False
        token = self.tokens[car.end]
        if any(year.at == car.end for year in self.years) or token.text in self.index.everyday:
            return False
        return _CODE.fullmatch(token.text) is not None or len(token.text) > 2  # noqa: PLR2004 - a word

    def beside_color(self, car: Found) -> bool:
        """Whether a colour touches the car's name."""
        return any(coat.end == car.start or coat.start == car.end for coat in self.coats)

    def windows(self, among: Sequence[Found] | None = None) -> Iterator[tuple[Found, range]]:
        """Each car with the part of the text that speaks of it."""
        cars = sorted(self.cars if among is None else among, key=lambda car: car.start)
        start = 0
        for at, car in enumerate(cars):
            end = len(self.tokens) if at + 1 == len(cars) else self._border(car, cars[at + 1])
            yield car, range(start, end)
            start = end

    def _border(self, car: Found, after: Found) -> int:
        links = {mention.end for mention in self.mentions if mention.meaning("links")}
        for place in range(after.start, car.end, -1):
            if place in links or self.tokens[place].stop:
                return place
        return after.start

    def said(self, window: range, car: Found | None) -> Said:
        """What those tokens say of the car."""
        tokens, mentions = self.tokens, self.mentions
        said = Said(
            year=self._year(window, car),
            finish=first("finishes", tokens, mentions, window),
            body=first("bodies", tokens, mentions, window),
            trim=self._trim(window, car),
            condition=first("conditions", tokens, mentions, window),
            background=first("backgrounds", tokens, mentions, window),
            plate=self.plate,
        )
        self._paint(said, window, car)
        return said

    def _year(self, window: range, car: Found | None) -> int | None:
        here = [year.year for year in self.years if year.at in window]
        span = car.generation or car.model if car is not None else None
        if span is not None:
            fits = [y for y in here if span.first_year <= y <= (span.last_year or y)]
            here = fits or here
        return here[0] if here else None

    def _trim(self, window: range, car: Found | None) -> str | None:
        """The first trim that this maker has; a driven axle only where nothing else is said."""
        makers, axles = self.index.trim_makers, None
        for mention in self.mentions:
            trim = mention.meaning("trims") if mention.start in window else None
            if trim is None:
                continue
            brand = car.brand.name if car is not None and car.brand is not None else None
            if brand is None or brand in makers.get(trim, (brand,)):
                if trim not in _DRIVEN:
                    return trim
                axles = axles or trim
        return axles

    def _paint(self, said: Said, window: range, car: Found | None) -> None:
        here = [coat for coat in self.coats if coat.start in window]
        said.not_colors = tuple(dict.fromkeys(coat.color for coat in here if coat.negated))
        kept = [coat for coat in here if not coat.negated and coat.part is None]
        roofs = [coat for coat in here if not coat.negated and coat.part == "roof"]
        main = self._main_coat(kept, car)
        if main is not None:
            said.color, said.color_typo = main.color, main.typo
            after = kept[kept.index(main) + 1 :]
            self._further(said, main, after)
        elif not kept and self.emoji and self.emoji not in said.not_colors:
            said.color = self.emoji
        if roofs and said.second_color is None and roofs[0].color != said.color:
            said.second_color = roofs[0].color

    @staticmethod
    def _main_coat(kept: Sequence[Coat], car: Found | None) -> Coat | None:
        if not kept:
            return None
        if car is not None and kept[0].link is None:
            beside = (coat for coat in kept if coat.end == car.start or coat.start == car.end)
            return next(beside, kept[0])
        return kept[0]

    @staticmethod
    def _further(said: Said, main: Coat, after: Sequence[Coat]) -> None:
        for coat in after:
            if main.link == "same":
                said.color = coat.color
            elif main.link == "and" and coat.color != said.color:
                said.second_color = said.second_color or coat.color
            elif main.link == "or" and coat.color != said.color:
                said.colors_or = (*said.colors_or, coat.color)
            else:
                return
            main = coat


def _emoji(index: Index, description: str) -> str | None:
    for sign in description:
        color = index.emoji.get(sign)
        if color is not None:
            return color
    return None


def analyse(index: Index, speller: Speller, folded: str, description: str) -> Analysis:
    """Take a folded text apart; `description` is asked for its emoji only."""
    tokens = split_words(index, tokenize(without_noise(folded), index.split_east)[:_MOST_WORDS])
    tokens = spelt(index, tokens)
    plate = take_plate(index, tokens)
    scanner = Scanner(index, tokens)
    if speller.correct(tokens, scanner.covered(), scanner.makers):
        scanner = Scanner(index, tokens)
    mentions = scanner.mentions()
    cars = Gatherer(index, tokens, mentions).cars()
    number = ordinal(folded)
    if number is not None and len(cars) == 1 and cars[0].model is not None:
        cars[0].generation = cars[0].generation or counted(cars[0].model, number)
    return Analysis(
        index=index,
        tokens=tokens,
        mentions=mentions,
        cars=cars,
        coats=Painter(index, tokens, mentions).coats(),
        years=years(index, tokens, mentions),
        plate=plate,
        emoji=_emoji(index, description),
        angles=Asker(tokens, mentions).angles(),
    )
