"""The gazetteer: enough of everything, consistent, and a badge in words of sight for every maker."""

from __future__ import annotations

import re
import time

import pytest

from bot.pipeline.badge_words import VISUAL, visual_words
from bot.pipeline.gazetteer import Gazetteer, load_gazetteer
from bot.pipeline.model import Body


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_gazetteer()


def test_it_is_large(gazetteer: Gazetteer) -> None:
    assert len(gazetteer.brands) >= 100
    assert sum(len(brand.models) for brand in gazetteer.brands) >= 1500
    dated = [model for brand in gazetteer.brands for model in brand.models if model.generations]
    assert len(dated) >= 200


@pytest.mark.alone
def test_it_loads_fast() -> None:
    started = time.perf_counter()
    load_gazetteer()
    assert time.perf_counter() - started < 1.0


def test_every_badge_is_told_by_sight_and_names_no_maker(gazetteer: Gazetteer) -> None:
    badges = gazetteer.badges()
    assert set(badges) == {brand.name for brand in gazetteer.brands}
    for name, words in badges.items():
        assert len(visual_words(words)) >= 2, name
        assert set(visual_words(words)) <= VISUAL
        assert len(words) <= 140, name
        assert not re.search(r"[()\[\]{}<>]", words), name
        for other in badges:
            assert not re.search(rf"(?<!\w){re.escape(other)}(?!\w)", words, re.IGNORECASE), (name, other)


def test_models_are_consistent(gazetteer: Gazetteer) -> None:
    for brand in gazetteer.brands:
        names = [model.name for model in brand.models]
        assert len(set(names)) == len(names), brand.name
        for model in brand.models:
            assert model.body is model.bodies[0]
            assert model.last_year is None or model.first_year <= model.last_year, model.name
            for generation in model.generations:
                assert model.first_year <= generation.first_year, (model.name, generation.name)
                assert generation.last_year is None or generation.first_year <= generation.last_year


def test_colours_have_lower_case_names_and_hex(gazetteer: Gazetteer) -> None:
    for color in gazetteer.colors:
        assert color.name == color.name.lower()
        assert re.fullmatch(r"#[0-9a-f]{6}", color.hex), color.name
        assert color.words.get("en"), color.name
    assert set(gazetteer.lexicon.modifiers.values()) <= {c.name for c in gazetteer.colors}


def test_measures_known_exactly_are_exact(gazetteer: Gazetteer) -> None:
    x5 = gazetteer.model("BMW", "X5")
    assert x5 is not None
    assert x5.dimensions is not None
    assert (x5.dimensions.length, x5.dimensions.width, x5.dimensions.height) == (4922, 2004, 1745)
    assert (x5.dimensions.wheelbase, x5.dimensions.front_overhang, x5.dimensions.rear_overhang) == (
        2975,
        880,
        1067,
    )
    for brand in gazetteer.brands:
        for model in brand.models:
            for size in (model.dimensions, *(gen.dimensions for gen in model.generations)):
                if size is not None:
                    assert size.length == size.wheelbase + size.front_overhang + size.rear_overhang
                    assert 2200 < size.length < 7000, model.name
                    assert size.wheelbase < size.length
                    assert min(size.front_overhang, size.rear_overhang) > 150, (brand.name, model.name)


@pytest.mark.parametrize(
    ("brand", "model", "body"),
    [
        ("Mazda", "3", Body.HATCHBACK),
        ("Kia", "Rio", Body.SEDAN),
        ("Ford", "Mustang", Body.COUPE),
        ("Mercedes-Benz", "Vito", Body.VAN),
        ("Toyota", "Camry", Body.SEDAN),
        ("Lada", "2107", Body.SEDAN),
        ("ZAZ", "Tavria", Body.HATCHBACK),
        ("Land Rover", "Range Rover", Body.SUV),
        ("BMW", "3 Series", Body.SEDAN),
        ("Tesla", "Model 3", Body.SEDAN),
        ("Renault", "5", Body.HATCHBACK),
        ("Haval", "H6", Body.SUV),
        ("Great Wall", "H6", Body.SUV),
        ("Peugeot", "2008", Body.SUV),
    ],
)
def test_usual_bodies(gazetteer: Gazetteer, brand: str, model: str, body: Body) -> None:
    found = gazetteer.model(brand, model)
    assert found is not None
    assert found.body is body
