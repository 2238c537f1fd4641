"""Rakurs inside other programs: async, plain, in a running loop, in a worker thread."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import assert_type

import pytest

import bot
from bot.config import Settings
from bot.pipeline.errors import NotOneCar, TooManyAngles, UnknownAngle
from tests.loopback.pictures import PictureServer

pytestmark = pytest.mark.timeout(120)


def settings(folder: Path, pictures: PictureServer) -> Settings:
    return Settings(
        _env_file=None,
        openai_api_key="k",
        openai_base_url=pictures.openai_url,
        openai_image_model="seeded-model",
        rakurs_search=False,
        rakurs_data_dir=folder / "data",
    )


async def test_the_async_call_gives_what_album_json_holds(tmp_path: Path) -> None:
    async with PictureServer() as pictures:
        album = await bot.draw(
            "синій Renault Clio 2019",
            angles="front, side",
            out=tmp_path / "clio",
            settings=settings(tmp_path, pictures),
        )
    assert album["success"] is True
    assert [image["angle"] for image in album["images"]] == ["front", "side"]
    assert (tmp_path / "clio" / "album.json").is_file()


async def test_two_calls_at_once_are_two_cars_and_buy_each_view_once(tmp_path: Path) -> None:
    async with PictureServer(latency=0.2) as pictures:
        chosen = settings(tmp_path, pictures)
        one, other = await asyncio.gather(
            *(
                bot.draw("red BMW X5", angles="front, side", out=tmp_path / name, settings=chosen)
                for name in ("one", "other")
            )
        )
        assert one["session_id"] != other["session_id"]
        made = {
            (image["session_id"], str(image["seed"])) for album in (one, other) for image in album["images"]
        }
        asked = [(entry.prompt.partition("session ")[2][:12], entry.seed) for entry in pictures.ledger]
    assert len(made) == 4
    assert sorted(asked) == sorted(made)


async def test_the_plain_call_works_inside_a_running_loop(tmp_path: Path) -> None:
    async with PictureServer() as pictures:
        chosen = settings(tmp_path, pictures)
        # as a view of a web framework would, in a thread of its own
        album = await asyncio.to_thread(
            bot.draw_sync, "red BMW X5", angles="front", out=tmp_path / "a", settings=chosen
        )
    assert album["total_generated"] == 1


async def test_a_loop_that_calls_the_plain_form_is_not_broken(tmp_path: Path) -> None:
    with pytest.raises(NotOneCar):
        bot.draw_sync(
            "hello", settings=Settings(_env_file=None, rakurs_data_dir=tmp_path, rakurs_search=False)
        )


async def test_bad_input_is_an_exception_of_its_own(tmp_path: Path) -> None:
    chosen = Settings(_env_file=None, rakurs_data_dir=tmp_path, rakurs_search=False)
    with pytest.raises(UnknownAngle):
        await bot.draw("red BMW X5", angles="from mars", settings=chosen)
    with pytest.raises(TooManyAngles):
        await bot.draw(
            "red BMW X5",
            angles="front,rear,side,side-right,top,overhead,wheel,interior,dashboard,trunk,engine",
            settings=chosen,
        )


async def test_the_result_is_typed_as_album_json(tmp_path: Path) -> None:
    """The type checker of `make check` judges the assert_type lines as it would another program's."""
    async with PictureServer() as pictures:
        album = await bot.draw(
            "red BMW X5", angles="front", out=tmp_path / "a", settings=settings(tmp_path, pictures)
        )
    assert_type(album, bot.AlbumFacts)
    assert_type(album["images"], list[bot.ImageFacts])
    image = album["images"][0]
    assert isinstance(assert_type(image["seed"], int), int)
    assert isinstance(assert_type(image["path"], str), str)
    assert isinstance(assert_type(album["provider"], str | None), str)
    assert assert_type(album["missing"], list[bot.MissingFacts]) == []
    assert files("bot").joinpath("py.typed").is_file()


def test_everything_that_is_offered_is_there() -> None:
    assert all(getattr(bot, name) for name in bot.__all__)
    assert {name for name in bot.__all__ if name.endswith(("Input", "Car", "Angle", "Error"))} >= {
        "BadInput",
        "NotOneCar",
        "RakursError",
    }
