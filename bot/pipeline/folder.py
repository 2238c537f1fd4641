"""An album as a folder: one JPEG a view, contact-sheet.jpg and album.json."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from bot.pipeline.contact_sheet import contact_sheet
from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.model import Album, CarSpec, Credit, Picture, Session, View
from bot.pipeline.money import Charge, Outcome


class ImageFacts(TypedDict):
    """One picture in album.json. `seconds` and `cost` (USD) are its own."""

    angle: str
    seed: int
    session_id: str
    prompt: str
    path: str
    isMain: bool
    width: int
    height: int
    provider: str
    model: str
    seconds: float
    cost: float
    rung: str
    mesh: str | None
    paint_lab: list[float] | None
    warnings: list[str]


class MissingFacts(TypedDict):
    """One view without a picture, and why."""

    angle: str
    kind: str


class CreditFacts(TypedDict):
    """A photo of the real model that the provider was handed."""

    url: str
    author: str | None
    licence: str | None


class AlbumFacts(TypedDict):
    """album.json. `seconds` is the wall time from acceptance to the last picture.

    `cost` is USD of the pictures here, `looks` USD of a judge's looks at them, `not_delivered` USD that was
    paid for others on the way, `maybe_paid` USD of calls of which nobody knows whether they were charged.

    `paint_delta_e` is the largest CIEDE2000 difference between the paints measured in two views, of
    a* and b* alone: light changes from view to view, the paint must not. None for fewer than two.
    """

    success: bool
    session_id: str
    provider: str | None
    strength: str | None
    spec: dict[str, Any]
    images: list[ImageFacts]
    missing: list[MissingFacts]
    references: list[CreditFacts]
    total_generated: int
    seconds: float
    cost: float
    looks: float
    not_delivered: float
    maybe_paid: float
    paint_delta_e: float | None
    contact_sheet: NotRequired[str]
    spin: NotRequired[str]


def spec_facts(spec: CarSpec) -> dict[str, Any]:
    """A spec as plain values; what was neither given nor inferred is None."""
    measures = spec.dimensions
    return {
        "brand": spec.brand,
        "model": spec.model,
        "generation": spec.generation,
        "year": spec.year,
        "color": spec.color,
        "color_hex": spec.color_hex,
        "second_color": spec.second_color,
        "second_color_hex": spec.second_color_hex,
        "finish": spec.finish.value if spec.finish else None,
        "body_type": spec.body.value if spec.body else None,
        "trim": spec.trim,
        "condition": spec.condition.value if spec.condition else None,
        "background": spec.background.value if spec.background else None,
        "plate": spec.plate,
        "length_mm": measures.length if measures else None,
        "width_mm": measures.width if measures else None,
        "height_mm": measures.height if measures else None,
        "wheelbase_mm": measures.wheelbase if measures else None,
        "given": sorted(spec.given),
        "inferred": sorted(spec.inferred),
        "confidence": round(spec.confidence, 3),
    }


def write_album(  # noqa: PLR0913 - all that album.json tells, by name
    folder: Path,
    *,
    session: Session,
    album: Album,
    views: Sequence[View],
    pictures: Mapping[str, Picture],
    seconds: float,
    instructions: bool,
    credits: Sequence[Credit] = (),  # noqa: A002 - the field's word
    charges: Sequence[Charge] = (),
) -> AlbumFacts:
    """Write the folder and hand back album.json as values. Blocks: call it in a thread.

    `views` are all of the album, `pictures` those that came, by angle; `seconds` the wall time;
    `instructions` says whether the provider read sentences or tags. Files of an earlier album in the
    same folder are replaced. Raises StorageError.
    """
    drawn = [view for view in views if view.angle in pictures]
    money = _money(pictures.values(), charges)
    facts: AlbumFacts = {
        "success": len(drawn) == len(views),
        "session_id": session.id,
        "provider": album.provider,
        "strength": album.strength.value if album.strength else None,
        "spec": spec_facts(session.spec),
        "images": [
            _image(folder, view, pictures[view.angle], main=number == 0, instructions=instructions)
            for number, view in enumerate(drawn)
        ],
        "missing": [
            {"angle": view.angle, "kind": (view.failure or FailureKind.CRASHED).value}
            for view in views
            if view.angle not in pictures
        ],
        "references": [{"url": one.url, "author": one.author, "licence": one.licence} for one in credits],
        "total_generated": len(drawn),
        "seconds": round(seconds, 3),
        "cost": money.cost,
        "looks": money.looks,
        "not_delivered": money.not_delivered,
        "maybe_paid": money.maybe_paid,
        "paint_delta_e": paint_delta_e(list(pictures.values())),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (folder / "contact-sheet.jpg", folder / "album.json", folder / "spin.mp4"):
            old.unlink(missing_ok=True)
        for view in drawn:
            _write(_path(folder, view), pictures[view.angle].content)
        if drawn:
            sheet = contact_sheet(session, album, drawn, [pictures[view.angle] for view in drawn])
            _write(folder / "contact-sheet.jpg", sheet)
            facts["contact_sheet"] = str((folder / "contact-sheet.jpg").resolve())
        _write(folder / "album.json", json.dumps(facts, ensure_ascii=False, indent=2).encode())
    except OSError as error:
        raise StorageError("album", str(folder)) from error
    return facts


def paint_delta_e(pictures: Sequence[Picture]) -> float | None:
    """The largest CIEDE2000 difference of a* and b* between two measured paints, at their mean L*."""
    # here and not above: descriptions are read without it
    import numpy as np  # noqa: PLC0415
    from skimage.color import deltaE_ciede2000  # noqa: PLC0415

    paints = np.array([picture.paint for picture in pictures if picture.paint is not None])
    if len(paints) < 2:  # noqa: PLR2004 - a difference needs two
        return None
    paints[:, 0] = paints[:, 0].mean()
    differences = deltaE_ciede2000(paints[:, None, :], paints[None, :, :])
    return round(float(differences.max()), 2)


def make_folder(folder: Path) -> None:
    """There, and written into on trial: nothing is paid for pictures that cannot be put down. Blocks.

    Raises StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StorageError("album", str(folder)) from error


