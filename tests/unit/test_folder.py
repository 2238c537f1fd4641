"""What album.json says of paint and of photos that helped."""

from __future__ import annotations

from bot.pipeline.folder import paint_delta_e
from bot.pipeline.model import Picture


def painted(*lab: float) -> Picture:
    return Picture(
        content=b"",
        media_type="",
        width=1,
        height=1,
        provider="p",
        model="m",
        seconds=1,
        paint=(lab[0], lab[1], lab[2]) if lab else None,
    )


def test_light_alone_is_no_difference_of_paint() -> None:
    assert paint_delta_e([painted(30, 40, 20), painted(60, 40, 20)]) == 0.0


def test_another_paint_is_one() -> None:
    difference = paint_delta_e([painted(40, 50, 30), painted(40, 50, 30), painted(40, -30, 10)])
    assert difference is not None
    assert difference > 30


def test_one_measured_paint_differs_from_nothing() -> None:
    assert paint_delta_e([painted(40, 50, 30), painted()]) is None
