"""What must every Provider keep? The studio, the OpenAI adapter, and Pollinations with a key and without."""

from __future__ import annotations

import asyncio
import base64
import functools
import gzip
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.model import (
    AngleName,
    Body,
    CarSpec,
    PictureRequest,
    Reference,
    Seed,
    SessionId,
    Strength,
)
from bot.pipeline.ports import Provider
from bot.pipeline.providers.openai import OpenAIProvider
from bot.pipeline.providers.pollinations import OpenPollinations
from bot.pipeline.providers.presets import Edits, Overrides, preset_for
from bot.pipeline.providers.studio import StudioProvider
from tests.loopback.pictures import (
    CUT,
    QUOTA,
    RATE_LIMIT,
    REFUSED,
    SERVER,
    UNAUTHORIZED,
    Fault,
    PictureServer,
    picture_bytes,
)

REQUEST = PictureRequest(
    session_id=SessionId("CAR-1A2B3C4D"),
    spec=CarSpec(brand="BMW", model="X5", color="red", color_hex="#b01020", body=Body.SUV),
    angle=CATALOGUE[AngleName("front")],
    seed=Seed(123456),
    prompt="Same vehicle, session CAR-1A2B3C4D, seed 123456. A red BMW X5.",
    negative="blurry",
    width=768,
    height=512,
)
PHOTO = Reference(
    angle=None,
    content=picture_bytes("photo", form="PNG"),
    media_type="image/png",
    source_url="https://example.org/photo",
)
WITH_PICTURES = replace(
    REQUEST, references=(PHOTO, PHOTO), hero=picture_bytes("hero", form="JPEG"), guide=picture_bytes("guide")
)


@dataclass(slots=True)
class Maker:
    """One provider before its server; `api` is what the server's ledger calls it."""

    provider: Provider
    server: PictureServer
    api: str = ""

    async def failing(self, fault: Fault) -> ProviderError:
        self.server.faults = lambda _entry, _before: fault
        with pytest.raises(ProviderError) as raised:
            await self.provider.draw(REQUEST)
        assert raised.value.provider == self.provider.name
        return raised.value


def make(kind: str, server: PictureServer) -> Provider:
    if kind == "studio":
        return StudioProvider(1, samples=1, variant="scalar_rgb")
    if kind == "open pollinations":
        return OpenPollinations(base_url=server.url, timeout=5)
    name, model, root = {
        "openai": ("openai", "gpt-image-2.6-flare", server.openai_url),
        "own server": ("openai", "org/own-model", server.openai_url),
        "klein": ("pollinations", "klein", f"{server.pollinations_url}/v1"),
        "flux": ("pollinations", "flux", f"{server.pollinations_url}/v1"),
    }[kind]
    preset = preset_for(name, model, Overrides(quality="low" if kind == "openai" else None))
    return OpenAIProvider(name=name, api_key="k", base_url=root, model=model, preset=preset, timeout=5)


REMOTE = ["openai", "own server", "klein", "flux", "open pollinations"]


@pytest.fixture
async def maker(request: pytest.FixtureRequest) -> AsyncIterator[Maker]:
    async with PictureServer() as server:
        provider = make(request.param, server)
        yield Maker(provider=provider, server=server)
        await provider.close()


every = pytest.mark.parametrize("maker", ["studio", *REMOTE], indirect=True)
remote = pytest.mark.parametrize("maker", REMOTE, indirect=True)


@every
async def test_one_picture_with_its_facts(maker: Maker) -> None:
    picture = await maker.provider.draw(replace(REQUEST, width=192, height=128))
    with Image.open(io.BytesIO(picture.content)) as opened:
        # the loopback server always sends the same size
        assert opened.size == ((192, 128) if maker.provider.name == "studio" else (768, 512))
    assert picture.provider == maker.provider.name
    assert picture.model
    assert picture.seconds > 0
    assert (picture.cost > 0) == (maker.provider.capabilities.price > 0)
    charged = sum(entry.usd for entry in maker.server.ledger)
    if maker.provider.capabilities.model.startswith("gpt-image"):
        assert picture.cost == pytest.approx(charged)


