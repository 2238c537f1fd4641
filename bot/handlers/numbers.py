"""How are numbers told in four characters, so that a table fits a phone?"""

from __future__ import annotations

_SCALES = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))


def short(value: float) -> str:
    """A count: 999, 1.2k, 12k, 3.4M."""
    for size, letter in _SCALES:
        if value >= size * 0.9995 and value >= 10_000 * (letter == "k"):
            scaled = value / size
            return f"{scaled:.1f}{letter}" if scaled < 9.95 else f"{scaled:.0f}{letter}"  # noqa: PLR2004 - rounds to ten
    return f"{value:.0f}"


def money(value: float) -> str:
    """USD: 0.05, 1.25, 12.3, 123, 4.5k."""
    if value >= 999.5:  # noqa: PLR2004 - four characters are full
        return f"{value / 1000:.1f}k" if value < 99_950 else short(value)  # noqa: PLR2004 - as above
    if value >= 99.95:  # noqa: PLR2004 - as above
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"  # noqa: PLR2004 - as above


def seconds(value: float | None) -> str:
    """Seconds: 7.4, 17, 143; a dash where nothing was measured."""
    if value is None:
        return "–"
    return f"{value:.1f}" if value < 9.95 else short(value)  # noqa: PLR2004 - as above


def share(value: float | None) -> str:
    """0..1 as a percentage; a dash where nothing was counted."""
    return "–" if value is None else f"{100 * value:.0f}%"
