"""How fast and how clean is the studio? Seconds a view and PSNR against a reference of 512 samples."""

from __future__ import annotations

import asyncio
import io
import resource
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.table import Table

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import AngleName, Body, CarSpec, Finish, Picture, PictureRequest, Seed, SessionId
from bot.pipeline.providers.studio import StudioProvider

_SPEC = CarSpec(body=Body.SUV, brand="BMW", model="X5", color_hex="#b3121d", finish=Finish.METALLIC)
_VIEWS = ("front-three-quarter", "side", "rear-three-quarter", "front")
_REFERENCE = 512


def request(angle: str) -> PictureRequest:
    return PictureRequest(
        session_id=SessionId("CAR-0BE7C4A1"),
        spec=_SPEC,
        angle=CATALOGUE[AngleName(angle)],
        seed=Seed(123456),
        prompt="",
        width=1024,
        height=768,
    )


def pixels(picture: Picture) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(picture.content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def psnr(one: Picture, other: Picture) -> float:
    error = float(np.mean((pixels(one) - pixels(other)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


async def measured(variant: str | None = None, *, reference: bool = True) -> list[tuple[str, str]]:
    """Rows of (what, figure) for four views at 1024x768."""
    studio = StudioProvider(variant=variant)
    await studio.start()
    await studio.ready()
    started = time.perf_counter()

    async def one(angle: str) -> tuple[float, Picture]:
        picture = await studio.draw(request(angle))
        return time.perf_counter() - started, picture

    done = await asyncio.gather(*(one(angle) for angle in _VIEWS))
    whole = max(seconds for seconds, _ in done)
    guide_started = time.perf_counter()
    await studio.guide(_SPEC, CATALOGUE[AngleName("side")])
    await studio.guide(_SPEC, CATALOGUE[AngleName("rear")])
    guide = (time.perf_counter() - guide_started) / 2
    await studio.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rows = [
        ("kernels", done[0][1].model),
        ("first view, s", f"{min(seconds for seconds, _ in done):.2f}"),
        ("four views, s", f"{whole:.2f}"),
        ("a guide, s", f"{guide:.2f}"),
        ("peak memory of a process, MiB", f"{peak:.0f}"),
    ]
    if reference:
        slow = StudioProvider(variant=variant, samples=_REFERENCE)
        truth = await slow.draw(request(_VIEWS[0]))
        await slow.close()
        rows.append((f"PSNR against {_REFERENCE} samples, dB", f"{psnr(done[0][1], truth):.1f}"))
    return rows


async def table() -> Table:
    """Both kinds of kernels, as far as this machine has them."""
    shown = Table(title="Studio: four views of one car, 1024x768")
    columns = [dict(await measured()), dict(await measured("scalar_rgb", reference=False))]
    if columns[0]["kernels"] == columns[1]["kernels"]:
        columns.pop()
    for heading in ("", *(column["kernels"] for column in columns)):
        shown.add_column(heading)
    for what in list(columns[0])[1:]:
        shown.add_row(what, *(column.get(what, "") for column in columns))
    return shown