@every
async def test_capabilities_agree_with_themselves(maker: Maker) -> None:
    takes = maker.provider.capabilities
    assert takes.concurrency >= 1
    assert takes.seconds > 0
    assert takes.width >= 256
    assert takes.height >= 256
    if takes.strength is not Strength.GEOMETRY:
        expected = Strength.SEEDS if takes.takes_seed else Strength.NONE
        assert takes.strength is (Strength.REFERENCES if takes.takes_references else expected)
    assert not takes.takes_guide or takes.takes_references
    assert any(maker.provider.draws(angle) for angle in CATALOGUE.values())


@remote
async def test_the_seed_travels_where_it_is_honoured(maker: Maker) -> None:
    await maker.provider.draw(WITH_PICTURES)
    sent = {entry.fields.get("seed") for entry in maker.server.ledger}
    assert sent == {"123456" if maker.provider.capabilities.takes_seed else None}


@remote
async def test_pictures_go_out_named_and_in_the_order_that_prompts_name(maker: Maker) -> None:
    await maker.provider.draw(WITH_PICTURES)
    (entry,) = maker.server.ledger
    if not maker.provider.capabilities.takes_references:
        assert entry.attached == []
        return
    kinds = [kind for _, kind, _ in entry.attached]
    assert kinds == ["image/png", "image/png", "image/jpeg", "image/png"]
    photo = PHOTO.content
    expected = [photo, photo, WITH_PICTURES.hero, WITH_PICTURES.guide]
    assert [content for _, _, content in entry.attached] == expected
    if entry.api == "edits":
        names = [name for name, _, _ in entry.attached]
        assert names == ["reference-1.png", "reference-2.png", "hero.jpg", "pose.png"]


@remote
@pytest.mark.parametrize(
    ("fault", "kind", "bought"),
    [
        (RATE_LIMIT, FailureKind.RATE_LIMIT, False),
        (QUOTA, FailureKind.QUOTA, False),
        (REFUSED, FailureKind.REFUSED, False),
        (UNAUTHORIZED, FailureKind.UNAUTHORIZED, False),
        (Fault(status=403), FailureKind.UNAUTHORIZED, False),
        (Fault(status=404, code="model_not_found"), FailureKind.NOT_FOUND, False),
        (Fault(status=400), FailureKind.BAD_REQUEST, False),
        (SERVER, FailureKind.SERVER, False),
        (Fault(status=502), FailureKind.SERVER, False),
        (Fault(status=504), FailureKind.TIMEOUT, True),
    ],
    ids=str,
)
async def test_refusals_are_told_apart(maker: Maker, fault: Fault, kind: FailureKind, bought: bool) -> None:
    error = await maker.failing(fault)
    assert (error.kind, error.bought, error.status) == (kind, bought, fault.status)


@remote
async def test_the_wait_that_a_server_names_is_handed_on(maker: Maker) -> None:
    error = await maker.failing(Fault(status=429, headers={"Retry-After": "7"}))
    assert (error.kind, error.retry_after) == (FailureKind.RATE_LIMIT, 7)


@remote
async def test_a_cut_after_the_call_went_out_may_have_been_paid(maker: Maker) -> None:
    error = await maker.failing(CUT)
    assert error.kind in {FailureKind.UNREACHABLE, FailureKind.BAD_ANSWER}
    assert error.bought


@functools.cache
def _packed_bomb() -> bytes:
    """A third of a megabyte that unfolds to 70."""
    return gzip.compress(b"0" * (70 * 2**20), compresslevel=1)


@pytest.mark.parametrize("maker", ["openai", "open pollinations"], indirect=True)
@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_that_unfolds_without_end_is_let_go(maker: Maker, status: int) -> None:
    bomb = Fault(status=status, body=_packed_bomb(), kind="image/png", headers={"Content-Encoding": "gzip"})
    assert (await maker.failing(bomb)).kind is FailureKind.BOMB


@pytest.mark.parametrize("maker", ["openai", "open pollinations"], indirect=True)
async def test_an_error_nested_too_deep_to_read_is_an_error_all_the_same(maker: Maker) -> None:
    error = await maker.failing(Fault(status=500, body=b"[" * 200_000, kind="application/json"))
    assert (error.kind, error.bought) == (FailureKind.SERVER, False)


