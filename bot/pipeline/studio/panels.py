"""Where does the skin turn into glass, lamps, grille, gaps? Cuts the half skin and sorts its triangles."""

# ruff: noqa: PLR2004, RUF100 - measures and colour constants stand where they are used

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bot.pipeline.studio.curves import Array, smooth_max
from bot.pipeline.studio.faces import Face, Level
from bot.pipeline.studio.grilles import filled
from bot.pipeline.studio.lamps import headlamp, recessed, tail_lamp
from bot.pipeline.studio.shape import Shape
from bot.pipeline.studio.solid import Faces, Mask, Mesh, border, cut, joined, walls

GAP = 0.006
"""Panel gaps are as wide as this all over the car (metres)."""


_OPEN = 0.014
"""An open cabin's edge lies this far (metres) outside of the lower body."""


@dataclass(slots=True)
class Skin:
    """The half skin while it is being cut: one mesh, one label a triangle."""

    mesh: Mesh
    labels: Array = field(init=False)
    names: list[str] = field(default_factory=lambda: ["paint"])

    def __post_init__(self) -> None:
        self.labels = np.zeros(len(self.mesh.faces), dtype=np.int64)

    def mark(self, name: str, level: Level, *, on: Sequence[str] = ("paint",)) -> None:
        """Give the triangles of labels `on` with `level` below zero the label `name`, cut exactly."""
        values = self.split(level(self.mesh.points), self.labelled(on))
        first, second, third = self.mesh.faces.T
        inside = self.labelled(on) & (values[first] + values[second] + values[third] < 0)
        self.labels[inside] = self._number(name)

    def groove(self, line: Level, within: Level, *, on: str = "paint", width: float = GAP) -> None:
        """A gap of fixed width along the zero line of `line`, where `within` is below zero."""
        kept = self._number(on)
        centres = self.mesh.centres
        near = np.nonzero(self.labelled((on,)) & (np.abs(line(centres)) < 0.05))[0]
        near = near[within(centres[near]) < 0.05]
        chosen = np.zeros(len(centres), dtype=bool)
        chosen[near] = True
        strip = Skin(self.mesh.only(chosen))
        for level in (lambda at: line(at) - width / 2, lambda at: line(at) + width / 2, within):
            strip.split(level(strip.mesh.points), strip.labels == 0)
        centres = strip.mesh.centres
        hit = (np.abs(line(centres)) < width / 2) & (within(centres) < 0)
        labels = np.where(hit, self._number("gap"), kept)
        self.labels = np.concatenate([self.labels[~chosen], labels])
        self.mesh = joined([self.mesh.only(~chosen), strip.mesh])

    def split(self, values: Array, where: Mask) -> Array:
        """Cut along the zero line of `values`; the values of all points afterwards."""
        before = self.mesh
        values = np.where(np.abs(values) < 1e-5, 1e-5, values)
        high = values > 0
        first, second, third = before.faces.T
        corner = high[first].astype(np.int8) + high[second] + high[third]
        mixed = where & (corner > 0) & (corner < 3)
        self.mesh = cut(before, values, where)
        moved = self.labels[mixed]
        self.labels = np.concatenate([self.labels[~mixed], moved, moved, moved])
        return np.concatenate([values, np.zeros(len(self.mesh.points) - len(values))])

    def labelled(self, names: Sequence[str]) -> Mask:
        numbers = [self.names.index(name) for name in names if name in self.names]
        return np.isin(self.labels, numbers)

    def part(self, name: str) -> Mesh:
        return self.mesh.only(self.labelled((name,)))

    def _number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def most(*levels: Array, radius: float = 0.0) -> Array:
    """The intersection of regions, with rounded corners."""
    result = levels[0]
    for level in levels[1:]:
        result = smooth_max(result, level, radius) if radius else np.maximum(result, level)
    return result


def cut_panels(shape: Shape, mesh: Mesh) -> dict[str, Mesh]:
    """The half skin's parts by material."""
    skin = Skin(mesh)
    _arches(shape, skin)
    _glasshouse(shape, skin)
    _front(Face(shape), skin)
    _rear(Face(shape, rear=True), skin)
    _roof(shape, skin)
    _cladding(shape, skin)
    _gaps(shape, skin)
    if shape.plan.shape["bed"]:
        _bed(shape, skin)
    parts = {name: [skin.part(name)] for name in skin.names if name not in _HOLLOW}
    _wheel_houses(shape, skin, parts)
    _fill(shape, skin, parts)
    return {name: joined(meshes) for name, meshes in parts.items()}


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
        parts.setdefault("interior", []).append(_rim(shape, kept, edges))
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


