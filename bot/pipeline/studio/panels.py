"""How does the half skin become parts? Cuts all panels and fills the openings."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

import numpy as np

from bot.pipeline.studio.curves import Array
from bot.pipeline.studio.cutting import Skin, most
from bot.pipeline.studio.faces import Face
from bot.pipeline.studio.gaps import cut_cladding, cut_gaps
from bot.pipeline.studio.glasshouse import cut_glass, cut_roof, inner_walls
from bot.pipeline.studio.grilles import filled
from bot.pipeline.studio.lamps import headlamp, recessed, tail_lamp
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Mesh, border, joined, walls

_HOLLOW = (
    "hole",
    "lamp_mouth",
    "tail_mouth",
    "grille_mouth",
    "intake_mouth",
    "gap",
    "plate_bed",
    "bed_mouth",
)


def cut_panels(shape: Shape, mesh: Mesh) -> dict[str, Mesh]:
    """The half skin's parts by material."""
    skin = Skin(mesh)
    _arches(shape, skin)
    cut_glass(shape, skin)
    _front(Face(shape), skin)
    _rear(Face(shape, rear=True), skin)
    cut_roof(shape, skin)
    cut_cladding(shape, skin)
    cut_gaps(shape, skin)
    if shape.plan.shape["bed"]:
        _bed(shape, skin)
    parts = {name: [skin.part(name)] for name in skin.names if name not in _HOLLOW}
    _wheel_houses(shape, skin, parts)
    _fill(shape, skin, parts)
    return {name: joined(meshes) for name, meshes in parts.items()}


def _bed(shape: Shape, skin: Skin) -> None:
    """The mouth of a pickup's load bed, between the rails."""
    start, end = shape.tail_foot[0] + 0.07, shape.plan.length - 0.10

    def level(points: Array) -> Array:
        s, y, z = points.T
        return most(start - s, s - end, y - shape.half(s) + 0.13, shape.top(s) - 0.2 - z, radius=0.04)

    skin.mark("bed_mouth", level)


def _front(face: Face, skin: Skin) -> None:
    frame = "body" if face.shape.plan.style.grille in {"slatted", "hex"} else "chrome"
    for outline in face.grilles():
        if frame == "chrome":
            skin.mark("chrome", face.region(outline, 0.022, grow=0.013), on=("paint", "chrome"))
            skin.mark("grille_mouth", face.region(outline, 0.022), on=("chrome",))
        else:
            skin.mark("grille_mouth", face.region(outline, 0.022))
    skin.mark("black", face.region(face.lamp(), 0.016, grow=0.007))
    skin.mark("lamp_mouth", face.region(face.lamp(), 0.016), on=("paint", "black"))
    for outline in face.intakes():
        skin.mark("intake_mouth", face.region(outline, 0.03))
    if face.shape.plan.shape["arch_cladding"]:
        skid = [(-0.46, -0.30), (0.46, -0.30), (0.52, 0.085), (-0.52, 0.085)]
        skin.mark("rim", face.region(skid, 0.02))


def _rear(face: Face, skin: Skin) -> None:
    skin.mark("black", face.region(face.lamp(), 0.02, grow=0.009))
    skin.mark("tail_mouth", face.region(face.lamp(), 0.02), on=("paint", "black"))
    skin.mark("plate_bed", face.region([(-0.36, 0.44), (0.36, 0.44), (0.36, 0.64), (-0.36, 0.64)], 0.025))
    skin.mark("cladding", face.region([(-0.80, -0.10), (0.80, -0.10), (0.92, 0.20), (-0.92, 0.20)], 0.03))
    skin.mark("tail", face.region([(0.62, 0.235), (0.84, 0.235), (0.86, 0.265), (0.62, 0.265)], 0.004))
    gate = face.region([(-0.70, 0.40), (0.70, 0.40), (0.82, 0.80), (0.78, 1.6), (-0.78, 1.6)], 0.06)
    skin.groove(gate, face.region([(-1.2, 0.30), (1.2, 0.30), (1.2, 1.02), (-1.2, 1.02)], 0.01))


