"""What do HTTP's statuses, headers and broken connections mean for a picture? One translation for all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import httpx

from bot.pipeline.errors import FailureKind, ProviderError
from bot.pipeline.retry_after import retry_after

_INNER = ("status", "statusCode", "upstreamStatus", "code")
_REFUSED, _FAILED = 400, 500
MOST_BYTES = 40 * 2**20
_KINDS: Mapping[int, FailureKind] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: FailureKind.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED: FailureKind.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED: FailureKind.QUOTA,
        HTTPStatus.FORBIDDEN: FailureKind.UNAUTHORIZED,
        HTTPStatus.NOT_FOUND: FailureKind.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT: FailureKind.TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS: FailureKind.RATE_LIMIT,
        HTTPStatus.GATEWAY_TIMEOUT: FailureKind.TIMEOUT,
        # Cloudflare's own: the server behind it is down, not reached, slow, or its tunnel is gone (1033)
        521: FailureKind.UNREACHABLE,
        522: FailureKind.UNREACHABLE,
        523: FailureKind.UNREACHABLE,
        524: FailureKind.TIMEOUT,
        530: FailureKind.UNREACHABLE,
    }
)
_MADE_PERHAPS = frozenset({HTTPStatus.GATEWAY_TIMEOUT, 524})
"""The maker behind the gateway may well have made it."""
KINDS_OF_CODES: Mapping[str, FailureKind] = MappingProxyType(
    {
        "moderation_blocked": FailureKind.REFUSED,
        "content_policy_violation": FailureKind.REFUSED,
        "content_filtered": FailureKind.REFUSED,
        "content_filter": FailureKind.REFUSED,
        "invalid_api_key": FailureKind.UNAUTHORIZED,
        "unauthorized": FailureKind.UNAUTHORIZED,
        "forbidden": FailureKind.UNAUTHORIZED,
        "payment_required": FailureKind.QUOTA,
        "insufficient_quota": FailureKind.QUOTA,
        "insufficient_balance": FailureKind.QUOTA,
        "billing_hard_limit_reached": FailureKind.QUOTA,
        "model_not_found": FailureKind.NOT_FOUND,
        "rate_limit_exceeded": FailureKind.RATE_LIMIT,
        "concurrency_limit_exceeded": FailureKind.RATE_LIMIT,
    }
)
"""What the codes in the bodies of answers mean, whoever sends them."""


def kind_of(status: int, code: str | None, inner: int | None = None) -> FailureKind:
    """The kind of an answer that is no success.

    Its code decides where the status is vague, and so does the `inner` status, which a gateway names
    when it wraps another server's refusal in a failure of its own.
    """
    known = KINDS_OF_CODES.get((code or "").lower())
    if known is not None:
        return known
    if inner is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        status = inner
    if status in _KINDS:
        return _KINDS[status]
    return FailureKind.SERVER if status >= HTTPStatus.INTERNAL_SERVER_ERROR else FailureKind.BAD_REQUEST


def made_perhaps(status: int) -> bool:
    """Whether a picture may have been made, and charged, behind an answer of that status."""
    return status in _MADE_PERHAPS


def told_by(body: object) -> tuple[str | None, int | None]:
    """The code and the inner status that a decoded body of an error names, if it does.

    A code stands in `error.code` or `code`; the inner status in `status`, of the error or of the whole.
    """
    if not isinstance(body, dict):
        return None, None
    error = body.get("error")
    parts = (error, body) if isinstance(error, dict) else (body,)
    codes = [part[name] for part in parts for name in ("code", "type") if isinstance(part.get(name), str)]
    known = next((code for code in codes if code.lower() in KINDS_OF_CODES), None)
    code = known or (codes[0] if codes else None)
    statuses = [part[name] for part in parts for name in _INNER if isinstance(part.get(name), int)]
    inner = next((status for status in statuses if _REFUSED <= status < _FAILED), None)
    return (code[:60] if code else None), inner


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
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise ProviderError(provider=provider, kind=FailureKind.BOMB, bought=answer.is_success)
            if not answer.is_success:
                raise refusal(answer, content, provider=provider)
            return bytes(content)
    except httpx.ConnectTimeout as error:
        raise ProviderError(provider=provider, kind=FailureKind.UNREACHABLE) from error
    except httpx.TimeoutException as error:
        raise ProviderError(provider=provider, kind=FailureKind.TIMEOUT, bought=True) from error
    except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
        raise ProviderError(provider=provider, kind=FailureKind.UNREACHABLE) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderError(provider=provider, kind=FailureKind.BAD_ANSWER, bought=True) from error


def refusal(answer: httpx.Response, content: bytes | bytearray, *, provider: str) -> ProviderError:
    """An answer without success, and what it holds, as an error."""
    code, inner = _told(content)
    return ProviderError(
        provider=provider,
        kind=kind_of(answer.status_code, code, inner),
        retry_after=retry_after(answer.headers),
        status=answer.status_code,
        code=code,
        bought=made_perhaps(answer.status_code),
    )


def _told(content: bytes | bytearray) -> tuple[str | None, int | None]:
    try:
        return told_by(json.loads(content))
    except (ValueError, RecursionError):
        return None, None
