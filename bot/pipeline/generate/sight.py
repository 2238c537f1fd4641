"""Does what somebody sees, without knowing what was asked, clearly contradict it? A pure function."""

from __future__ import annotations

from bot.pipeline.model import NOT_ONE_CAR, OTHER_BADGE, OTHER_SIDE, Angle, CarSpec, Rung
from bot.pipeline.ports import Sight

_FAR = 60.0
"""Degrees by which the side that is seen may miss the asked one: sight is told in steps of 45."""
_STEEP = 60.0
"""Degrees of elevation from which a car has no side that could be told."""
_WEAR_EACH_OTHERS = (
    frozenset({"Opel", "Vauxhall", "Holden", "Chevrolet", "Buick", "Daewoo"}),
    frozenset({"Great Wall", "Haval", "Tank", "Ora", "Wey"}),
    frozenset({"Mercedes-Benz", "Maybach"}),
    frozenset({"SsangYong", "KGM"}),
    frozenset({"Fiat", "Abarth"}),
    frozenset({"Seat", "Cupra"}),
    frozenset({"Dodge", "Ram", "Chrysler"}),
    frozenset({"BMW", "Alpina"}),
    frozenset({"MG", "Roewe"}),
    frozenset({"Renault", "Dacia", "Lada"}),
    frozenset({"Citroen", "DS"}),
    frozenset({"Nissan", "Datsun"}),
    frozenset({"Hyundai", "Genesis"}),
)
"""Makers of one house: the same car is sold with either emblem, so that neither is wrong on it."""


def contradiction(sight: Sight, angle: Angle, spec: CarSpec, rung: Rung) -> str | None:
    """The warning for the gravest contradiction; None where nothing is clearly wrong.

    A badge counts where one was asked for and can be seen from there.
    """
    if sight.cars is not None and sight.cars != 1:
        return NOT_ONE_CAR
    if sight.azimuth is not None and angle.elevation < _STEEP:
        apart = abs((sight.azimuth - angle.azimuth + 180) % 360 - 180)
        if apart > _FAR:
            return OTHER_SIDE
    if rung is Rung.FULL and angle.badge_visible and _other_maker(sight.maker, spec.brand):
        return OTHER_BADGE
    return None


def _other_maker(seen: str | None, asked: str | None) -> bool:
    if seen is None or asked is None or seen == asked:
        return False
    return not any({seen, asked} <= house for house in _WEAR_EACH_OTHERS)