def _fill(shape: Shape, skin: Skin, parts: dict[str, list[Mesh]]) -> None:
    """What sits in the mouths that were cut."""
    style = shape.plan.style
    found: list[dict[str, Mesh]] = []
    if "lamp_mouth" in skin.names:
        found.append(headlamp(Face(shape), skin.part("lamp_mouth")))
    if "tail_mouth" in skin.names:
        found.append(tail_lamp(Face(shape, rear=True), skin.part("tail_mouth")))
    if "grille_mouth" in skin.names:
        found.append(filled(style.grille, skin.part("grille_mouth"), 0.04))
    if "intake_mouth" in skin.names:
        found.append(filled("intake", skin.part("intake_mouth"), 0.06))
    if "bed_mouth" in skin.names:
        mouth = skin.part("bed_mouth")
        low = mouth.points.copy()
        low[:, 2] = 0.40 * shape.plan.height
        edges = border(mouth)
        sides = walls(mouth, low, edges[mouth.points[edges][:, :, 1].max(axis=1) > 1e-3])
        found.append({"cladding": joined([sides, Mesh(low, mouth.normals, mouth.faces)])})
    for name, depth in (("gap", 0.004), ("plate_bed", 0.014)):
        if name in skin.names:
            floor, side = recessed(skin.part(name), depth)
            found.append({name: floor, "dark": side})
    for part in found:
        for name, mesh in part.items():
            parts.setdefault(name, []).append(mesh)


def _arches(shape: Shape, skin: Skin) -> None:
    def level(points: Array) -> Array:
        s, y, z = points.T
        away = np.minimum(
            np.hypot(s - shape.front_axle, z - shape.tyre), np.hypot(s - shape.rear_axle, z - shape.tyre)
        )
        return most(away - shape.arch, shape.plan.width / 2 - 0.42 - y)

    skin.mark("hole", level)


def _wheel_houses(shape: Shape, skin: Skin, parts: dict[str, list[Mesh]]) -> None:
    """Walls from the arch edges inward: a lip in the body's colour, then the dark house."""
    kept = skin.mesh.only(~skin.labelled(("hole",)))
    edges = border(kept)
    if shape.plan.shape["open"]:
        parts.setdefault("interior", []).append(inner_walls(shape, kept, edges))
    middle = kept.points[edges].mean(axis=1)
    away = np.minimum(
        np.hypot(middle[:, 0] - shape.front_axle, middle[:, 2] - shape.tyre),
        np.hypot(middle[:, 0] - shape.rear_axle, middle[:, 2] - shape.tyre),
    )
    edges = edges[np.abs(away - shape.arch) < 0.006]
    lip = kept.points.copy()
    lip[:, 1] -= 0.025
    deep = kept.points.copy()
    deep[:, 1] = shape.plan.width / 2 - 0.45
    deep[:, 2] = np.maximum(deep[:, 2], shape.plan.shape["clearance"] + 0.03)
    name = "cladding" if shape.plan.shape["arch_cladding"] else "paint"
    parts[name].append(walls(kept, lip, edges))
    inner = Mesh(lip, kept.normals, kept.faces)
    parts.setdefault("dark", []).append(walls(inner, deep, edges))
    for axle in (shape.front_axle, shape.rear_axle):
        disc = _disc(axle, shape.plan.width / 2 - 0.45, shape.tyre, shape.arch + 0.02)
        disc.points[:, 2] = np.maximum(disc.points[:, 2], shape.plan.shape["clearance"] + 0.03)
        parts["dark"].append(disc)


def _disc(s: float, y: float, z: float, radius: float) -> Mesh:
    """An upright round plate that closes a wheel house on its inner side."""
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    rim = np.stack([s + radius * np.cos(turn), np.full(32, y), z + radius * np.sin(turn)], axis=1)
    points = np.concatenate([[[s, y, z]], rim])
    faces = np.array([[0, 1 + (n + 1) % 32, 1 + n] for n in range(32)])
    return Mesh(points, np.tile([0.0, 1.0, 0.0], (33, 1)), faces)