@pytest.mark.parametrize("maker", ["openai"], indirect=True)
async def test_a_picture_nested_too_deep_to_read_is_a_bad_answer(maker: Maker) -> None:
    error = await maker.failing(Fault(body=b"[" * 200_000, kind="application/json"))
    assert (error.kind, error.bought) == (FailureKind.BAD_ANSWER, True)


_PICTURE = base64.b64encode(picture_bytes("of an odd answer")).decode()


@pytest.mark.parametrize("maker", ["openai"], indirect=True)
@pytest.mark.parametrize("data", [5, "abc", {}, [None], [5], ["x"], [{"url": 5}], [{"b64_json": ["a"]}]])
async def test_an_answer_of_another_shape_is_a_bad_one(maker: Maker, data: object) -> None:
    body = json.dumps({"created": 1, "data": data}).encode()
    error = await maker.failing(Fault(body=body, kind="application/json"))
    assert (error.kind, error.bought) == (FailureKind.BAD_ANSWER, True)


@pytest.mark.parametrize("maker", ["openai"], indirect=True)
@pytest.mark.parametrize(
    "usage",
    [
        5,
        "many",
        {"input_tokens": "a", "output_tokens": None},
        {"input_tokens": -5, "output_tokens": -(10**9)},
        {"input_tokens": 1, "output_tokens": 1e400},
        {"input_tokens": 1, "output_tokens": 10**30},
    ],
)
async def test_a_count_that_cannot_be_is_not_believed(maker: Maker, usage: object) -> None:
    """The picture is there and paid: it is kept, at the table's price. A negative one would fill the purse."""
    body = json.dumps({"created": 1, "data": [{"b64_json": _PICTURE}], "usage": usage}).encode()
    maker.server.faults = lambda _entry, _before: Fault(body=body, kind="application/json")
    picture = await maker.provider.draw(REQUEST)
    assert picture.content == picture_bytes("of an odd answer")
    assert picture.cost == maker.provider.capabilities.price


@remote
async def test_cancelling_passes(maker: Maker) -> None:
    maker.server.faults = lambda _entry, _before: Fault(delay=30)
    drawing = asyncio.create_task(maker.provider.draw(REQUEST))
    await asyncio.sleep(0.1)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing


@pytest.mark.parametrize("kind", REMOTE)
async def test_what_never_went_out_was_not_paid(kind: str) -> None:
    async with PictureServer() as server:
        pass
    provider = make(kind, server)
    with pytest.raises(ProviderError) as raised:
        await provider.draw(REQUEST)
    assert (raised.value.kind, raised.value.bought) == (FailureKind.UNREACHABLE, False)
    await provider.close()


@pytest.mark.parametrize("maker", ["openai", "klein"], indirect=True)
async def test_an_answer_without_a_picture_tells_what_it_cost(maker: Maker) -> None:
    maker.server.faults = lambda _entry, _before: Fault(content=b"")
    with pytest.raises(ProviderError) as raised:
        await maker.provider.draw(REQUEST)
    assert (raised.value.kind, raised.value.bought) == (FailureKind.BAD_ANSWER, True)
    (entry,) = maker.server.ledger
    known = entry.usd if maker.provider.name == "openai" else maker.provider.capabilities.price
    assert raised.value.cost == pytest.approx(known)


@pytest.mark.parametrize("maker", ["own server"], indirect=True)
async def test_a_picture_comes_in_any_of_the_forms_that_servers_use(maker: Maker) -> None:
    content = picture_bytes("a form")
    plain = base64.b64encode(content).decode()
    address = f"data:image/png;base64,{plain}"
    for answer in (
        {"b64_json": plain},
        {"b64_json": address},
        {"url": address},
        {"b64_json": "", "url": address},
    ):
        body = json.dumps({"created": 1, "data": [answer]}).encode()
        maker.server.faults = lambda _entry, _before, body=body: Fault(body=body, kind="application/json")  # type: ignore[misc]
        assert (await maker.provider.draw(REQUEST)).content == content
    body = json.dumps({"created": 1, "data": [{"url": "data:image/png,no"}]}).encode()
    error = await maker.failing(Fault(body=body, kind="application/json"))
    assert (error.kind, error.bought) == (FailureKind.BAD_ANSWER, True)


