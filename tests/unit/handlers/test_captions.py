"""The caption: given and assumed apart, everything named, never too long."""

from __future__ import annotations

import html
import re

import pytest

from bot.handlers.captions import LIMIT, caption
from bot.handlers.texts import Texts
from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind
from bot.pipeline.model import (
    DUPLICATE,
    NOT_ONE_CAR,
    OFF_COLOR,
    OTHER_BADGE,
    OTHER_SHAPE,
    OTHER_SIDE,
    Album,
    Background,
    Body,
    CarSpec,
    Condition,
    Finish,
    Session,
    SessionId,
    Strength,
    View,
    seeds_for,
)

ID = SessionId("CAR-0123ABCD")


def _caption(
    spec: CarSpec,
    *,
    language: str,
    cost: float = 0.0,
    missing: int = 0,
    because: FailureKind | None = None,
    unlike: str | None = None,
    warnings: tuple[str, ...] = (),
    sound: int = 0,
) -> str:
    angles = tuple(CATALOGUE)[:10]
    seeds = seeds_for(ID, CATALOGUE)
    views = [
        View(
            session_id=ID,
            angle=angle,
            seed=seeds[angle],
            cost=cost,
            warnings=warnings if place >= sound else (),
        )
        for place, angle in enumerate(angles)
    ]
    album = Album(
        session_id=ID,
        number=1,
        angles=angles,
        chat="7",
        provider="studio",
        strength=Strength.GEOMETRY,
        because=because,
        unlike=unlike,
    )
    session = Session(id=ID, spec=spec, owner="7", chat="7")
    return caption(session, album, views[: 10 - missing], Texts().words(language))


@pytest.mark.parametrize("sound", [0, 1], ids=["all views in doubt", "all but one"])
@pytest.mark.parametrize("language", ["uk", "en", "de", "pl"])
def test_the_longest_caption_fits(language: str, sound: int) -> None:
    long = "&" * 600
    names = frozenset({"brand", "model", "trim"})
    spec = CarSpec(
        brand=long, model=long, trim=long, given=names, inferred=frozenset({"body"}), body=Body.VAN
    )
    text = _caption(
        spec,
        language=language,
        cost=0.05,
        missing=3,
        because=FailureKind.BUDGET,
        unlike="pollinations",
        warnings=(OFF_COLOR, f"{DUPLICATE}:front", OTHER_SHAPE, OTHER_SIDE),
        sound=sound,
    )
    visible = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert len(visible.encode("utf-16-le")) // 2 <= LIMIT
    assert Texts().words(language).t("The colour differs here: {views}", views="") in text
    assert str(ID) in text


def test_given_and_assumed_stand_apart_with_cost_and_missing_views() -> None:
    spec = CarSpec(
        brand="BMW",
        model="X5",
        year=2021,
        color="red",
        given=frozenset({"brand", "model", "color"}),
        inferred=frozenset({"year"}),
    )
    lines = _caption(spec, language="uk", cost=0.05, missing=2).splitlines()
    assert "Ви вказали: BMW X5, червоний" in lines
    assert "Я припустив: 2021" in lines
    assert "Бракує: Зверху, Прямо згори" in lines
    assert "Вартість: $0.400 ($0.050 за зображення)" in lines
    assert "Зображення — Студія Rakurs: одне 3D-авто, точно те саме на всіх ракурсах" in lines
    assert f"Сесія <code>{ID}</code>" in lines


def test_paint_state_and_scene_that_were_asked_for_are_repeated() -> None:
    spec = CarSpec(
        brand="Mitsubishi",
        model="Pajero",
        color="black",
        finish=Finish.MATTE,
        condition=Condition.DIRTY,
        background=Background.NATURE,
        given=frozenset({"brand", "model", "color", "finish", "condition", "background"}),
    )
    assert "Ви вказали: Mitsubishi Pajero, чорний, матовий, брудний, на природі" in _caption(
        spec, language="uk"
    )
    assert "You said: Mitsubishi Pajero, black, matte, dirty, in nature" in _caption(spec, language="en")


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        (OTHER_BADGE, "The badge may be another maker's: "),
        (OTHER_SIDE, "May show the car from another side: "),
        (NOT_ONE_CAR, "May not show exactly one car: "),
    ],
)
def test_what_the_judge_doubts_is_told(warning: str, words: str) -> None:
    text = _caption(CarSpec(brand="BMW"), language="en", missing=9, warnings=(warning,))
    assert f"{words}Front" in html.unescape(text)


def test_a_budget_that_was_used_up_and_another_hand_are_told() -> None:
    spec = CarSpec(brand="BMW", given=frozenset({"brand"}))
    lines = _caption(spec, language="en", because=FailureKind.BUDGET, unlike="openai").splitlines()
    assert "The day’s budget for bought pictures did not suffice; it is new at midnight UTC." in lines
    assert "Earlier views of this car are by OpenAI: these may differ a little." in lines
    assert not any(line.startswith("Cost") for line in lines)
    other = _caption(spec, language="uk", because=FailureKind.SERVER).splitlines()
    assert "Той, кого попросили першим, не зміг намалювати." in other


def test_one_picture_costs_what_it_costs() -> None:
    lines = _caption(CarSpec(), language="en", cost=0.05, missing=9).splitlines()
    assert "Cost: $0.050" in lines
