"""What lies in an album's folder, and what does album.json say of it?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.pipeline.errors import FailureKind, StorageError
from bot.pipeline.folder import AlbumFacts, add_spin, make_folder, paint_delta_e, write_album
from bot.pipeline.model import Credit, Picture, ViewState
from bot.pipeline.money import Charge, ChargeId, Outcome
from tests.fakes.cars import FRONT, a_picture, a_session, an_album, blank_views
from tests.loopback.pictures import picture_bytes


def painted(*lab: float) -> Picture:
    return Picture(
        content=b"",
        media_type="",
        width=1,
        height=1,
        provider="p",
        model="m",
        seconds=1,
        paint=(lab[0], lab[1], lab[2]) if lab else None,
    )


def test_light_alone_is_no_difference_of_paint() -> None:
    assert paint_delta_e([painted(30, 40, 20), painted(60, 40, 20)]) == 0.0


def test_another_paint_is_one() -> None:
    difference = paint_delta_e([painted(40, 50, 30), painted(40, 50, 30), painted(40, -30, 10)])
    assert difference is not None
    assert difference > 30


def test_one_measured_paint_differs_from_nothing() -> None:
    assert paint_delta_e([painted(40, 50, 30), painted()]) is None


def written(folder: Path, *, charges: Sequence[Charge] = (), missing: str = "") -> AlbumFacts:
    """The folder of an album of two views."""
    session = a_session()
    album = an_album(session)
    views = [replace(view, state=ViewState.DRAWN) for view in blank_views(album)]
    content = picture_bytes("a car", form="JPEG")
    pictures: dict[str, Picture] = {view.angle: a_picture(content, cost=0.03) for view in views}
    if missing:
        del pictures[missing]
    return write_album(
        folder,
        session=session,
        album=album,
        views=views,
        pictures=pictures,
        seconds=1.0,
        instructions=True,
        credits=(Credit(url="https://example.org/photo", author="Ann", licence="CC0"),),
        charges=charges,
    )


def test_pictures_sheet_and_facts_lie_in_the_folder(tmp_path: Path) -> None:
    facts = written(tmp_path / "new")
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {"front.jpg", "side.jpg", "contact-sheet.jpg", "album.json"}
    assert json.loads((tmp_path / "new" / "album.json").read_text(encoding="utf-8")) == facts
    assert [image["isMain"] for image in facts["images"]] == [True, False]
    assert facts["references"] == [{"url": "https://example.org/photo", "author": "Ann", "licence": "CC0"}]


def test_what_did_not_come_is_named_with_a_reason(tmp_path: Path) -> None:
    facts = written(tmp_path, missing=FRONT)
    assert (facts["success"], facts["total_generated"]) == (False, 1)
    assert facts["missing"] == [{"angle": "front", "kind": FailureKind.CRASHED.value}]


def test_a_film_is_put_beside_them_and_goes_with_the_next_album(tmp_path: Path) -> None:
    facts = written(tmp_path)
    add_spin(tmp_path, facts, b"film")
    assert (tmp_path / "spin.mp4").read_bytes() == b"film"
    told = json.loads((tmp_path / "album.json").read_text(encoding="utf-8"))
    assert told["spin"] == str((tmp_path / "spin.mp4").resolve())
    written(tmp_path)
    assert not (tmp_path / "spin.mp4").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    facts = written(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        written(tmp_path / "file")
    with pytest.raises(StorageError):
        add_spin(tmp_path / "nowhere", facts, b"film")
    with pytest.raises(StorageError):
        make_folder(tmp_path / "file")
    make_folder(tmp_path / "new" / "one")
    assert list((tmp_path / "new" / "one").iterdir()) == []


def test_what_was_paid_for_others_on_the_way_is_told_apart(tmp_path: Path) -> None:
    costs = (
        (Outcome.DELIVERED, 0.03),
        (Outcome.DELIVERED, 0.03),
        (Outcome.WASTED, 0.04),
        (Outcome.MAYBE, None),
        (Outcome.LOOKED, 0.003),
    )
    charges = [
        Charge(
            id=ChargeId(number),
            session_id=a_session().id,
            number=1,
            angle=FRONT,
            provider="fake",
            model="m",
            reserved=0.02,
            cost=cost,
            outcome=outcome,
        )
        for number, (outcome, cost) in enumerate(costs)
    ]
    facts = written(tmp_path, charges=charges)
    assert (facts["cost"], facts["not_delivered"], facts["maybe_paid"]) == (0.06, 0.04, 0.02)
    assert facts["looks"] == 0.003