@pytest.mark.parametrize("maker", ["open pollinations"], indirect=True)
async def test_the_open_host_wants_one_at_a_time_and_a_pause(maker: Maker) -> None:
    takes = maker.provider.capabilities
    assert (takes.concurrency, takes.pace, takes.price) == (1, 45.0, 0.0)
    error = await maker.failing(Fault(status=402))
    assert (error.kind, error.retry_after) == (FailureKind.RATE_LIMIT, 45.0)
    error = await maker.failing(Fault(status=402, headers={"Retry-After": "7"}))
    assert (error.kind, error.retry_after) == (FailureKind.RATE_LIMIT, 7.0)


@pytest.mark.parametrize("maker", ["klein"], indirect=True)
async def test_pollinations_edits_are_json_for_the_sake_of_the_seed(maker: Maker) -> None:
    await maker.provider.draw(WITH_PICTURES)
    (entry,) = maker.server.ledger
    assert json.loads(entry.fields["model"]) == "klein"
    assert json.loads(entry.fields["size"]) == "768x512"
    assert entry.auth == "Bearer k"


@pytest.mark.parametrize("maker", ["flux"], indirect=True)
async def test_tags_go_with_what_is_not_wanted(maker: Maker) -> None:
    await maker.provider.draw(REQUEST)
    assert json.loads(maker.server.ledger[0].fields["negative_prompt"]) == "blurry"


async def test_a_server_without_edits_is_weaker_from_then_on() -> None:
    async with PictureServer() as server:
        server.edits = False
        provider = make("openai", server)
        await provider.draw(WITH_PICTURES)
        assert provider.capabilities.strength is Strength.NONE
        assert provider.capabilities.takes_references == 0
        await provider.close()


def test_the_longest_name_decides_and_paths_do_not_count() -> None:
    assert (
        preset_for("openai", "gpt-image-1-mini-2025").tokens != preset_for("openai", "gpt-image-1.5").tokens
    )
    assert preset_for("openai", "Qwen/Qwen-Image-Edit-2509").edits is Edits.MULTIPART
    assert preset_for("openai", "Qwen/Qwen-Image").edits is Edits.NONE
    assert not preset_for("openai", "sdxl-turbo").sentences
    assert preset_for("pollinations", "kontext").references == 1
    assert preset_for("pollinations", "unheard-of").strength is Strength.NONE


def test_quality_and_size_decide_what_is_set_aside() -> None:
    def price(quality: str | None = None) -> float:
        known = Overrides(size="1024x1024", quality=quality)
        return preset_for("openai", "gpt-image-2.6-flare", known).price

    prices = [price(quality=quality) for quality in ("low", "medium", "high", "xhigh", "max")]
    assert prices == sorted(prices)
    assert price() == price(quality="high") == price(quality="auto")
    assert preset_for("openai", "gpt-image-2.6-flare").price == pytest.approx(price() * 1.5)
    assert preset_for("pollinations", "flux", Overrides(size="2048x2048")).price == 0.002


def test_what_the_operator_says_wins() -> None:
    known = Overrides(
        edits=True,
        references=5,
        seed=False,
        sentences=False,
        size="512x768",
        quality="fine",
        concurrency=2,
        price=0.5,
    )
    takes = preset_for("openai", "own", known).capabilities("own")
    assert (takes.strength, takes.takes_references, takes.takes_seed) == (Strength.REFERENCES, 5, False)
    assert (takes.instructions, takes.width, takes.height, takes.concurrency) == (False, 512, 768, 2)
    assert takes.price == 0.5
    assert preset_for("openai", "own", known).tokens is None
    closed = preset_for("openai", "gpt-image-2.6-flare", Overrides(edits=False))
    assert closed.strength is Strength.NONE
    assert closed.capabilities("m").takes_references == 0
