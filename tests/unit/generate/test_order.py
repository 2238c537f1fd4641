"""Which pictures go out with a view, in which order, where a model takes many, few or one?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.pipeline.generate.order import Sheet, credited, request_for, strength_of
from bot.pipeline.generate.poses import Poses
from bot.pipeline.model import OWN_PHOTO, Angle, CarSpec, PictureRequest, Reference, Rung, Strength
from bot.pipeline.providers.presets import Overrides, preset_for
from tests.fakes.cars import FRONT, PROMPT, a_session, an_album, blank_views
from tests.fakes.painter import Painter

FOUND = Reference(angle=None, content=b"found", media_type="image/jpeg", source_url="https://example.org/a")
OWN = replace(FOUND, content=b"own", source_url=OWN_PHOTO)
HERO = b"hero"


class Posing:
    """Guides that are there at once, or never."""

    def __init__(self, *, there: bool) -> None:
        self.there = there

    async def guide(self, spec: CarSpec, angle: Angle) -> bytes | None:
        return b"pose" if self.there else None


async def asked(
    room: int, photos: tuple[Reference, ...], *, hero: bool, posed: bool = True
) -> tuple[PictureRequest, int]:
    """What a provider with place for so many pictures is asked, and how many photos are credited."""
    session = a_session()
    (view, *_) = blank_views(an_album(session, FRONT))
    overrides = Overrides(references=room)
    provider = Painter(capabilities=preset_for("pollinations", "kontext", overrides).capabilities("kontext"))
    async with Poses(guides=Posing(there=posed), spec=session.spec, patience=5) as poses:
        sheet = Sheet(
            session=session,
            prompts={FRONT: PROMPT},
            references=photos,
            hero=HERO if hero else None,
            poses=poses,
        )
        return await request_for(view, sheet, provider, Rung.FULL), len(credited(sheet, provider))


def attached(request: PictureRequest) -> list[bytes]:
    """In the order in which they go out."""
    rest = [one for one in (request.hero, request.guide) if one is not None]
    return [*(one.content for one in request.references), *rest]


@pytest.mark.parametrize(
    ("room", "photos", "hero", "expected"),
    [
        (16, (OWN, FOUND), True, [b"own", b"found", b"hero", b"pose"]),
        (16, (FOUND,), False, [b"found", b"pose"]),
        (3, (OWN, FOUND), True, [b"own", b"hero", b"pose"]),
        (3, (FOUND, FOUND, FOUND), False, [b"found", b"found", b"pose"]),
        (2, (OWN, FOUND), False, [b"own", b"pose"]),
        (2, (OWN, FOUND), True, [b"own", b"hero"]),
        (2, (FOUND,), True, [b"hero", b"pose"]),
        # place for one: the very car, else its pose, and a stranger's photo last
        (1, (OWN, FOUND), False, [b"own"]),
        (1, (OWN, FOUND), True, [b"hero"]),
        (1, (FOUND,), False, [b"pose"]),
        (1, (), False, [b"pose"]),
    ],
)
async def test_photos_then_the_hero_then_the_pose(
    room: int, photos: tuple[Reference, ...], hero: bool, expected: list[bytes]
) -> None:
    request, credits_ = await asked(room, photos, hero=hero)
    assert attached(request) == expected
    assert credits_ == len(request.references)
    # the prompt names them in that order, the pose last and as a pose alone
    words = request.prompt
    assert ("camera pose only" in words) == (b"pose" in expected)
    assert ("earlier picture of this very car" in words) == (b"hero" in expected)
    assert ("car's identity" in words) == bool(request.references)
    if b"pose" in expected:
        assert words.rindex("camera pose only") > max(words.find("identity"), words.find("this very car"))
    if request.references:
        assert f"Image {len(request.references) + 1} is" in words or not request.hero


async def test_a_pose_that_does_not_come_is_not_named() -> None:
    request, _ = await asked(3, (FOUND,), hero=False, posed=False)
    assert attached(request) == [b"found"]
    assert "camera pose" not in request.prompt


@pytest.mark.parametrize(
    ("room", "photos", "hero", "seed", "strength"),
    [
        (3, (FOUND,), False, False, Strength.REFERENCES),
        (3, (), True, False, Strength.REFERENCES),
        (1, (OWN,), False, True, Strength.REFERENCES),
        # a pose is no photo of the car, and a photo that finds no place is not seen
        (3, (), False, True, Strength.SEEDS),
        (3, (), False, False, Strength.NONE),
        (1, (FOUND,), False, False, Strength.NONE),
    ],
)
async def test_a_set_without_photos_is_not_said_to_be_held_by_them(
    room: int, photos: tuple[Reference, ...], hero: bool, seed: bool, strength: Strength
) -> None:
    takes = preset_for("pollinations", "kontext", Overrides(references=room, seed=seed))
    session = a_session()
    async with Poses(guides=Posing(there=True), spec=session.spec, patience=5) as poses:
        sheet = Sheet(
            session=session, prompts={}, references=photos, hero=HERO if hero else None, poses=poses
        )
        assert strength_of(sheet, takes.capabilities("kontext")) is strength


def test_whoever_takes_none_holds_it_as_it_can() -> None:
    takes = preset_for("pollinations", "flux").capabilities("flux")
    sheet = Sheet(session=a_session(), prompts={}, references=(FOUND,), hero=None, poses=None)  # type: ignore[arg-type] # not asked for
    assert strength_of(sheet, takes) is Strength.SEEDS
