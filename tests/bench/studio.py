"""How fast and how clean is the studio? Seconds a view and PSNR against a reference of 512 samples."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import AngleName, Body, CarSpec, Finish, Picture, PictureRequest, Seed, SessionId
from bot.pipeline.providers.studio import SAMPLES, StudioProvider
from bot.pipeline.studio import worker
from bot.pipeline.studio.apart import Apart
from bot.pipeline.studio.plan import plan
from tests.bench.figure import Figure

_SPEC = CarSpec(body=Body.SUV, brand="BMW", model="X5", color_hex="#b3121d", finish=Finish.METALLIC)
_VIEWS = ("front-three-quarter", "side", "rear-three-quarter", "front")
_REFERENCE = 512


def request(angle: str, size: tuple[int, int]) -> PictureRequest:
    return PictureRequest(
        session_id=SessionId("CAR-0BE7C4A1"),
        spec=_SPEC,
        angle=CATALOGUE[AngleName(angle)],
        seed=Seed(123456),
        prompt="",
        width=size[0],
        height=size[1],
    )


def pixels(picture: Picture) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(picture.content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def psnr(one: Picture, other: Picture) -> float:
    error = float(np.mean((pixels(one) - pixels(other)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


async def figures(*, short: bool) -> list[Figure]:
    """Four views at once with both kinds of kernels, as far as this machine has them.

    The floor of a view is the renderer called directly in a process with the same threads, warm.
    """
    if short:
        return await _measured("scalar_rgb", size=(96, 72), views=1, reference=False)
    found = await _measured(None, size=(1024, 768), views=len(_VIEWS), reference=True)
    if not any("scalar" in figure.what for figure in found):
        found += await _measured("scalar_rgb", size=(1024, 768), views=len(_VIEWS), reference=False)
    return found


async def _measured(
    variant: str | None, *, size: tuple[int, int], views: int, reference: bool
) -> list[Figure]:
    studio = StudioProvider(variant=variant)
    await studio.start()
    await studio.ready()
    started = time.perf_counter()

    async def one(angle: str) -> tuple[float, Picture]:
        picture = await studio.draw(request(angle, size))
        return time.perf_counter() - started, picture

    done = await asyncio.gather(*(one(angle) for angle in _VIEWS[:views]))
    whole, kernels = max(seconds for seconds, _ in done), done[0][1].model.removeprefix("mitsuba ")
    guide_started = time.perf_counter()
    await studio.guide(_SPEC, CATALOGUE[AngleName("side")])
    guide = time.perf_counter() - guide_started
    await studio.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bare = await asyncio.to_thread(_bare, variant, size, views)

    def figure(what: str, value: float, unit: str, floor: float | None = None) -> Figure:
        words = "the renderer alone, same views one after the other" if floor else ""
        return Figure(
            part="studio", what=f"{what}, {kernels}", value=value, unit=unit, floor=floor, floor_is=words
        )

    rows = [
        figure("first view", min(seconds for seconds, _ in done), "s"),
        figure(f"{views} views", whole, "s", bare),
        figure("a guide", guide, "s"),
        figure("memory of a process", peak, "MiB"),
    ]
    if reference:
        slow = StudioProvider(variant=variant, samples=_REFERENCE)
        truth = await slow.draw(request(_VIEWS[0], size))
        await slow.close()
        rows.append(figure(f"PSNR against {_REFERENCE} samples", psnr(done[0][1], truth), "dB"))
    return rows


def _bare(variant: str | None, size: tuple[int, int], views: int) -> float:
    """Seconds of the bare calls in one process with all threads, after it is warm."""
    threads = os.cpu_count() or 1
    with ProcessPoolExecutor(
        1, mp_context=Apart(), initializer=worker.prepare, initargs=(threads, variant)
    ) as pool:
        orders = [_order(angle, size) for angle in _VIEWS[:views]]
        pool.submit(worker.warm, orders[0].plan, orders[0].angle).result()
        started = time.perf_counter()
        for order in orders:
            pool.submit(worker.draw, order).result()
        return time.perf_counter() - started


def _order(angle: str, size: tuple[int, int]) -> worker.Order:
    asked = request(angle, size)
    return worker.Order(
        plan=plan(asked.spec, asked.session_id),
        angle=asked.angle,
        width=asked.width,
        height=asked.height,
        seed=asked.seed,
        samples=SAMPLES,
    )
