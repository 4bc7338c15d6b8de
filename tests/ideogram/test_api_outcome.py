import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import Outcome, interpret
from ideogram_operator.ideogram.replies import Answer, Failure, FailureKind, Reply
from ideogram_operator.ideogram.requests import REFERENCE_PROMPT, probe_request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "ideo-canary-0123456789abcdef"
FREE = (ProbeMethod.KEY_CHECK, ProbeMethod.DRY_RUN)
QUOTE = {"object": "price_quote", "usd_micros": 50_000, "qualifier": "exact"}
IMAGE = {"url": "https://ideogram.ai/x.png?exp=1&sig=2", "is_image_safe": True, "prompt": REFERENCE_PROMPT}
GOOD: dict[ProbeMethod, Any] = {
    ProbeMethod.KEY_CHECK: {"models": []},
    ProbeMethod.DRY_RUN: QUOTE,
    ProbeMethod.GENERATE: {"created": "2026-11-22T00:00:00Z", "data": [IMAGE]},
}


def said(method: ProbeMethod, reply: Reply) -> Outcome:
    request = probe_request(
        base_url="https://api.ideogram.ai", key=ApiKey(SECRET), model="V_2_TURBO", method=method, timeout=10
    )
    return interpret(request, reply, NOW)


def answered(
    method: ProbeMethod, status: int, body: Any = None, *, oversized: bool = False, retry_after: str | None = None
) -> Outcome:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return said(method, Answer(status=status, body=raw, latency=0.2, oversized=oversized, retry_after=retry_after))


@pytest.mark.parametrize("method", ProbeMethod)
@pytest.mark.parametrize(
    ("status", "body", "health", "cause"),
    [
        (429, None, Health.DEGRADED, Cause.RATE_LIMITED),
        (429, {"reject_reason": "inflight_limit", "error": "slow down"}, Health.DEGRADED, Cause.RATE_LIMITED),
        (403, {"reject_reason": "inflight_limit"}, Health.DEGRADED, Cause.RATE_LIMITED),
        (401, b"no", Health.DOWN, Cause.CREDENTIALS),
        (403, None, Health.DOWN, Cause.CREDENTIALS),
        (402, None, Health.DOWN, Cause.CREDITS),
        (429, {"reject_reason": "insufficient_funds"}, Health.DOWN, Cause.CREDITS),
        (403, {"reject_reason": "subscription_required"}, Health.DOWN, Cause.CREDITS),
        (400, {"reject_reason": "daily_limit"}, Health.DOWN, Cause.CREDITS),
        (403, {"reject_reason": "priority_credit_required"}, Health.DOWN, Cause.CREDITS),
        (429, {"reject_reason": ["not", "text"]}, Health.DEGRADED, Cause.RATE_LIMITED),
        (401, {"reject_reason": "something new"}, Health.DOWN, Cause.CREDENTIALS),
        (500, None, Health.DOWN, Cause.PROVIDER),
        (503, b"\xff\xfe", Health.DOWN, Cause.PROVIDER),
        (599, None, Health.DOWN, Cause.PROVIDER),
        (301, None, Health.DOWN, Cause.PROVIDER),
        (307, None, Health.DOWN, Cause.PROVIDER),
        (200, b"<html>log in to the wireless</html>", Health.DOWN, Cause.PROVIDER),
        (204, None, Health.DOWN, Cause.PROVIDER),
        (200, [], Health.DOWN, Cause.PROVIDER),
        (200, {}, Health.DOWN, Cause.PROVIDER),
        (200, b"[" * 60_000, Health.DOWN, Cause.PROVIDER),
    ],
)
def test_the_table_row_by_row(method: ProbeMethod, status: int, body: Any, health: Health, cause: Cause) -> None:
    outcome = answered(method, status, body)
    assert (outcome.health, outcome.cause, outcome.http_status) == (health, cause, status)
    assert f"HTTP {status}" in outcome.message
    assert "api.ideogram.ai" in outcome.message


@pytest.mark.parametrize("status", [400, 404, 405, 409, 415, 422, 451])
@pytest.mark.parametrize("method", ProbeMethod)
def test_a_status_without_a_row_is_rejected_only_by_the_reference_check(method: ProbeMethod, status: int) -> None:
    outcome = answered(method, status, {"error": "model is gone"})
    expected = (Health.UNKNOWN, Cause.PROBE_UNSUPPORTED) if method in FREE else (Health.DOWN, Cause.REJECTED)
    assert (outcome.health, outcome.cause) == expected
    assert outcome.message == f"HTTP {status} from api.ideogram.ai: model is gone"


def test_a_feature_limit_is_not_a_wrong_key() -> None:
    assert answered(ProbeMethod.DRY_RUN, 403, {"reject_reason": "feature_limit"}).cause is Cause.PROBE_UNSUPPORTED
    assert answered(ProbeMethod.GENERATE, 403, {"reject_reason": "feature_limit"}).cause is Cause.REJECTED


@pytest.mark.parametrize("method", ProbeMethod)
def test_the_contracts_body_is_healthy(method: ProbeMethod) -> None:
    outcome = answered(method, 200, GOOD[method])
    assert (outcome.health, outcome.cause, outcome.latency) == (Health.HEALTHY, None, 0.2)


