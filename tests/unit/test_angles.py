"""Which angles do people name, and how are unknown words told?"""

from __future__ import annotations

import pytest

from bot.pipeline.angles import CATALOGUE, parse_angles
from bot.pipeline.errors import UnknownAngle


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("front,side,rear", ("front", "side", "rear")),
        ("top wheel", ("top", "wheel")),
        ("збоку і ззаду", ("side", "rear")),
        ("front and rear", ("front", "rear")),
        ("три чверті ззаду, салон", ("rear-three-quarter", "interior")),
        ("front 3/4 right back", ("front-three-quarter-right", "rear")),
        ("Front, FRONT; front", ("front",)),
        ("", ()),
        (" , ", ()),
    ],
)
def test_words_become_angles(text: str, names: tuple[str, ...]) -> None:
    assert parse_angles(text) == names


def test_every_name_of_the_catalogue_is_understood() -> None:
    for name, angle in CATALOGUE.items():
        for word in (name, *angle.aliases):
            assert parse_angles(word) == (name,)


@pytest.mark.parametrize(
    ("text", "word"), [("frnt", "frnt"), ("top frnt", "frnt"), ("from mars", "from mars")]
)
def test_an_unknown_word_is_named_with_what_is_near(text: str, word: str) -> None:
    with pytest.raises(UnknownAngle) as caught:
        parse_angles(text)
    assert caught.value.word == word
    assert "front" in caught.value.near or word == "from mars"
