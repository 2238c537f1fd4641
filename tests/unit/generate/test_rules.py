"""The rules of retries, the gate and the inspection, each by itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.pipeline.errors import FailureKind, InspectionError, ProviderError
from bot.pipeline.generate.gate import Gate
from bot.pipeline.generate.retry import RetryRules
from bot.pipeline.inspect import MOST_PIXELS, inspect, same_view
from tests.fakes.clock import RealClock
from tests.loopback.pictures import blank_fault, picture_bytes


def failure(kind: FailureKind, retry_after: float | None = None) -> ProviderError:
    return ProviderError(provider="p", kind=kind, retry_after=retry_after)


@settings(deadline=None)
@given(
    kind=st.sampled_from(FailureKind),
    attempt=st.integers(1, 30),
    jitter=st.floats(0, 1),
    named=st.none() | st.floats(0, 1000),
)
def test_a_delay_is_short_or_there_is_none(
    kind: FailureKind, attempt: int, jitter: float, named: float | None
) -> None:
    rules = RetryRules()
    delay = rules.delay(failure(kind, named), attempt, jitter)
    assert delay is None or 0 <= delay <= rules.patience


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.REFUSED,
        FailureKind.QUOTA,
        FailureKind.UNAUTHORIZED,
        FailureKind.TIMEOUT,
        FailureKind.BAD_REQUEST,
        FailureKind.BOMB,
    ],
)
def test_what_would_fail_or_cost_again_is_never_retried(kind: FailureKind) -> None:
    assert RetryRules().delay(failure(kind), 1, 0.5) is None


def test_a_named_wait_is_obeyed_and_a_too_long_one_given_up() -> None:
    assert RetryRules().delay(failure(FailureKind.RATE_LIMIT, 7.0), 1, 0.5) == 7.0
    assert RetryRules(patience=60).delay(failure(FailureKind.RATE_LIMIT, 61.0), 1, 0.5) is None


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"),
    [
        (1, 1.0, 0.5),
        (1, 0.0, 0.25),
        (1, 0.5, 0.375),
        (2, 1.0, 1.0),
        (4, 1.0, 4.0),
        (5, 1.0, 8.0),
        (20, 1.0, 8.0),
    ],
)
def test_a_wait_doubles_up_to_the_longest_and_jitter_takes_half_of_it(
    attempt: int, jitter: float, seconds: float
) -> None:
    assert RetryRules().delay(failure(FailureKind.RATE_LIMIT), attempt, jitter) == seconds


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        (FailureKind.SERVER, 2),
        (FailureKind.UNREACHABLE, 1),
        (FailureKind.CRASHED, 1),
        (FailureKind.RATE_LIMIT, 20),
    ],
)
def test_so_many_times_is_it_tried_again(kind: FailureKind, times: int) -> None:
    waits = [RetryRules().delay(failure(kind), attempt, 0.5) for attempt in range(1, 30)]
    assert [wait is not None for wait in waits] == [attempt < times for attempt in range(29)]


def test_a_wait_is_named_by_providers_alone() -> None:
    rules = RetryRules(patience=60)
    assert rules.delay(failure(FailureKind.RATE_LIMIT, 60.0), 1, 0.5) == 60.0
    assert rules.delay(InspectionError(FailureKind.BLANK), 1, 1.0) == 0.5


async def test_the_gate_halves_after_too_many_and_grows_again() -> None:
    gate = Gate(limit=8, clock=RealClock())
    await gate.slow_down(0)
    assert gate.limit == 4
    for _ in range(4):
        await gate.slow_down(0)
    assert gate.limit == 1
    for _ in range(200):
        await gate.went_well()
    assert gate.limit == 8


def kind_of(content: bytes) -> FailureKind:
    with pytest.raises(InspectionError) as caught:
        inspect(content)
    return caught.value.kind


def test_every_picture_leaves_as_a_jpeg_of_its_own_size() -> None:
    for form in ("PNG", "WEBP", "JPEG"):
        found = inspect(picture_bytes("a", form=form))
        with Image.open(io.BytesIO(found.content)) as picture:
            assert picture.format == "JPEG"
            assert picture.size == (found.width, found.height) == (768, 512)


def test_what_is_no_picture_is_named() -> None:
    good = picture_bytes("a", form="JPEG")
    assert kind_of(b"<html>Bad gateway</html>") is FailureKind.BAD_ANSWER
    assert kind_of(b'{"error": "no"}') is FailureKind.BAD_ANSWER
    assert kind_of(b"") is FailureKind.BAD_ANSWER
    assert kind_of(good[: len(good) // 2]) is FailureKind.BAD_ANSWER
    assert kind_of(picture_bytes("a", size=(120, 90))) is FailureKind.WRONG_SIZE
    blank = blank_fault().content
    assert blank is not None
    assert kind_of(blank) is FailureKind.BLANK
    side = int(MOST_PIXELS**0.5) + 10
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert kind_of(out.getvalue()) is FailureKind.BOMB


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_inspection(content: bytes) -> None:
    with pytest.raises(InspectionError):
        inspect(content)


def test_the_same_view_is_known_though_it_was_compressed_again_or_mirrored() -> None:
    first = inspect(picture_bytes("a"))
    with Image.open(io.BytesIO(picture_bytes("a"))) as picture:
        out, mirrored = io.BytesIO(), io.BytesIO()
        picture.save(out, "JPEG", quality=40)
        flipped = Image.fromarray(np.asarray(picture)[:, ::-1])
        flipped.save(mirrored, "PNG")
    assert same_view(inspect(out.getvalue()), first, mirrored=False)
    assert not same_view(inspect(mirrored.getvalue()), first, mirrored=False)
    assert same_view(inspect(mirrored.getvalue()), first, mirrored=True)
    assert not same_view(inspect(picture_bytes("b")), first, mirrored=True)