@pytest.mark.parametrize("method", ProbeMethod)
def test_a_body_over_the_limit_is_a_broken_answer(method: ProbeMethod) -> None:
    assert answered(method, 200, GOOD[method], oversized=True).cause is Cause.PROVIDER


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        ["x"],
        [{"url": "https://x"}],
        [{"url": None, "is_image_safe": True}],
        [{"url": 5, "is_image_safe": True}],
        [IMAGE, {}],
        {"url": "https://x", "is_image_safe": True},
    ],
)
def test_a_generation_without_its_images_is_broken(data: Any) -> None:
    assert answered(ProbeMethod.GENERATE, 200, {"data": data}).cause is Cause.PROVIDER


@pytest.mark.parametrize("url", [None, ""])
def test_an_image_that_failed_the_safety_review_is_no_outage(url: str | None) -> None:
    outcome = answered(ProbeMethod.GENERATE, 200, {"data": [{"url": url, "is_image_safe": False}]})
    assert outcome.health is Health.HEALTHY
    assert [(image.url, image.safe) for image in outcome.images] == [(None, False)]


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        (QUOTE, "0.05"),
        ({**QUOTE, "qualifier": "estimate", "upper_bound_usd_micros": 80_000}, "0.08"),
        ({**QUOTE, "upper_bound_usd_micros": None}, "0.05"),
        ({"usd_micros": 0}, "0"),
    ],
)
def test_a_dry_run_quotes_its_price(body: Any, quote: str) -> None:
    assert answered(ProbeMethod.DRY_RUN, 200, body).quote == Decimal(quote)


@pytest.mark.parametrize("micros", [None, -1, True, 1.5, "50000"])
def test_a_dry_run_without_a_price_is_broken(micros: Any) -> None:
    assert answered(ProbeMethod.DRY_RUN, 200, {"usd_micros": micros}).cause is Cause.PROVIDER


@pytest.mark.parametrize(
    ("kind", "detail", "message"),
    [
        (FailureKind.TIMEOUT, "", "no answer from api.ideogram.ai within 10 s"),
        (FailureKind.REFUSED, "", "connection refused by api.ideogram.ai"),
        (FailureKind.NAME, "", "the name of api.ideogram.ai does not resolve"),
        (FailureKind.TLS, "certificate has expired", "TLS with api.ideogram.ai failed: certificate has expired"),
        (FailureKind.RESET, "", "the connection to api.ideogram.ai broke off"),
        (FailureKind.PROTOCOL, "", "the answer of api.ideogram.ai is not HTTP"),
        (FailureKind.PROXY, "", "the proxy refused a connection to api.ideogram.ai"),
        (FailureKind.UNREACHABLE, "", "no connection to api.ideogram.ai"),
    ],
)
def test_no_answer_is_the_providers_fault(kind: FailureKind, detail: str, message: str) -> None:
    outcome = said(ProbeMethod.DRY_RUN, Failure(kind=kind, detail=detail, latency=3))
    assert (outcome.health, outcome.cause, outcome.http_status) == (Health.DOWN, Cause.PROVIDER, None)
    assert outcome.message == message


def test_an_exhausted_pool_of_our_own_is_not_an_outage() -> None:
    outcome = said(ProbeMethod.DRY_RUN, Failure(kind=FailureKind.OURSELVES, latency=5))
    assert (outcome.health, outcome.cause) == (Health.UNKNOWN, Cause.OWN_NETWORK)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30),
        (" 7 ", 7),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("²", None),
        ("9" * 30, 120),
        (format_datetime(NOW + timedelta(seconds=90)), 90),
        (format_datetime((NOW + timedelta(seconds=90)).replace(tzinfo=None)), 90),
        (format_datetime(NOW - timedelta(days=1)), None),
    ],
)
def test_retry_after_is_read_in_both_its_forms_and_bounded(header: str | None, seconds: float | None) -> None:
    assert answered(ProbeMethod.DRY_RUN, 429, retry_after=header).retry_after == seconds


@given(
    method=st.sampled_from(ProbeMethod),
    status=st.integers(min_value=100, max_value=999),
    body=st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda reason, error: json.dumps({"reject_reason": reason, "error": error}).encode(),
            st.one_of(st.none(), st.text(max_size=30), st.integers()),
            st.one_of(st.none(), st.text(max_size=500), st.just(f"bad key {SECRET} for {REFERENCE_PROMPT}")),
        ),
    ),
    retry_after=st.one_of(st.none(), st.text(max_size=40)),
)
@settings(deadline=None)
def test_any_answer_says_something_harmless(
    method: ProbeMethod, status: int, body: bytes, retry_after: str | None
) -> None:
    outcome = said(method, Answer(status=status, body=body, latency=0.1, retry_after=retry_after))
    assert outcome.message.isprintable()
    assert len(outcome.message) <= 260
    assert SECRET[:8] not in outcome.message
    assert "blue dot" not in outcome.message
    assert (outcome.cause is None) == (outcome.health is Health.HEALTHY)
    assert outcome.health is not Health.HEALTHY or 200 <= status < 300