def add_spin(folder: Path, facts: AlbumFacts, film: bytes) -> None:
    """Put spin.mp4 beside the pictures and name it in album.json. Blocks. Raises StorageError."""
    facts["spin"] = str((folder / "spin.mp4").resolve())
    try:
        _write(folder / "spin.mp4", film)
        _write(folder / "album.json", json.dumps(facts, ensure_ascii=False, indent=2).encode())
    except OSError as error:
        raise StorageError("album", str(folder)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """USD of one album."""

    cost: float
    looks: float
    not_delivered: float
    maybe_paid: float


def _money(pictures: Iterable[Picture], charges: Sequence[Charge]) -> _Money:
    cost = sum(picture.cost for picture in pictures)
    looks = sum(charge.cost or 0.0 for charge in charges if charge.outcome is Outcome.LOOKED)
    paid = sum(charge.cost or 0.0 for charge in charges) - looks
    maybe = sum(charge.reserved for charge in charges if charge.outcome is Outcome.MAYBE)
    return _Money(
        cost=round(cost, 6),
        looks=round(looks, 6),
        not_delivered=round(max(0.0, paid - cost), 6),
        maybe_paid=round(maybe, 6),
    )


def _path(folder: Path, view: View) -> Path:
    return folder / f"{view.angle}.jpg"


def _image(folder: Path, view: View, picture: Picture, *, main: bool, instructions: bool) -> ImageFacts:
    return {
        "angle": view.angle,
        "seed": view.seed,
        "session_id": view.session_id,
        "prompt": view.prompt.text(picture.rung, instructions=instructions) if view.prompt else "",
        "path": str(_path(folder, view).resolve()),
        "isMain": main,
        "width": picture.width,
        "height": picture.height,
        "provider": picture.provider,
        "model": picture.model,
        "seconds": round(picture.seconds, 3),
        "cost": picture.cost,
        "rung": picture.rung.value,
        "mesh": picture.mesh,
        "paint_lab": [round(value, 2) for value in picture.paint] if picture.paint else None,
        "warnings": list(picture.warnings),
    }


def _write(path: Path, content: bytes) -> None:
    """All or nothing: a reader never sees half a file."""
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(content)
    os.replace(half, path)  # noqa: PTH105 - one call for both systems