def _rim(shape: Shape, kept: Mesh, edges: Faces) -> Mesh:
    """The inner walls of an open cabin, down from the edge of the opening."""
    middle = kept.points[edges].mean(axis=1)
    opening = np.abs(shape.hull(*middle.T) - _OPEN) < 0.005
    deep = kept.points.copy()
    deep[:, 2] = float(shape.plan.shape["clearance"]) + 0.12
    deep[:, 1] = np.maximum(deep[:, 1] - 0.06, 0.0)
    return walls(kept, deep, edges[opening & (middle[:, 1] > 1e-3)])


def _disc(s: float, y: float, z: float, radius: float) -> Mesh:
    """An upright round plate that closes a wheel house on its inner side."""
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    rim = np.stack([s + radius * np.cos(turn), np.full(32, y), z + radius * np.sin(turn)], axis=1)
    points = np.concatenate([[[s, y, z]], rim])
    faces = np.array([[0, 1 + (n + 1) % 32, 1 + n] for n in range(32)])
    return Mesh(points, np.tile([0.0, 1.0, 0.0], (33, 1)), faces)


def _glasshouse(shape: Shape, skin: Skin) -> None:
    table = shape.plan.shape

    def side_glass(points: Array) -> Array:
        s, y, z = points.T
        end = (
            shape.plan.front_overhang
            + table["dlo_end"] * shape.plan.wheelbase
            - table["dlo_lean"] * (z - shape.belt(s) - 0.05)
        )
        region = most(
            shape.cabin_roof(s, y, z) + 0.085,
            shape.cabin_front(s, y, z) + 0.075,
            shape.belt(s) + 0.018 - z,
            (s - end) * 0.9,
            shape.cabin_rear(s, y, z) + 0.07,
            radius=0.05,
        )
        return most(region, 0.004 - shape.hull(s, y, z), np.where(y > 0.2, -1.0, 1.0))

    def windscreen(points: Array) -> Array:
        s, y, z = points.T
        region = most(
            shape.cabin_side(s, y, z) + 0.055,
            0.035 - shape.down_screen(s, y, z),
            s - 0.5 * (shape.header[0] + shape.tail_header[0]),
            radius=0.06,
        )
        return most(region, 0.012 - shape.hull(s, y, z))

    def rear_window(points: Array) -> Array:
        s, y, z = points.T
        region = most(
            shape.cabin_side(s, y, z) + 0.075,
            0.05 - shape.down_rear(s, y, z),
            0.5 * (shape.header[0] + shape.tail_header[0]) - s,
            shape.tail_foot[1] + 0.03 - z,
            radius=0.07,
        )
        return most(region, 0.02 - shape.hull(s, y, z))

    if shape.plan.shape["open"]:
        _opened(shape, skin, windscreen)
    for name, level in (("side_glass", side_glass), ("screen", windscreen), ("rear_glass", rear_window)):
        skin.mark(f"{name}_rim", level)

        def inner(points: Array, level: Level = level) -> Array:
            return level(points) + 0.016

        skin.mark(name, inner, on=(f"{name}_rim",))
    if shape.plan.shape["bright_line"]:
        _bright_line(shape, skin)
    _pillars(shape, skin)


def _bright_line(shape: Shape, skin: Skin) -> None:
    """A bright strip under the side windows."""

    def level(points: Array) -> Array:
        s, _, z = points.T
        return np.asarray(z - shape.belt(s) - 0.034)

    skin.mark("chrome", level, on=("side_glass_rim",))


def _roof(shape: Shape, skin: Skin) -> None:
    """Everything painted above the window line: the second colour of two-tone cars."""

    def level(points: Array) -> Array:
        s, y, z = points.T
        return most(0.006 - shape.hull(s, y, z), shape.belt(s) + 0.01 - z)

    skin.mark("roof", level)

    def ditch(points: Array) -> Array:
        return np.asarray(shape.cabin_side(*points.T) + 0.105)

    def between(points: Array) -> Array:
        s, y, z = points.T
        return most(
            shape.header[0] + 0.14 - s,
            s - shape.tail_header[0] + 0.06,
            0.5 * shape.plan.height - z,
            0.05 - y,
        )

    skin.groove(ditch, between, on="roof")

    def brake_light(points: Array) -> Array:
        s, y, z = points.T
        down = shape.down_rear(s, y, z)
        return most(
            0.008 - down, down - 0.026, y - 0.17, shape.plan.length * 0.5 - s, 0.006 - shape.hull(s, y, z)
        )

    if not shape.plan.shape["open"]:
        skin.mark("tail", brake_light, on=("roof",))


