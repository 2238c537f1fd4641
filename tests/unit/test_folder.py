"""What album.json says of paint and of photos that helped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.pipeline.folder import paint_delta_e, write_album
from bot.pipeline.model import Picture, ViewState
from bot.pipeline.money import Charge, ChargeId, Outcome
from tests.fakes.cars import FRONT, a_picture, a_session, an_album, blank_views
from tests.loopback.pictures import picture_bytes


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


def test_what_was_paid_for_others_on_the_way_is_told_apart(tmp_path: Path) -> None:
    session = a_session()
    album = an_album(session)
    views = [replace(view, state=ViewState.DRAWN) for view in blank_views(album)]
    content = picture_bytes("a car", form="JPEG")
    pictures: dict[str, Picture] = {view.angle: a_picture(content, cost=0.03) for view in views}
    costs = (
        (Outcome.DELIVERED, 0.03),
        (Outcome.DELIVERED, 0.03),
        (Outcome.WASTED, 0.04),
        (Outcome.MAYBE, None),
    )
    charges = [
        Charge(
            id=ChargeId(number),
            session_id=session.id,
            number=1,
            angle=FRONT,
            provider="fake",
            model="m",
            reserved=0.02,
            cost=cost,
            outcome=outcome,
        )
        for number, (outcome, cost) in enumerate(costs)
    ]
    facts = write_album(
        tmp_path,
        session=session,
        album=album,
        views=views,
        pictures=pictures,
        seconds=1.0,
        instructions=True,
        charges=charges,
    )
    assert (facts["cost"], facts["not_delivered"], facts["maybe_paid"]) == (0.06, 0.04, 0.02)
