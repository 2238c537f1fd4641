"""One opened house for many albums: threads, event loops, forks, and views of a web framework."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path

from bot import AlbumFacts, BadSettings, NotOneCar, Rakurs, Settings
from tests.e2e.conftest import environment
from tests.e2e.test_library import settings
from tests.loopback.pictures import Fault, PictureServer

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def pictures() -> AsyncIterator[PictureServer]:
    async with PictureServer() as server:
        yield server


def houses() -> int:
    """How many are open in this process."""
    return sum(thread.name == "rakurs" for thread in threading.enumerate())


async def test_a_pool_of_worker_threads_shares_one_house(tmp_path: Path, pictures: PictureServer) -> None:
    rakurs = Rakurs(settings(tmp_path, pictures))

    def job(number: int) -> AlbumFacts:
        return rakurs.draw("red BMW X5 2021", angles="front, side", out=tmp_path / str(number))

    pictures.latency = 0.3
    with ThreadPoolExecutor(6) as pool:
        loop = asyncio.get_running_loop()
        albums = await asyncio.gather(*(loop.run_in_executor(pool, job, number) for number in range(6)))
    assert houses() == 1
    assert len({album["session_id"] for album in albums}) == 6
    assert all(album["success"] for album in albums)
    assert pictures.most_at_once > 2
    await asyncio.to_thread(rakurs.close)
    assert houses() == 0
    again = await asyncio.to_thread(rakurs.draw, "blue Kia Rio", angles="front", out=tmp_path / "again")
    assert again["success"]
    await asyncio.to_thread(rakurs.close)


async def test_any_event_loop_may_wait_for_it(tmp_path: Path, pictures: PictureServer) -> None:
    async with Rakurs(settings(tmp_path, pictures)) as rakurs:

        def another_loop() -> AlbumFacts:
            return asyncio.run(rakurs.draw_async("blue Kia Rio", angles="front", out=tmp_path / "b"))

        first, second = await asyncio.gather(
            rakurs.draw_async("red BMW X5", angles="front", out=tmp_path / "a"),
            asyncio.to_thread(another_loop),
        )
        # plain, and it blocks this loop: the album is there all the same, for the house has its own
        third = await asyncio.to_thread(rakurs.draw, "white Audi A4", angles="side", out=tmp_path / "c")
        with pytest.raises(NotOneCar):
            await rakurs.draw_async("hello")
    assert [album["total_generated"] for album in (first, second, third)] == [1, 1, 1]
    assert houses() == 0


async def test_who_stops_waiting_stops_the_drawing(tmp_path: Path, pictures: PictureServer) -> None:
    pictures.faults = lambda _entry, _before: Fault(delay=60)
    async with Rakurs(settings(tmp_path, pictures)) as rakurs:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rakurs.draw_async("red BMW X5", angles="front", out=tmp_path / "a"), 1.0)
        pictures.faults = lambda _entry, _before: None
        assert (await rakurs.draw_async("red BMW X5", angles="front", out=tmp_path / "b"))["success"]


async def test_a_house_that_cannot_be_opened_says_why_and_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    rakurs = Rakurs(Settings(_env_file=None, rakurs_data_dir=tmp_path / "file", rakurs_search=False))
    for _ in range(2):
        with pytest.raises(BadSettings):
            await asyncio.to_thread(rakurs.draw, "red BMW X5")
    for thread in threading.enumerate():
        if thread.name == "rakurs":  # it ends by itself, a moment after the error was told
            await asyncio.to_thread(thread.join, 10)
    assert houses() == 0


FORKS = """
import os, sys
from pathlib import Path
from bot import Rakurs
rakurs = Rakurs()
out = Path(sys.argv[1])
assert rakurs.draw("red BMW X5", angles="front", out=out / "before")["success"]
children = []
for number in range(2):
    child = os.fork()
    if child == 0:
        album = rakurs.draw("red BMW X5", angles="front", out=out / f"child{number}")
        rakurs.close()
        os._exit(0 if album["success"] else 1)
    children.append(child)
assert rakurs.draw("red BMW X5", angles="front", out=out / "after")["success"]
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
print("all four")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
async def test_forked_children_open_their_own(tmp_path: Path, pictures: PictureServer) -> None:
    ended = await script(tmp_path, FORKS, str(tmp_path), **keys(pictures))
    assert ended == "all four\n"
    assert len(sessions_in(tmp_path)) == 4


def sessions_in(folder: Path) -> set[str]:
    files = folder.glob("*/album.json")
    return {json.loads(file.read_text(encoding="utf-8"))["session_id"] for file in files}


UNGUARDED = """
from concurrent.futures import ProcessPoolExecutor
from bot.pipeline.studio.apart import Apart
print("once")
with ProcessPoolExecutor(1, mp_context=Apart()) as pool:
    print(pool.submit(abs, -3).result())
"""


async def test_render_processes_do_not_run_the_callers_program_again(tmp_path: Path) -> None:
    """A script without a guard around its main part, as one writes it for a try."""
    assert await script(tmp_path, UNGUARDED) == "once\n3\n"


def keys(pictures: PictureServer) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": pictures.openai_url,
        "OPENAI_IMAGE_MODEL": "seeded-model",
    }


async def script(folder: Path, code: str, *words: str, **env: str) -> str:
    (folder / "program.py").write_text(code, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "program.py",
        *words,
        cwd=folder,
        env=environment(folder, **env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


shelf: list[Rakurs] = []
"""What the views below draw with, as a project would keep it in a module."""
folder: list[Path] = []


def plain_view(request: HttpRequest) -> JsonResponse:
    album = shelf[0].draw(request.GET["car"], angles="front", out=folder[0] / "plain")
    return JsonResponse(album)


async def async_view(request: HttpRequest) -> JsonResponse:
    album = await shelf[0].draw_async(request.GET["car"], angles="front", out=folder[0] / "async")
    return JsonResponse(album)


urlpatterns = [path("plain", plain_view), path("async", async_view)]


@contextmanager
def project(rakurs: Rakurs, out: Path) -> Iterator[None]:
    if not django_settings.configured:
        django_settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], SECRET_KEY="for tests")
        django.setup()
    shelf.append(rakurs)
    folder.append(out)
    try:
        yield
    finally:
        shelf.clear()
        folder.clear()


def ask(where: str) -> dict[str, Any]:
    answer: dict[str, Any] = Client().get(where, {"car": "red BMW X5 2021"}).json()
    return answer


async def test_views_of_a_django_project_draw(tmp_path: Path, pictures: PictureServer) -> None:
    """Both kinds of views, each served both ways: by threads and by an event loop."""
    async with Rakurs(settings(tmp_path, pictures)) as rakurs:
        with project(rakurs, tmp_path):
            served = [await asyncio.to_thread(ask, where) for where in ("/plain", "/async")]
            for where in ("/plain", "/async"):
                answer = await AsyncClient().get(where, {"car": "red BMW X5 2021"})
                served.append(answer.json())
        assert houses() == 1
    assert [album["total_generated"] for album in served] == [1, 1, 1, 1]
    assert len({album["session_id"] for album in served}) == 4
