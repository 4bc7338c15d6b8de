"""From the bytes of an answer to a decision: whatever a provider says, only the table's reasons lead into fallback."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import LONGEST_RETRY_AFTER, Outcome, interpret
from ideogram_operator.ideogram.prices import PriceTable
from ideogram_operator.ideogram.replies import BODY_LIMIT, Answer
from ideogram_operator.ideogram.requests import REFERENCE_PROMPT, probe_request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod, State, TargetMode
from ideogram_operator.runtime.probing.facts import Facts
from tests.hostile.policies import policy
from tests.hostile.strategies import MOMENTS, TEXTS, assert_clear, bounded, examples, hostile_bytes, mangled, written

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "ideo-canary-0123456789abcdef"
IMAGE = {"url": "https://ideogram.ai/x.png?exp=1&sig=2", "is_image_safe": True, "prompt": REFERENCE_PROMPT, "seed": 5}
GOOD: Final[Mapping[ProbeMethod, Any]] = {
    ProbeMethod.KEY_CHECK: {"models": [{"name": "V_2"}]},
    ProbeMethod.DRY_RUN: {"object": "price_quote", "usd_micros": 50_000, "upper_bound_usd_micros": 60_000},
    ProbeMethod.GENERATE: {"created": "2026-11-22T00:00:00Z", "data": [IMAGE, IMAGE]},
}
REFUSALS: Final = (
    {"error": f"wrong key {SECRET}", "reject_reason": "insufficient_funds", "detail": [{"loc": ["a"], "msg": "b"}]},
    {"error": "too many", "reject_reason": "inflight_limit"},
    {"error": {"message": "deep"}, "reject_reason": "feature_limit"},
)
LISTED: Final = {
    "inflight_limit",
    "insufficient_funds",
    "subscription_required",
    "daily_limit",
    "priority_credit_required",
}
STATUSES: Final = st.sampled_from(
    [
        *(100, 101, 200, 201, 204, 206, 226, 300, 301, 304),
        *range(400, 430),
        *(451, 500, 502, 503, 504, 511, 599, 600, 999),
    ]
)
ANSWERS: Final = (
    st.sampled_from(ProbeMethod).flatmap(lambda method: hostile_bytes(GOOD[method]))
    | st.sampled_from(REFUSALS).flatmap(hostile_bytes)
    | st.sampled_from([*GOOD.values(), *REFUSALS]).flatmap(lambda document: mangled(written(document).encode()))
)
RETRY_AFTER: Final = (
    st.none()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            *TEXTS,
            *MOMENTS,
            "Sun, 06 Nov 9999 08:49:37 -2359",
            "Sun, 06 Nov 0001 08:49:37 +2359",
            "1e5",
            "٣",
            "1_0",
            "+5",
        ]
    )
)
HUGE_NUMBER: Final = b'{"usd_micros": ' + b"9" * 4000 + b"}"
BEYOND_NUMBERS: Final = b'{"usd_micros": ' + b"9" * 5000 + b"}"
DEEP: Final = b'{"models": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
DEEP_REFUSAL: Final = b'{"reject_reason": "insufficient_funds", "error": ' + b'{"a":' * 8000 + b"1" + b"}" * 8001
ESCAPES: Final = b'{"error": "\\u001b[31m \\ud800 \\u202e ' + SECRET.encode() + b'", "reject_reason": "\\u0000"}'
TWICE: Final = b'{"reject_reason": "x", "models": 5, "models": []}'


def said(method: ProbeMethod, answer: Answer) -> Outcome:
    request = probe_request(
        base_url="https://api.ideogram.ai", key=ApiKey(SECRET), model="V_2_TURBO", method=method, timeout=10
    )
    return interpret(request, answer, NOW)


def state_after(outcome: Outcome, times: int) -> State:
    """Where the same outcome leads when it is all that is seen, so many times in a row."""
    facts, memory = Facts(), Memory(state=State.LIVE, since=NOW)
    for second in range(times):
        moment = NOW + timedelta(seconds=2 * second)
        facts.add(outcome, at=moment, fresh_for=60)
        memory = decide(policy(), memory, Observed(evidence=facts.all()), moment).memory
    return memory.state


def may_fall_back(method: ProbeMethod, answer: Answer) -> bool:
    """DESIGN.md §3, said once more without the operator's own reading of it: which answers speak against the API."""
    if 200 <= answer.status < 300:
        return True  # unless the body is the contract's: told by the health
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    reason = document.get("reject_reason") if isinstance(document, dict) else None
    if isinstance(reason, str) and reason in LISTED:
        return reason != "inflight_limit"
    if reason == "feature_limit":
        return method is ProbeMethod.GENERATE or answer.status >= 500 or answer.status < 400
    if answer.status in {401, 402, 403} or answer.status >= 500 or answer.status < 400:
        return True
    return method is ProbeMethod.GENERATE and answer.status != 429


