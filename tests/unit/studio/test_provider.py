"""Does the studio keep a provider's promises? Real render processes, small pictures."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from skimage import color

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.inspect import inspect, same_view
from bot.pipeline.model import AngleName, Body, CarSpec, Dimensions, PictureRequest, Seed, SessionId
from bot.pipeline.providers.studio import StudioProvider

RED_SEDAN = CarSpec(body=Body.SEDAN, color="red", color_hex="#b3121d")


def request(angle: str, spec: CarSpec = RED_SEDAN) -> PictureRequest:
    return PictureRequest(
        session_id=SessionId("CAR-1234ABCD"),
        spec=spec,
        angle=CATALOGUE[AngleName(angle)],
        seed=Seed(123456),
        prompt="",
        width=240,
        height=180,
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def studio() -> AsyncIterator[StudioProvider]:
    provider = StudioProvider(workers=1, samples=4)
    await provider.start()
    yield provider
    await provider.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_views_are_pictures_of_one_mesh_and_repeat_byte_for_byte(studio: StudioProvider) -> None:
    front = await studio.draw(request("front-three-quarter"))
    side = await studio.draw(request("side"))
    again = await studio.draw(request("front-three-quarter"))
    with Image.open(io.BytesIO(front.content)) as image:
        assert (image.format, image.size) == ("JPEG", (240, 180))
    assert front.mesh == side.mesh
    assert front.content == again.content
    assert front.content != side.content
    assert front.paint is not None
    assert side.paint is not None
    assert front.paint[1] > 30
    same_lightness = [np.array([[[50.0, paint[1], paint[2]]]]) for paint in (front.paint, side.paint)]
    away = color.deltaE_ciede2000(*same_lightness)
    assert float(away[0, 0]) < 6.0


async def test_front_and_rear_are_not_taken_for_one_view(studio: StudioProvider) -> None:
    white_van = CarSpec(body=Body.VAN, color_hex="#f2f3f2")
    front, rear = [
        inspect((await studio.draw(replace(request(angle, white_van), width=384, height=288))).content)
        for angle in ("front", "rear")
    ]
    assert not same_view(front, rear, mirrored=True)


async def test_guides_are_png_and_interiors_are_refused(studio: StudioProvider) -> None:
    guide = await studio.guide(RED_SEDAN, CATALOGUE[AngleName("side")])
    assert guide is not None
    with Image.open(io.BytesIO(guide)) as image:
        assert image.format == "PNG"
    assert await studio.guide(RED_SEDAN, CATALOGUE[AngleName("interior")]) is None
    assert not studio.draws(CATALOGUE[AngleName("dashboard")])
    with pytest.raises(ProviderError) as refused:
        await studio.draw(request("engine"))
    assert refused.value.kind is FailureKind.UNSUPPORTED


async def test_a_spin_is_a_film(studio: StudioProvider) -> None:
    film = await studio.spin(RED_SEDAN, SessionId("CAR-1234ABCD"), frames=3, width=160, height=120)
    assert film[4:8] == b"ftyp"
    with pytest.raises(ProviderError) as refused:
        await studio.spin(RED_SEDAN, SessionId("CAR-1234ABCD"), frames=1)
    assert refused.value.kind is FailureKind.UNSUPPORTED


async def test_absurd_dimensions_are_refused(studio: StudioProvider) -> None:
    giant = Dimensions(
        length=50_000, width=1800, height=1500, wheelbase=2700, front_overhang=900, rear_overhang=900
    )
    with pytest.raises(ProviderError) as refused:
        await studio.draw(request("side", CarSpec(body=Body.SEDAN, dimensions=giant)))
    assert refused.value.kind is FailureKind.UNSUPPORTED


async def test_a_killed_process_is_replaced_and_the_view_drawn(studio: StudioProvider) -> None:
    before = await studio.draw(request("side"))
    for process in studio.process_ids():
        os.kill(process, signal.SIGKILL)
    after = await studio.draw(request("side"))
    assert after.content == before.content


async def test_the_parent_never_loads_the_renderer() -> None:
    code = "import sys, bot.pipeline.providers.studio; print({'mitsuba', 'drjit', 'pyoidn', 'skimage'} & set(sys.modules))"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


async def test_scalar_kernels_draw_the_same_car_and_say_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    # seven samples are not what the sampler likes: it would say so on the standard output
    scalar = StudioProvider(workers=1, samples=14, variant="scalar_rgb")
    try:
        picture = await scalar.draw(replace(request("front-three-quarter"), width=96, height=72))
    finally:
        await scalar.close()
    assert capfd.readouterr().out == ""
    assert picture.model == "mitsuba scalar_rgb"
    assert picture.paint is not None
    assert picture.paint[1] > 30
