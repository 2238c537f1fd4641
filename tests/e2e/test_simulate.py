"""`rakurs simulate` as a process: figures, JSON, a picture, and clear words for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import Rakurs


async def test_it_prints_json_and_draws_the_run(tmp_path: Path, rakurs: Rakurs) -> None:
    words = (
        "simulate",
        "--burst",
        "60,5",
        "--latency",
        "12,40",
        "--price",
        "0.04",
        "--json",
        "--chart",
        "run.png",
    )
    ended = await rakurs(*words)
    assert ended.code == 0, ended.err
    facts = ended.json
    assert facts["albums"] == 60
    assert facts["cost"] == pytest.approx(60 * 5 * 0.04)
    assert (
        0 < facts["first"]["p50"] <= facts["album"]["p50"] <= facts["album"]["p95"] <= facts["album"]["p99"]
    )
    with Image.open(tmp_path / "run.png") as picture:
        assert picture.format == "PNG"
    ended = await rakurs("simulate", "--burst", "60,5")
    assert "95 of 100" in ended.out
    assert "More is asked for than provider, at once carries" in ended.out


async def test_wishes_are_played_as_they_were_written_down(tmp_path: Path, rakurs: Rakurs) -> None:
    (tmp_path / "wishes.csv").write_text("seconds,owner,views\n0,a,2\n1,b,3\n2,a,1\n", encoding="utf-8")
    ended = await rakurs("simulate", "--trace", "wishes.csv", "--price", "0.5", "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["albums"], ended.json["cost"]) == (3, 3.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--latency", "soon"), "--latency"),
        (("--burst", "many"), "--burst"),
        (("--trace", "nowhere.csv"), "--trace"),
        (("--rate", "100000", "--hours", "900"), "--rate"),
        (("--views", "11"), "--views"),
        (("--chart", "no/such/folder.png"), "--chart"),
    ],
)
async def test_what_cannot_be_simulated_is_said(rakurs: Rakurs, words: tuple[str, ...], said: str) -> None:
    ended = await rakurs("simulate", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err