def _opened(shape: Shape, skin: Skin, windscreen: Level) -> None:
    """Take the roof off: everything of the cabin but the windscreen and its frame."""

    def level(points: Array) -> Array:
        s, y, z = points.T
        return most(_OPEN - shape.hull(s, y, z), 0.045 - windscreen(points), shape.cowl[0] + 0.05 - s)

    skin.mark("hole", level)


def _pillars(shape: Shape, skin: Skin) -> None:
    """Dark pillars between the side windows."""
    table, plan = shape.plan.shape, shape.plan
    stations = [(table["b_pillar"], 0.042, 0.10)]
    if table["doors"] == 4:
        stations.append((table["c_door"] - 0.01, 0.03, 0.25))
    for station, half, lean in stations:
        at = plan.front_overhang + station * plan.wheelbase

        def level(points: Array, at: float = at, half: float = half, lean: float = lean) -> Array:
            s, _, z = points.T
            return np.asarray(np.abs(s - at + lean * (z - shape.belt(s)) * -1.0) - half)

        skin.mark("pillar", level, on=("side_glass",))


def _cladding(shape: Shape, skin: Skin) -> None:
    """Black plastic along the sills, the bumpers' lower edges and round the arches."""
    table = shape.plan.shape
    low = table["clearance"]

    def sill(points: Array) -> Array:
        z = points[:, 2]
        return np.asarray(z - low - 0.045 - table["cladding"])

    def ring(points: Array) -> Array:
        s, y, z = points.T
        away = np.minimum(
            np.hypot(s - shape.front_axle, z - shape.tyre), np.hypot(s - shape.rear_axle, z - shape.tyre)
        )
        return most(away - shape.arch - table["arch_cladding"], 0.45 - y)

    skin.mark("cladding", sill)
    if table["arch_cladding"]:
        skin.mark("cladding", ring)


def _gaps(shape: Shape, skin: Skin) -> None:
    table, plan = shape.plan.shape, shape.plan
    sill = table["clearance"] + 0.075 + table["cladding"]

    def clear(points: Array) -> Array:
        """Outside the arches and below the window line, on the body's side."""
        s, y, z = points.T
        away = np.minimum(
            np.hypot(s - shape.front_axle, z - shape.tyre), np.hypot(s - shape.rear_axle, z - shape.tyre)
        )
        return most(
            sill - z,
            z - shape.belt(s) - 0.03,
            shape.arch + 0.03 + table["arch_cladding"] - away,
            0.3 * plan.width - y,
        )

    doors = [0.175 if table["cowl"][0] < 0.19 else 0.20, table["b_pillar"], table["c_door"]]
    for number, station in enumerate(doors[: 3 if table["doors"] == 4 else 2]):
        at = plan.front_overhang + station * plan.wheelbase
        lean = (0.0, 0.0, 0.12)[number]

        def line(points: Array, at: float = at, lean: float = lean) -> Array:
            s, _, z = points.T
            bend = 0.25 * np.maximum(0.45 * plan.height - z, 0.0) ** 2
            return np.asarray(s - at - lean * (z - shape.belt(s)) + bend)

        skin.groove(line, clear)

    def sill_line(points: Array) -> Array:
        return np.asarray(points[:, 2] - sill)

    first = plan.front_overhang + doors[0] * plan.wheelbase
    last = plan.front_overhang + doors[2 if table["doors"] == 4 else 1] * plan.wheelbase

    def between(points: Array) -> Array:
        s, y, z = points.T
        away = np.hypot(s - shape.rear_axle, z - shape.tyre)
        return most(
            first - s, s - last, 0.3 * plan.width - y, shape.arch + 0.03 + table["arch_cladding"] - away
        )

    skin.groove(sill_line, between)
    _hood_gap(shape, skin)


def _hood_gap(shape: Shape, skin: Skin) -> None:
    start = float(shape.plan.shape["hood_gap"])

    def line(points: Array) -> Array:
        s, y, _ = points.T
        edge = shape.half(s) * (0.80 + 0.04 * (s - start) / max(shape.cowl[0] - start, 0.1))
        return smooth_max(y - edge, start + 0.35 * (y / shape.plan.width * 2) ** 2 - s, 0.12)

    def within(points: Array) -> Array:
        s, y, z = points.T
        return most(s - shape.cowl[0] - 0.05, shape.top(s) - 0.16 - z, -0.03 - y)

    skin.groove(line, within)
