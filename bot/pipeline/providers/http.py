"""What do HTTP's statuses, headers and broken connections mean for a picture? One translation for all."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import httpx

from bot.pipeline.errors import FailureKind, ProviderError

MOST_BYTES = 40 * 2**20
_KINDS = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: FailureKind.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED: FailureKind.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED: FailureKind.QUOTA,
        HTTPStatus.FORBIDDEN: FailureKind.UNAUTHORIZED,
        HTTPStatus.NOT_FOUND: FailureKind.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT: FailureKind.TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS: FailureKind.RATE_LIMIT,
        HTTPStatus.GATEWAY_TIMEOUT: FailureKind.TIMEOUT,
    }
)
KINDS_OF_CODES: Mapping[str, FailureKind] = MappingProxyType(
    {
        "moderation_blocked": FailureKind.REFUSED,
        "content_policy_violation": FailureKind.REFUSED,
        "content_filtered": FailureKind.REFUSED,
        "insufficient_quota": FailureKind.QUOTA,
        "insufficient_balance": FailureKind.QUOTA,
        "billing_hard_limit_reached": FailureKind.QUOTA,
        "model_not_found": FailureKind.NOT_FOUND,
        "rate_limit_exceeded": FailureKind.RATE_LIMIT,
        "concurrency_limit_exceeded": FailureKind.RATE_LIMIT,
    }
)
"""What the codes in the bodies of answers mean, whoever sends them."""


def kind_of(status: int, code: str | None) -> FailureKind:
    """The kind of an answer that is no success; its code decides where the status is vague."""
    known = KINDS_OF_CODES.get(code or "")
    if known is not None:
        return known
    if status in _KINDS:
        return _KINDS[HTTPStatus(status)]
    return FailureKind.SERVER if status >= HTTPStatus.INTERNAL_SERVER_ERROR else FailureKind.BAD_REQUEST


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the header names, if it does; dates are not understood."""
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    provider: str,
    params: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The body of a GET, at most 40 MiB; raises ProviderError for everything else."""
    try:
        async with client.stream("GET", url, params=params, headers=headers) as answer:
            if not answer.is_success:
                await answer.aread()
                raise refusal(answer, provider=provider)
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise ProviderError(provider=provider, kind=FailureKind.BOMB, bought=True)
            return bytes(content)
    except httpx.ConnectTimeout as error:
        raise ProviderError(provider=provider, kind=FailureKind.UNREACHABLE) from error
    except httpx.TimeoutException as error:
        raise ProviderError(provider=provider, kind=FailureKind.TIMEOUT, bought=True) from error
    except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
        raise ProviderError(provider=provider, kind=FailureKind.UNREACHABLE) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderError(provider=provider, kind=FailureKind.BAD_ANSWER, bought=True) from error


def refusal(answer: httpx.Response, *, provider: str) -> ProviderError:
    """An answer without success as an error."""
    code = _code(answer)
    return ProviderError(
        provider=provider,
        kind=kind_of(answer.status_code, code),
        retry_after=retry_after(answer.headers),
        status=answer.status_code,
        code=code,
        # the maker behind the gateway may well have made it
        bought=answer.status_code == HTTPStatus.GATEWAY_TIMEOUT,
    )


def _code(answer: httpx.Response) -> str | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code[:60] if isinstance(code, str) else None