@given(method=st.sampled_from(ProbeMethod), status=STATUSES, body=ANSWERS, retry_after=RETRY_AFTER, big=st.booleans())
@example(method=ProbeMethod.DRY_RUN, status=200, body=HUGE_NUMBER, retry_after=None, big=False)
@example(method=ProbeMethod.DRY_RUN, status=200, body=BEYOND_NUMBERS, retry_after=None, big=False)
@example(method=ProbeMethod.KEY_CHECK, status=200, body=DEEP, retry_after=None, big=False)
@example(method=ProbeMethod.DRY_RUN, status=400, body=DEEP_REFUSAL, retry_after="9" * 400, big=False)
@example(method=ProbeMethod.DRY_RUN, status=429, body=ESCAPES, retry_after=MOMENTS[0], big=False)
@example(method=ProbeMethod.KEY_CHECK, status=200, body=TWICE, retry_after=None, big=False)
@examples(250)
def test_only_a_reason_of_the_table_leads_into_fallback(
    method: ProbeMethod, status: int, body: bytes, retry_after: str | None, big: bool
) -> None:
    answer = Answer(
        status=status,
        body=body[:BODY_LIMIT],
        oversized=big or len(body) > BODY_LIMIT,
        retry_after=retry_after,
        latency=0.2,
    )
    with bounded():
        outcome = said(method, answer)
    assert_clear(outcome.message, longest=300, secrets=(SECRET, SECRET[:8], "blue dot"))
    assert outcome.retry_after is None or 0 < outcome.retry_after <= LONGEST_RETRY_AFTER
    assert (outcome.cause is None) == (outcome.health is Health.HEALTHY)
    once, often = state_after(outcome, 1), state_after(outcome, 6)
    assert once in {State.LIVE, State.SUSPECT} or outcome.cause is Cause.CREDITS
    if outcome.health is Health.HEALTHY:
        assert 200 <= status < 300
    if often is State.FALLBACK:
        assert outcome.health is Health.DOWN
        assert may_fall_back(method, answer)
    if outcome.health in {Health.HEALTHY, Health.UNKNOWN}:
        assert often is State.LIVE


@given(method=st.sampled_from(ProbeMethod), status=STATUSES, body=ANSWERS)
@examples(200)
def test_nothing_of_an_answer_moves_an_integration_that_only_observes_to_tell_targets(
    method: ProbeMethod, status: int, body: bytes
) -> None:
    """What is told to targets follows from the decision alone: an answer that is Unknown asks nothing of anybody."""
    outcome = said(method, Answer(status=status, body=body[:BODY_LIMIT], latency=0.1))
    facts = Facts()
    facts.add(outcome, at=NOW, fresh_for=60)
    decision = decide(policy(), Memory(state=State.LIVE, since=NOW), Observed(evidence=facts.all()), NOW)
    if outcome.health is Health.UNKNOWN:
        assert decision.wanted is TargetMode.LIVE


@pytest.mark.parametrize("body", [HUGE_NUMBER, b'{"usd_micros": 0}', b'{"usd_micros": 1e3}', b'{"usd_micros": NaN}'])
@pytest.mark.parametrize("model", ["V_2_TURBO", "ideogram-4-5", "unheard-of"])
def test_a_quote_beyond_all_sense_is_a_price_or_none(body: bytes, model: str) -> None:
    outcome = said(ProbeMethod.DRY_RUN, Answer(status=200, body=body, latency=0.1))
    price = PriceTable().price(model, outcome.quote)
    assert price.is_finite()
    assert price >= 0


@pytest.mark.parametrize(
    "body", [DEEP, DEEP_REFUSAL, BEYOND_NUMBERS, b'"' + b"\\u0000" * 10_000 + b'"', b"[1," * 20_000]
)
@pytest.mark.parametrize("status", [200, 400, 429])
def test_the_largest_answers_cost_little(body: bytes, status: int) -> None:
    with bounded(seconds=2, mebibytes=24):
        for method in ProbeMethod:
            said(method, Answer(status=status, body=body[:BODY_LIMIT], latency=0.1))


def test_an_error_of_64_kibibytes_is_cleaned_in_good_time() -> None:
    for text in (SECRET[:7] * 9000, SECRET * 2500, "\x1b" * 60_000, " " * 60_000):
        body = json.dumps({"error": text[:60_000]}).encode()
        with bounded(seconds=2):
            outcome = said(ProbeMethod.DRY_RUN, Answer(status=400, body=body, latency=0.1))
        assert_clear(outcome.message, longest=300, secrets=(SECRET, SECRET[:8]))
