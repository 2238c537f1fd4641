"""Which words does a person read? gettext catalogues, with plurals and escaped facts."""

from __future__ import annotations

import gettext
import html
import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).with_name("locale")
DOMAIN = "rakurs"
DEFAULT_LANGUAGE = "en"
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"uk": "Українська", "en": "English", "de": "Deutsch", "pl": "Polski"}
)
_NEAREST = MappingProxyType({"ru": "uk", "be": "uk"})


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "collect, do not translate here"
    """Marks a message for the catalogue where it is only named."""
    return message


class Words:
    """One language. Facts are escaped for Telegram's HTML, so nobody's text can break a message."""

    def __init__(self, *, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def t(self, message: str, **facts: object) -> str:
        """The message in this language with its facts in place."""
        return _fill(self._catalogue.gettext(message), facts)

    def n(self, one: str, many: str, count: int, **facts: object) -> str:
        """The form for `count`, which is also the fact {count}."""
        return _fill(self._catalogue.ngettext(one, many, count), {"count": count, **facts})


def _fill(message: str, facts: Mapping[str, object]) -> str:
    escaped = {
        name: str(value) if isinstance(value, Markup) else html.escape(str(value), quote=False)
        for name, value in facts.items()
    }
    return message.format(**escaped)


class Markup(str):
    """Text that is already Telegram HTML and must not be escaped again."""

    __slots__ = ()


class Texts:
    """All languages, read once from the catalogues."""

    def __init__(self) -> None:
        self._words = {DEFAULT_LANGUAGE: Words(language="en", catalogue=gettext.NullTranslations())}
        for language in LANGUAGES:
            path = LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
            if path.exists():
                self._words[language] = Words(language=language, catalogue=_catalogue(path, language))

    def words(self, language: str | None) -> Words:
        """The words for an IETF tag such as `uk` or `de-AT`; English where we have none."""
        tag = (language or DEFAULT_LANGUAGE).lower().replace("_", "-").partition("-")[0]
        return self._words.get(_NEAREST.get(tag, tag), self._words[DEFAULT_LANGUAGE])


def _catalogue(path: Path, language: str) -> gettext.GNUTranslations:
    """Compiled in memory: a fresh clone needs no build step."""
    with path.open("rb") as source:
        messages = read_po(source, locale=language, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
