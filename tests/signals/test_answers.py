"""What Prometheus may answer, and what anything else that speaks HTTP may."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.services.web import Page
from ideogram_operator.signals.answers import Answer, read_answer
from ideogram_operator.signals.results import SignalError
from tests.signals.servers import answer, vector

PLACE = "Prometheus at prometheus.shop.svc:9090"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(body: bytes, *, status: int = 200) -> Answer:
    return read_answer(
        Page(status=status, media_type="application/json", body=body), place=PLACE, asked="query generations"
    )


def refused(kind: str, error: str = "") -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": error}).encode()


@pytest.mark.parametrize(
    ("body", "series", "total", "largest"),
    [
        (vector(), 0, None, None),
        (vector("3"), 1, 3, 3),
        (vector("3", "4.5"), 2, 7.5, 4.5),
        (vector("0"), 1, 0, 0),
        (vector("NaN"), 1, None, None),
        (vector("+Inf", "-Inf"), 2, None, None),
        (vector("NaN", "2"), 2, 2, 2),
        (vector("1e308", "1e308"), 2, None, 1e308),
        (answer("scalar", [1.5, "7"]), 1, 7, 7),
        (answer("scalar", [1, "NaN"]), 1, None, None),
        (answer("vector", [{"metric": {}, "histogram": [1, {"count": "3"}]}]), 1, None, None),
        (answer("vector", [{"metric": {}, "value": [1, "0"]}], warnings=["a store is down"]), 1, None, 0),
        (answer("vector", [{"metric": {}, "value": [1, "0"]}], isPartial=True), 1, None, 0),
        (answer("vector", [{"metric": {}, "value": [1, "2"]}], warnings=["a store is down"]), 1, 2, 2),
    ],
)
def test_series_are_counted_and_their_numbers_added_up(
    body: bytes, series: int, total: float | None, largest: float | None
) -> None:
    seen = read(body)
    assert (seen.series, seen.total, seen.largest) == (series, total, largest)


@pytest.mark.parametrize(
    ("body", "status", "message", "hint"),
    [
        (
            refused("bad_data", '1:14: parse error: unexpected identifier "b"'),
            400,
            f'{PLACE} refuses the query generations: bad_data at 1:14: parse error: unexpected identifier "b"',
            "Correct spec.traffic.prometheus: the matchers",
        ),
        (refused("execution", "many-to-many"), 422, f"{PLACE} refuses the query generations: execution", "Correct"),
        (refused("timeout"), 503, f"{PLACE} refuses the query generations: timeout", "Look at the load"),
        (refused("internal"), 500, f"{PLACE} refuses the query generations: internal", ""),
        (refused("sk-secret"), 200, f"{PLACE} refuses the query generations: an error of no known kind", ""),
        (b"", 503, f"{PLACE} answers HTTP 503", "Check spec.traffic.prometheus.url"),
        (b"<html>", 404, f"{PLACE} answers HTTP 404", "Check spec.traffic.prometheus.url"),
        (b"", 302, f"{PLACE} answers HTTP 302", "Check spec.traffic.prometheus.url"),
        (b"", 401, f"{PLACE} answers HTTP 401", "Give spec.traffic.prometheus.url an address that asks for no"),
        (vector("1"), 500, f"{PLACE} answers HTTP 500", "Check"),
        (answer("matrix", []), 200, "the query generations gives a matrix, which is not a number", "Correct"),
        (answer("string", [1, "x"]), 200, "the query generations gives a string, which is not a number", "Correct"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(body: bytes, status: int, message: str, hint: str) -> None:
    with pytest.raises(SignalError) as caught:
        read(body, status=status)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)
    assert not caught.value.untried


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><title>Sign in</title></html>",
        b"[]",
        b'"success"',
        b"{}",
        b'{"status": "success"}',
        b'{"status": "success", "data": []}',
        b'{"data": {"resultType": "vector", "result": []}}',
        b"[" * 100_000,
        b'{"status": "success", "data": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\xfa",
        answer("vector", {}),
        answer("vector", ["3"]),
        answer("vector", [{"metric": {}}]),
        answer("vector", [{"value": [1, 2]}]),
        answer("vector", [{"value": ["1", "2"]}]),
        answer("vector", [{"value": [1, "two"]}]),
        answer("vector", [{"value": [1]}]),
        answer("scalar", ["x"]),
        answer("table", []),
        answer("vector", None),
    ],
)
def test_anything_else_is_not_taken_for_an_answer(body: bytes) -> None:
    with pytest.raises(SignalError, match=f"^{PLACE} answers with something that is not an answer of Prometheus$"):
        read(body)


def test_a_stranger_s_words_do_not_get_into_messages() -> None:
    with pytest.raises(SignalError) as caught:
        read(refused("bad_data", "password=hunter2 in query"), status=400)
    assert "hunter2" not in caught.value.message + caught.value.hint


@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()), status=st.sampled_from([200, 400, 503]))
def test_any_body_is_an_answer_or_a_clear_error(body: bytes, status: int) -> None:
    expect_value_or_error(body, status)


@given(
    kind=st.sampled_from(["vector", "scalar", "matrix", "string"]) | JSON,
    result=JSON | st.lists(st.fixed_dictionaries({"value": st.tuples(st.integers(), st.text() | JSON)})),
    more=st.fixed_dictionaries({}, optional={"warnings": JSON, "errorType": JSON, "status": JSON, "error": JSON}),
)
def test_any_content_in_the_right_form_is_an_answer_or_a_clear_error(kind: Any, result: Any, more: Any) -> None:
    document = {"status": "success", "data": {"resultType": kind, "result": result}} | more
    expect_value_or_error(json.dumps(document).encode(), 200)


def expect_value_or_error(body: bytes, status: int) -> None:
    try:
        seen = read(body, status=status)
    except SignalError as error:
        assert error.message.isprintable()  # noqa: PT017 - either is right, and each is looked at
        assert len(error.message) < 300  # noqa: PT017
    else:
        assert seen.total is None or math.isfinite(seen.total)
