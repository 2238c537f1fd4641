"""Is the right car planned? Body classes, measures, colours, wheels, refusals."""

from __future__ import annotations

import pytest

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import Body, CarSpec, Dimensions
from bot.pipeline.studio.plan import WHEEL_DESIGNS, body_class, plan


def measures(length: int, wheelbase: int = 2600, height: int = 1500) -> Dimensions:
    overhang = (length - wheelbase) // 2
    return Dimensions(
        length=length,
        width=1800,
        height=height,
        wheelbase=wheelbase,
        front_overhang=overhang,
        rear_overhang=length - wheelbase - overhang,
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (CarSpec(body=Body.HATCHBACK, dimensions=measures(3600, 2400)), "city"),
        (CarSpec(body=Body.HATCHBACK, dimensions=measures(4280)), "hatchback"),
        (CarSpec(body=Body.SUV, dimensions=measures(4500)), "compact-suv"),
        (CarSpec(body=Body.SUV, dimensions=measures(4922, 2975)), "large-suv"),
        (CarSpec(body=Body.SUV, model="X5"), "large-suv"),
        (CarSpec(body=Body.COUPE, model="911"), "rear-engine"),
        (CarSpec(), "sedan"),
        *[(CarSpec(body=body), body.value) for body in Body if body is not Body.SUV],
    ],
)
def test_the_body_class_follows_body_measures_and_model(spec: CarSpec, expected: str) -> None:
    assert body_class(spec) == expected


def test_named_measures_are_kept() -> None:
    made = plan(CarSpec(body=Body.SUV, dimensions=measures(4922, 2975, 1745)), "CAR-00000001")
    assert (made.length, made.wheelbase, made.height) == (4.922, 2.975, 1.745)
    assert made.front_overhang + made.wheelbase + made.rear_overhang == pytest.approx(made.length)


@pytest.mark.parametrize("size", [measures(9000), measures(4500, 2600, 5000), measures(4500, 4400)])
def test_absurd_measures_are_refused(size: Dimensions) -> None:
    with pytest.raises(ProviderError) as refused:
        plan(CarSpec(body=Body.SEDAN, dimensions=size), "CAR-00000001")
    assert refused.value.kind is FailureKind.UNSUPPORTED


def test_what_is_assumed_is_said() -> None:
    assert plan(CarSpec(body=Body.SEDAN, color_hex="#ABCDEF"), "").warnings == ()
    assert plan(CarSpec(body=Body.SEDAN, color="muddy green"), "").warnings == ("nearest_color",)
    assert plan(CarSpec(), "").warnings == ("body_assumed", "color_assumed")


def test_the_session_chooses_the_wheels_and_nothing_else() -> None:
    spec = CarSpec(body=Body.SEDAN, color_hex="#b3121d")
    plans = [plan(spec, f"CAR-0000000{number}") for number in range(8)]
    assert len({made.wheel for made in plans}) > 2
    assert all(0 <= made.wheel < WHEEL_DESIGNS for made in plans)
    assert plan(spec, "CAR-00000003").key == plans[3].key
    assert {made.key for made in plans if made.wheel == plans[0].wheel} == {plans[0].key}
