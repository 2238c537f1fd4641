"""The catalogues: complete where they must be, and with the same facts in every language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

import bot.handlers
from bot.handlers.status_words import about_left
from bot.handlers.texts import LOCALES, Texts

_NOT_YET = ("{author}", "Photos that helped to draw", "No photo of anybody")
"""Rarely read: English will do in a language that is only begun."""
FACT = re.compile(r"\{(\w+)\}")


def _forms(string: str | Sequence[str] | None) -> Sequence[str]:
    """The plural forms, or the one form; one empty form for what is not translated."""
    return [string or ""] if string is None or isinstance(string, str) else string


def _messages() -> set[str]:
    found = extract_from_dir(
        str(Path(bot.handlers.__file__).parent),
        method_map=[("**.py", "python")],
        keywords={"t": None, "n": (1, 2), "N_": None},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_ukrainian_has_every_message_and_none_unsure() -> None:
    with (LOCALES / "uk" / "LC_MESSAGES" / "rakurs.po").open("rb") as source:
        catalogue = read_po(source, locale="uk")
    ready = {
        row.id if isinstance(row.id, str) else row.id[0]
        for row in catalogue
        if row.id and not row.fuzzy and all(_forms(row.string))
    }
    assert len(ready) > 100
    assert _messages() == ready


@pytest.mark.parametrize("language", ["uk", "de", "pl"])
def test_what_is_translated_has_every_plural_form(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "rakurs.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    plural = [row for row in catalogue if row.id and not isinstance(row.id, str)]
    assert plural
    for row in plural:
        assert len([form for form in _forms(row.string) if form]) == catalogue.num_plurals, row.id


@pytest.mark.parametrize("language", ["de", "pl"])
def test_what_is_begun_covers_the_way_from_a_greeting_to_the_buttons(language: str) -> None:
    """Menus, greeting, status, caption, buttons and errors: whoever chose the language can use the bot."""
    with (LOCALES / language / "LC_MESSAGES" / "rakurs.po").open("rb") as source:
        ready = {row.id if isinstance(row.id, str) else row.id[0] for row in read_po(source) if row.string}
    house = Path(bot.handlers.__file__).parent
    needed: set[str] = set()
    for name in (
        "keys",
        "status_words",
        "captions",
        "courier",
        "errors",
        "describe",
        "start",
        "more",
        "spins",
    ):
        found = extract_from_file("python", str(house / f"{name}.py"), keywords={"t": None, "n": (1, 2)})
        needed |= {text if isinstance(text, str) else text[0] for _, text, _, _ in found}
    lacking = {text for text in needed - ready if not text.startswith(_NOT_YET)}
    assert lacking == set()


@pytest.mark.parametrize("language", ["uk", "de", "pl"])
def test_translations_carry_the_same_facts(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "rakurs.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    for row in catalogue:
        if row.id:
            english = row.id if isinstance(row.id, str) else row.id[-1]
            for text in _forms(row.string):
                assert set(FACT.findall(text)) == set(FACT.findall(english)), row.id


@pytest.mark.parametrize(("count", "form"), [(1, "1 альбом."), (3, "3 альбоми."), (11, "11 альбомів.")])
def test_ukrainian_plurals(count: int, form: str) -> None:
    words = Texts().words("uk-UA")
    assert words.n("Stopped {count} album.", "Stopped {count} albums.", count).endswith(form)


def test_facts_cannot_break_the_markup() -> None:
    assert Texts().words("en").t("<b>{car}</b>", car="<i>&{0}") == "<b>&lt;i&gt;&amp;{0}</b>"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (61, "Лишилося близько 65 секунд"),
        (91, "Лишилося близько 2 хвилин"),
        (2105, "Лишилося близько 36 хвилин"),
        (21 * 60, "Лишилося близько 21 хвилини"),
    ],
)
def test_the_time_left_is_told_in_minutes_where_it_is_long(seconds: int, said: str) -> None:
    assert about_left(seconds, Texts().words("uk")) == said
