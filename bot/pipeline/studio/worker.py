"""What runs in a render process? Sets Mitsuba up, keeps the last cars loaded, draws views and guides."""

from __future__ import annotations

import ctypes
import io
import multiprocessing.process
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from bot.pipeline.model import Angle, Framing
from bot.pipeline.studio.plan import Plan

if TYPE_CHECKING:
    from bot.pipeline.studio.camera import Camera
    from bot.pipeline.studio.car import Car
    from bot.pipeline.studio.curves import Array

_KEPT = 3
_SCALAR = "scalar_rgb"
_CLOSE = 0.5
_LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/opt/homebrew/opt/llvm/lib",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One view to draw. `samples` a pixel; `seed` of the noise."""

    plan: Plan
    angle: Angle
    width: int
    height: int
    seed: int
    samples: int
    steady: bool = False
    """The framing of a spin: the same from every azimuth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """JPEG bytes and what was measured."""

    content: bytes
    mesh: str
    paint: tuple[float, float, float] | None
    variant: str


@dataclass(slots=True)
class _State:
    """What this process holds; made once by `prepare`."""

    variant: str
    cars: OrderedDict[str, Car]
    scenes: OrderedDict[str, Any]


_STATE: list[_State] = []


def find_llvm() -> str | None:
    """A libLLVM of version 16 or newer, or None. Older ones end the process when Dr.Jit loads them."""
    seen = [os.environ["DRJIT_LIBLLVM_PATH"]] if os.environ.get("DRJIT_LIBLLVM_PATH") else []
    for folder in _LIBRARIES:
        seen += sorted((str(path) for path in Path(folder).glob("libLLVM*.so*")), reverse=True)
        seen += [str(path) for path in Path(folder).glob("libLLVM.dylib")]
    for path in seen:
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        if hasattr(library, "LLVMGetVersion"):
            return path
    return None


def end_with_parent() -> None:
    """A bot that was killed closes no pool: its render processes would stay for ever, with all their memory."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), name="parent", daemon=True).start()


def _outlive(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def prepare(threads: int, variant: str | None = None) -> None:
    """Choose the variant (the fastest that this machine has, or `variant`) and the number of threads."""
    end_with_parent()
    import mitsuba as mi  # noqa: PLC0415 - the parent must never load it

    llvm = find_llvm() if variant != _SCALAR else None
    if llvm:
        os.environ["DRJIT_LIBLLVM_PATH"] = llvm
    chosen = variant or ("llvm_ad_rgb" if llvm else _SCALAR)
    mi.set_variant(chosen)
    # its words would stand on the standard output, where JSON is expected
    mi.set_log_level(mi.LogLevel.Error)
    from bot.pipeline.studio import scene  # noqa: PLC0415

    scene.set_threads(threads)
    _STATE[:] = [_State(chosen, OrderedDict(), OrderedDict())]


def _car(plan: Plan) -> Car:
    from bot.pipeline.studio.car import build  # noqa: PLC0415 - heavy, and only workers need it

    cars = _STATE[0].cars
    if plan.key not in cars:
        cars[plan.key] = build(plan)
        while len(cars) > _KEPT:
            cars.popitem(last=False)
    cars.move_to_end(plan.key)
    return cars[plan.key]


def _scene(plan: Plan) -> tuple[Car, Any]:
    from bot.pipeline.studio import scene  # noqa: PLC0415

    car, scenes = _car(plan), _STATE[0].scenes
    key = repr(
        (plan.key, plan.color, plan.second_color, plan.finish, plan.condition, plan.background, plan.plate)
    )
    if key not in scenes:
        scenes[key] = scene.load(car, plan)
        while len(scenes) > _KEPT:
            scenes.popitem(last=False)
    scenes.move_to_end(key)
    return car, scenes[key]


def _camera(car: Car, angle: Angle, aspect: float, *, steady: bool = False) -> Camera:
    from bot.pipeline.studio.camera import camera_for, to_world, turned  # noqa: PLC0415

    cloud = to_world(car.shape, _shown(car, angle))
    return camera_for(car.shape, angle, turned(cloud) if steady else cloud, aspect)


def _shown(car: Car, angle: Angle) -> Array:
    """The points that must be in the frame: all of the car, or the part that a detail shows."""
    if angle.framing is not Framing.DETAIL:
        return np.concatenate([mesh.points for mesh in car.parts.values()])
    middle = car.shape.plan.length / 2
    name = {"headlight": "lens", "taillight": "tail_lens", "wheel": "rubber"}.get(str(angle.name), "grille")
    points = car.parts[name].points if name in car.parts else car.parts["lens"].points
    if str(angle.name) == "wheel":
        return points[(points[:, 0] < middle) & (points[:, 1] > 0)]
    if name == "grille":
        high = float(car.shape.plan.shape["hood_edge"]) * car.shape.plan.height
        close = points[(np.abs(points[:, 1]) < _CLOSE) & (points[:, 2] > 0.62 * high)]
        return close if len(close) else points
    return points[points[:, 1] > 0]


def draw(order: Order) -> Drawn:
    """One finished view."""
    from bot.pipeline.studio import render  # noqa: PLC0415

    car, scene = _scene(order.plan)
    camera = _camera(car, order.angle, order.width / order.height, steady=order.steady)
    done = render.draw(
        scene,
        camera,
        order.plan.background,
        pool=render.pool_of_light(order.angle),
        width=order.width,
        height=order.height,
        seed=order.seed,
        samples=order.samples if _STATE[0].variant != _SCALAR else max(1, order.samples // 2),
    )
    out = io.BytesIO()
    Image.fromarray(done.pixels).save(out, "JPEG", quality=92, subsampling=0)
    return Drawn(content=out.getvalue(), mesh=car.mesh_hash, paint=done.paint, variant=_STATE[0].variant)


def guide(plan: Plan, angle: Angle, width: int, height: int) -> bytes:
    """A flat PNG from the same camera."""
    from bot.pipeline.studio import render  # noqa: PLC0415

    car, scene = _scene(plan)
    camera = _camera(car, angle, width / height)
    pixels = render.flat(scene, camera, width=width, height=height)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def warm(plan: Plan, angle: Angle) -> str:
    """Draw a tiny view so that kernels are compiled; the variant's name."""
    draw(Order(plan=plan, angle=angle, width=64, height=48, seed=1, samples=1))
    return _STATE[0].variant
