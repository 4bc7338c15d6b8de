"""From a reply to health: DESIGN.md §3's table, row by row.

``reject_reason`` decides where the answer has one; the status code decides otherwise. A status for which the table
has no row is reported with its number and never guessed around.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from ideogram_operator.ideogram.bodies import Body, BrokenBodyError, Image, UnflaggedImageError, json_object, parse
from ideogram_operator.ideogram.redaction import harmless
from ideogram_operator.ideogram.replies import Answer, Failure, FailureKind, Reply
from ideogram_operator.ideogram.requests import REFERENCE_PROMPT, Request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod

LONGEST_RETRY_AFTER: Final = 120.0
"""Seconds: whoever asks for more would keep an outage from being seen."""

_REASONS: Final[Mapping[str, Cause]] = {
    "inflight_limit": Cause.RATE_LIMITED,
    "insufficient_funds": Cause.CREDITS,
    "subscription_required": Cause.CREDITS,
    "daily_limit": Cause.CREDITS,
    "priority_credit_required": Cause.CREDITS,
}
_UNLISTED: Final = "feature_limit"
_STATUSES: Final[Mapping[int, Cause]] = {
    HTTPStatus.TOO_MANY_REQUESTS: Cause.RATE_LIMITED,
    HTTPStatus.UNAUTHORIZED: Cause.CREDENTIALS,
    HTTPStatus.FORBIDDEN: Cause.CREDENTIALS,
    HTTPStatus.PAYMENT_REQUIRED: Cause.CREDITS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one probe found.

    Attributes:
        method: how it asked.
        health: what it says about the API.
        cause: why it is not good; None for Healthy only.
        message: one sentence with host and fact; never a key, a prompt or a raw body.
        latency: seconds until the answer or the lack of one was known.
        http_status: None without an answer.
        retry_after: seconds for which the server asked to be left alone.
        quote: a dry run's price in USD.
        images: what a generation made.
        unflagged: whether it made an image that does not say whether it is safe.
    """

    method: ProbeMethod
    health: Health
    cause: Cause | None = None
    message: str
    latency: float
    http_status: int | None = None
    retry_after: float | None = None
    quote: Decimal | None = None
    images: tuple[Image, ...] = ()
    unflagged: bool = False


def interpret(request: Request, reply: Reply, now: datetime) -> Outcome:
    """What ``reply`` to a probe says.

    Args:
        request: as built by :func:`~ideogram_operator.ideogram.requests.probe_request`.
        reply: as given by a sender.
        now: UTC, for a ``Retry-After`` that is a date.

    Raises:
        ValueError: the request is no probe.
    """
    if request.method is None:
        raise ValueError("only a probe's reply says something about the API")
    if isinstance(reply, Failure):
        return _failed(request, request.method, reply)
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return _accepted(request, request.method, reply)
    return _refused(request, request.method, reply, now)


def _failed(request: Request, method: ProbeMethod, failure: Failure) -> Outcome:
    ours = failure.kind is FailureKind.OURSELVES
    return Outcome(
        method=method,
        health=Health.UNKNOWN if ours else Health.DOWN,
        cause=Cause.OWN_NETWORK if ours else Cause.PROVIDER,
        message=_told(request, failure),
        latency=failure.latency,
    )


def _told(request: Request, failure: Failure) -> str:
    fact = failure.kind.value.format(host=request.host)
    if failure.kind is FailureKind.TIMEOUT:
        return f"{fact} within {request.timeout:g} s"
    return f"{fact}: {_clean(request, failure.detail)}" if failure.detail else fact


def _accepted(request: Request, method: ProbeMethod, answer: Answer) -> Outcome:
    try:
        body = _parsed(method, answer)
    except BrokenBodyError as broken:
        message = f"broken answer from {request.host}: HTTP {answer.status} with {broken}"
        unflagged = isinstance(broken, UnflaggedImageError)
        return replace(_not_good(method, answer, Cause.PROVIDER, message), unflagged=unflagged)
    return Outcome(
        method=method,
        health=Health.HEALTHY,
        message=f"HTTP {answer.status} from {request.host}",
        latency=answer.latency,
        http_status=answer.status,
        quote=body.quote,
        images=body.images,
    )


def _parsed(method: ProbeMethod, answer: Answer) -> Body:
    if answer.oversized:
        raise BrokenBodyError("a body over 64 KiB")
    return parse(method, answer.body)


def _refused(request: Request, method: ProbeMethod, answer: Answer, now: datetime) -> Outcome:
    reason, error = _explained(answer)
    cause = _cause(method, answer.status, reason)
    said = _clean(request, ": ".join(part for part in (reason, error) if part))
    message = f"HTTP {answer.status} from {request.host}" + (f": {said}" if said else "")
    return replace(_not_good(method, answer, cause, message), retry_after=_retry_after(answer.retry_after, now))


def _not_good(method: ProbeMethod, answer: Answer, cause: Cause, message: str) -> Outcome:
    return Outcome(
        method=method,
        health={Cause.RATE_LIMITED: Health.DEGRADED, Cause.PROBE_UNSUPPORTED: Health.UNKNOWN}.get(cause, Health.DOWN),
        cause=cause,
        message=message,
        latency=answer.latency,
        http_status=answer.status,
    )


def _cause(method: ProbeMethod, status: int, reason: str) -> Cause:
    listed = _REASONS.get(reason)
    if listed is None and reason != _UNLISTED:
        listed = _STATUSES.get(status)
    if listed is not None:
        return listed
    broken = status < HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if broken:
        return Cause.PROVIDER
    # A free check's route may differ from the application's: only the reference check may say that it is rejected.
    return Cause.REJECTED if method is ProbeMethod.GENERATE else Cause.PROBE_UNSUPPORTED


def _explained(answer: Answer) -> tuple[str, str]:
    document = json_object(answer.body) or {}
    reason, error = document.get("reject_reason"), document.get("error")
    return reason if isinstance(reason, str) else "", error if isinstance(error, str) else ""


def _clean(request: Request, text: str) -> str:
    secrets = [REFERENCE_PROMPT] if request.key is None else [request.key.reveal(), REFERENCE_PROMPT]
    return harmless(text, secrets)


def _retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the header (RFC 9110 §10.2.3); None if it is absent, past or nonsense."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None
