"""What do answers that are no pictures mean, and when is a provider left alone?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx
import pytest

from bot.pipeline.breaker import Breaker
from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.providers.http import fetch, refusal
from bot.pipeline.retry_after import retry_after

KINDS = [
    (429, {"error": {"code": "insufficient_quota"}}, FailureKind.QUOTA),
    (429, {"error": {"code": "rate_limit_exceeded"}}, FailureKind.RATE_LIMIT),
    (429, {"error": {"code": None, "type": "insufficient_quota"}}, FailureKind.QUOTA),
    (429, {"error": "too many"}, FailureKind.RATE_LIMIT),
    (429, {"error": {"code": "concurrency_limit_exceeded"}}, FailureKind.RATE_LIMIT),
    (402, {"error": {"message": "balance"}}, FailureKind.QUOTA),
    (403, None, FailureKind.UNAUTHORIZED),
    (500, {"error": {"code": "INTERNAL_ERROR", "status": 403}}, FailureKind.UNAUTHORIZED),
    (500, {"status": 500, "error": {"code": "FORBIDDEN"}}, FailureKind.UNAUTHORIZED),
    (502, {"error": {"upstreamStatus": 429}}, FailureKind.RATE_LIMIT),
    (500, {"error": {"code": "server_error"}}, FailureKind.SERVER),
    (503, None, FailureKind.SERVER),
    (504, None, FailureKind.TIMEOUT),
    (524, None, FailureKind.TIMEOUT),
    (530, None, FailureKind.UNREACHABLE),
    (522, None, FailureKind.UNREACHABLE),
    (400, {"error": {"code": "moderation_blocked"}}, FailureKind.REFUSED),
    (400, {"error": {"code": "content_filter"}}, FailureKind.REFUSED),
    (400, {"error": {"code": "invalid_size"}}, FailureKind.BAD_REQUEST),
    (400, ["no", "object"], FailureKind.BAD_REQUEST),
    (404, {"error": {"code": "model_not_found"}}, FailureKind.NOT_FOUND),
    (401, {"code": "invalid_api_key"}, FailureKind.UNAUTHORIZED),
]


@pytest.mark.parametrize(("status", "body", "kind"), KINDS, ids=str)
def test_every_answer_has_a_kind(status: int, body: object, kind: FailureKind) -> None:
    answer = httpx.Response(status, json=body) if body else httpx.Response(status, text="<html>1033</html>")
    error = refusal(answer, answer.content, provider="p")
    assert error.kind is kind
    assert error.bought is (status in {504, 524})


NOW = "Thu, 26 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Thu, 26 Nov 2026 10:00:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Thu, 26 Nov 2026 09:00:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Thu, 26 Nov 2026 10:00:30", "date": NOW}, 30.0),
        ({"retry-after": "Thu, 26 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 26 Nov 2026 10:00:30 GMT", "date": "today"}, 30.0),
        ({"retry-after": "Fri, 27 Nov 2026 10:00:00 GMT"}, 3600.0),
        ({"retry-after": "Thu, 26 Nov 2026 09:59:59 GMT"}, None),
        ({"retry-after": "soon", "date": NOW}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_named_wait_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    here = parsedate_to_datetime(NOW).timestamp()
    assert retry_after(httpx.Headers(headers), now=lambda: here) == seconds


@pytest.mark.parametrize(
    ("error", "kind", "bought"),
    [
        (httpx.ConnectTimeout("c"), FailureKind.UNREACHABLE, False),
        (httpx.ConnectError("c"), FailureKind.UNREACHABLE, False),
        (httpx.ReadTimeout("r"), FailureKind.TIMEOUT, True),
        (httpx.RemoteProtocolError("cut"), FailureKind.BAD_ANSWER, True),
    ],
    ids=str,
)
async def test_broken_connections_have_a_kind(error: Exception, kind: FailureKind, bought: bool) -> None:
    def broken(_request: httpx.Request) -> httpx.Response:
        raise error

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken)) as client:
        with pytest.raises(ProviderError) as caught:
            await fetch(client, "http://127.0.0.1/x", provider="p")
    assert (caught.value.kind, caught.value.bought) == (kind, bought)


@dataclass(slots=True)
class Calls:
    """Calls through one breaker; `now` is its clock."""

    now: float = 0.0
    went_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def call(self, breaker: Breaker, name: str, ends: Callable[[], None], go: asyncio.Event) -> None:
        async with breaker.passed() as may:
            (self.went_out if may else self.refused).append(name)
            if may:
                await go.wait()
                ends()


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def breaker(calls: Calls) -> Breaker:
    breaker = Breaker(clock=lambda: calls.now)
    for _ in range(3):
        breaker.failed()
    return breaker


async def test_an_open_breaker_lets_nobody_out(calls: Calls, breaker: Breaker) -> None:
    assert breaker.seconds_open == 60
    await calls.call(breaker, "a", breaker.succeeded, asyncio.Event())
    assert calls.refused == ["a"]


async def test_exactly_one_tests_and_its_success_frees_the_others(calls: Calls, breaker: Breaker) -> None:
    calls.now, go = 61.0, asyncio.Event()
    tasks = [asyncio.ensure_future(calls.call(breaker, name, breaker.succeeded, go)) for name in "abc"]
    await asyncio.sleep(0)
    assert calls.went_out == ["a"]
    go.set()
    await asyncio.gather(*tasks)
    assert calls.went_out == ["a", "b", "c"]
    assert breaker.seconds_open == 0


async def test_the_failure_of_the_one_that_tests_refuses_the_others(calls: Calls, breaker: Breaker) -> None:
    calls.now, go = 61.0, asyncio.Event()
    go.set()
    await asyncio.gather(*(calls.call(breaker, name, breaker.failed, go) for name in "abc"))
    assert (calls.went_out, calls.refused) == (["a"], ["b", "c"])


async def test_a_test_that_says_nothing_hands_over_to_the_next(calls: Calls, breaker: Breaker) -> None:
    calls.now, go = 61.0, asyncio.Event()
    first = asyncio.ensure_future(calls.call(breaker, "a", breaker.succeeded, go))
    second = asyncio.ensure_future(calls.call(breaker, "b", breaker.succeeded, go))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    await asyncio.gather(first, second, return_exceptions=True)
    assert calls.went_out == ["a", "b"]
    assert breaker.seconds_open == 0
