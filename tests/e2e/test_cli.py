"""The command line in a process of its own: what it prints, what it writes, how it ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import Rakurs, environment
from tests.loopback.pictures import REFUSED, SERVER, Entry, Fault, PictureServer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def pictures() -> AsyncIterator[PictureServer]:
    async with PictureServer() as server:
        yield server


def keys(pictures: PictureServer) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": pictures.openai_url,
        "OPENAI_IMAGE_MODEL": "seeded-model",
    }


async def test_draw_writes_the_album_and_prints_only_json(
    tmp_path: Path, pictures: PictureServer, rakurs: Rakurs
) -> None:
    words = ("draw", "червоний BMW X5 2021", "--angles", "front,збоку,rear", "--out", "x5", "--json")
    ended = await rakurs(*words, **keys(pictures))
    assert ended.code == 0, ended.err
    album = ended.json
    assert album == json.loads((tmp_path / "x5" / "album.json").read_text(encoding="utf-8"))
    assert album["success"] is True
    assert album["provider"] == "openai"
    assert album["strength"] == "seeds"
    spec = album["spec"]
    assert (spec["brand"], spec["model"], spec["year"], spec["color"], spec["body_type"]) == (
        "BMW",
        "X5",
        2021,
        "red",
        "suv",
    )
    assert [image["angle"] for image in album["images"]] == ["front", "side", "rear"]
    assert [image["isMain"] for image in album["images"]] == [True, False, False]
    assert {image["session_id"] for image in album["images"]} == {album["session_id"]}
    for image in album["images"]:
        assert f"Same vehicle, session {album['session_id']}, seed {image['seed']}" in image["prompt"]
        with Image.open(image["path"]) as picture:
            assert picture.format == "JPEG"
            assert picture.size == (image["width"], image["height"])
    with Image.open(tmp_path / "x5" / "contact-sheet.jpg") as sheet:
        assert sheet.format == "JPEG"
    assert album["total_generated"] == 3
    assert album["missing"] == []


async def test_a_second_process_finds_the_same_seeds(
    tmp_path: Path, pictures: PictureServer, rakurs: Rakurs
) -> None:
    ended = await rakurs("draw", "red BMW X5", "--json", "--out", "a", **keys(pictures))
    album = ended.json
    code = (
        "import sys, json; from bot.pipeline.angles import CATALOGUE; from bot.pipeline.model import seeds_for;"
        "print(json.dumps(seeds_for(sys.argv[1], CATALOGUE)))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        album["session_id"],
        env=environment(tmp_path, PYTHONHASHSEED="77"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    seeds = json.loads(out)
    assert {image["angle"]: image["seed"] for image in album["images"]} == {
        image["angle"]: seeds[image["angle"]] for image in album["images"]
    }


async def test_fewer_pictures_than_asked_end_with_three(pictures: PictureServer, rakurs: Rakurs) -> None:
    lost: list[str] = []

    def one_never(entry: Entry, _before: int) -> Fault | None:
        lost.append(entry.seed) if not lost else None
        return SERVER if entry.seed == lost[0] else None

    pictures.faults = one_never
    words = ("draw", "blue Kia Rio", "--angles", "front,side", "--json", "--out", "a")
    ended = await rakurs(*words, **keys(pictures))
    assert ended.code == 3
    assert ended.json["success"] is False
    assert len(ended.json["missing"]) == 1
    assert ended.json["missing"][0]["kind"] == "server"
    assert "[AsyncGen] Falling back to sequential generation" in ended.err


async def test_a_refused_maker_is_left_out_of_the_prompt(
    tmp_path: Path, pictures: PictureServer, rakurs: Rakurs
) -> None:
    pictures.faults = lambda entry, _before: REFUSED if "Ferrari" in entry.prompt else None
    words = ("draw", "matte red Ferrari F40, dirty", "--angles", "front", "--out", "a")
    ended = await rakurs(*words, **keys(pictures), OPENAI_IMAGE_PRICE="0.02")
    assert ended.code == 0
    album = json.loads((tmp_path / "a" / "album.json").read_text(encoding="utf-8"))
    (image,) = album["images"]
    assert image["rung"] in {"unbadged", "generic"}
    lines = ended.out.splitlines()
    assert lines[0].startswith("Car       red Ferrari F40")
    assert lines[0].endswith(", matte, dirty")
    assert f"Seeds     front {image['seed']}" in lines
    assert "Cost      USD 0.020" in lines
    assert {f"  {image['path']}", f"  {album['contact_sheet']}"} <= set(lines)


async def test_no_picture_at_all_ends_with_one(pictures: PictureServer, rakurs: Rakurs) -> None:
    # before the studio: where it is the first it begins to warm up
    pictures.faults = lambda _entry, _before: REFUSED
    words = ("draw", "red BMW X5", "--angles", "interior", "--json", "--out", "a")
    ended = await rakurs(*words, **keys(pictures))
    assert ended.code == 1
    assert ended.json["missing"] == [{"angle": "interior", "kind": "unsupported"}]
    assert "unsupported" in ended.err


async def test_nothing_is_bought_for_a_folder_that_cannot_be_written(
    tmp_path: Path, pictures: PictureServer, rakurs: Rakurs
) -> None:
    (tmp_path / "file").write_bytes(b"")
    ended = await rakurs("draw", "red BMW X5", "--json", "--out", "file", **keys(pictures))
    assert (ended.code, ended.out, pictures.ledger) == (1, "", [])
    assert ended.err.endswith("The album cannot be written into file.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("draw", ""), "empty"),
        (("draw", "BMW X5 " + "х" * 10_000), "characters"),
        (("draw", "what is the weather like"), "Which car"),
        (("draw", "BMW X5", "--angles", "frnt"), "front"),
        (("draw", "BMW X5", "--angles", "sideways-from-mars"), "no angle"),
        (
            (
                "draw",
                "BMW X5",
                "--angles",
                "front,rear,side,side-right,top,overhead,wheel,interior,dashboard,trunk,engine",
            ),
            "11 angles",
        ),
        (("draw", "BMW X5 2019 and Audi A6 2020"), "more than one car"),
        (("parse", ""), "empty"),
    ],
)
async def test_bad_input_ends_with_two_and_a_sentence(
    words: tuple[str, ...], said: str, rakurs: Rakurs
) -> None:
    ended = await rakurs(*words)
    assert ended.code == 2, ended.err
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


async def test_all_bad_settings_are_told_together(rakurs: Rakurs) -> None:
    bad = {"TELEGRAM_BOT_TOKEN": "nonsense", "ADMIN_IDS": "me", "OPENAI_BASE_URL": "ftp://x"}
    for command in (("run",), ("draw", "BMW X5")):
        ended = await rakurs(*command, **bad)
        assert ended.code == 2
        for name in bad:
            assert name in ended.err
        assert "Traceback" not in ended.err
    ended = await rakurs("run")
    assert ended.code == 2
    assert "TELEGRAM_BOT_TOKEN" in ended.err


async def test_parse_reads_one_description_a_line(rakurs: Rakurs) -> None:
    lines = "red BMW X5 2021\n\nбіла таврія\nhello there\n"
    ended = await rakurs("parse", "--json", stdin=lines)
    assert ended.code == 0
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["brand"], row["model"], row["color"]) for row in rows] == [
        ("BMW", "X5", "red"),
        ("ZAZ", "Tavria", "white"),
        (None, None, None),
    ]
    assert rows[2]["question"]


async def test_check_scores_real_albums(pictures: PictureServer, rakurs: Rakurs) -> None:
    ended = await rakurs("check", "full", **keys(pictures))
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.count("total 100") == 5
