"""Which paint is seen on a car, and is it told from another, whatever stands behind it?"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bot.pipeline.errors import FailureKind
from bot.pipeline.inspect import inspect
from bot.pipeline.model import OFF_COLOR, Album, CarSpec
from bot.pipeline.paint import Match, common, compare, difference, lab_of, paint_of
from tests.loopback.pictures import Entry, Fault, picture_bytes
from tests.unit.generate.conftest import SPEC, open_atelier

RED, BLUE, YELLOW, GREEN = "#b3121d", "#1d3f72", "#f2c200", "#1f5a3a"
BLACK, WHITE, SILVER = "#0b0b0d", "#f4f4f2", "#b9bcc0"
BACKDROPS = {
    "studio": ("#f0f0f0", "#c8c8c8"),
    "dusk": ("#6a5a70", "#3a3638"),
    "meadow": ("#9cc4e8", "#6f9a4a"),
}


def car(paint: str, *, behind: tuple[str, str] = BACKDROPS["studio"], shift: int = 0) -> Image.Image:
    """A car from the side: body, glass, tyres, lit from above, before a sky and a ground.

    `shift` moves it, so that two of them are not one view twice.
    """
    picture = Image.new("RGB", (768, 512), behind[0])
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 330, 768, 512), fill=behind[1])
    left = 90 + shift
    for step in range(12):
        shade = 1.12 - 0.05 * step
        top = 190 + step * 14
        color = tuple(min(255, round(int(paint[at : at + 2], 16) * shade)) for at in (1, 3, 5))
        draw.rectangle((left, top, left + 590 - shift, top + 14), fill=color)
    draw.polygon([(left + 140, 190), (left + 200, 130), (left + 400, 130), (left + 460, 190)], fill="#23282c")
    for wheel in (left + 90, left + 420):
        draw.ellipse((wheel, 300, wheel + 110, 410), fill="#141414")
        draw.ellipse((wheel + 30, 330, wheel + 80, 380), fill="#9a9c9e")
    return picture


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


@pytest.mark.parametrize("behind", BACKDROPS.values(), ids=BACKDROPS)
@pytest.mark.parametrize("paint", [RED, BLUE, YELLOW, BLACK, WHITE, SILVER])
def test_the_asked_paint_is_recognised(paint: str, behind: tuple[str, str]) -> None:
    found = paint_of(car(paint, behind=behind))
    assert found is not None
    assert compare(found, lab_of(paint))[0] is Match.SAME


@pytest.mark.parametrize(
    ("asked", "came"),
    [(RED, BLUE), (RED, YELLOW), (BLUE, RED), (YELLOW, WHITE), (GREEN, RED), (WHITE, RED), (BLACK, WHITE)],
)
def test_another_paint_is_told_from_the_asked_one(asked: str, came: str) -> None:
    found = paint_of(car(came))
    assert found is not None
    assert compare(found, lab_of(asked))[0] is Match.OTHER


def test_what_shows_many_colours_or_nothing_has_no_paint() -> None:
    for key in range(12):
        with Image.open(io.BytesIO(picture_bytes(str(key)))) as picture:
            assert paint_of(picture.convert("RGB")) is None
    assert paint_of(Image.new("RGB", (600, 400), "#808080")) is None


def test_light_is_no_difference_of_paint() -> None:
    dark, bright = (25.0, 40.0, 25.0), (55.0, 40.0, 25.0)
    assert difference(dark, bright) == pytest.approx(0.0, abs=1e-9)
    assert common([dark, bright, bright]) == bright


def test_paint_is_measured_where_it_is_asked_for() -> None:
    content = encoded(car(RED))
    assert inspect(content).paint is None
    assert inspect(content, paint=True).paint is not None


def painted(content: bytes) -> Fault:
    return Fault(content=content)


@pytest.mark.parametrize("stays", [False, True], ids=["once", "twice"])
async def test_another_colour_is_made_again_once_and_then_labelled(tmp_path: Path, stays: bool) -> None:
    async with open_atelier(tmp_path) as atelier:
        atelier.spec = CarSpec(brand=SPEC.brand, model=SPEC.model, color="red", color_hex=RED)
        good = [painted(encoded(car(RED, shift=shift))) for shift in (0, 60, 120)]
        bad = painted(encoded(car(BLUE, shift=180)))
        order: list[str] = []

        def faults(entry: Entry, before: int) -> Fault:
            if entry.seed not in order:
                order.append(entry.seed)
            place = order.index(entry.seed)
            return bad if place == 1 and (before == 0 or stays) else good[place]

        atelier.server.faults = faults
        album, views = await atelier.draw(atelier.openai, atelier.studio)
        assert isinstance(album, Album)
        assert len(atelier.server.ledger) == 4
        labelled = [view for view in views.values() if OFF_COLOR in view.warnings]
        assert [str(view.seed) for view in labelled] == ([order[1]] if stays else [])
        assert all(view.paint is not None for view in views.values())


async def test_a_view_that_differs_from_all_others_is_made_again_though_no_colour_was_asked(
    tmp_path: Path,
) -> None:
    async with open_atelier(tmp_path) as atelier:
        atelier.spec = CarSpec(brand=SPEC.brand, model=SPEC.model)
        order: list[str] = []

        def faults(entry: Entry, before: int) -> Fault:
            if entry.seed not in order:
                order.append(entry.seed)
            place = order.index(entry.seed)
            other = place == 2 and before == 0
            late = 0.3 if place == 2 else 0.0
            return Fault(content=encoded(car(BLUE if other else RED, shift=60 * place)), delay=late)

        atelier.server.faults = faults
        await atelier.draw(atelier.openai, atelier.studio)
        assert len(atelier.server.ledger) == 4


async def test_a_picture_of_another_shape_is_made_again_once(tmp_path: Path) -> None:
    async with open_atelier(tmp_path) as atelier:
        atelier.server.size = (512, 512)
        _, views = await atelier.draw(atelier.openai, atelier.studio, angles=["front"])
        assert len(atelier.server.ledger) == 2
        assert views["front"].warnings == ("other_shape",)
        assert FailureKind.WRONG_SIZE.value in str(atelier.log)
