"""Pages of metrics, as applications serve them and as anything else might."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as as_text
from prometheus_client.openmetrics.exposition import generate_latest as as_openmetrics

from ideogram_operator.signals.exposition import read_exposition
from ideogram_operator.signals.results import SignalError
from ideogram_operator.signals.vocabulary import DURATIONS, EXPECTED, GENERATIONS

PLACE = "pod storefront-1 on port 9090"
STATUSES = ["success", "error", "rate_limited", "safety_rejected"]
NASTY = st.text(max_size=8) | st.sampled_from(['"', "\\", "\n", "}", " # {", ",", "{", "\u2028"])


def page(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("body", "series", "rate_limited"),
    [
        (b"", [], None),
        (b"\n\n", [], None),
        (page("# just a comment"), [], None),
        (page("up 1"), [], None),
        (page(f'{GENERATIONS}{{status="success"}} 3'), [GENERATIONS], 0),
        (page(f'{GENERATIONS}{{status="rate_limited"}} 3'), [GENERATIONS], 3),
        (page(f'{GENERATIONS} {{status="rate_limited"}} 3'), [GENERATIONS], 3),
        (page(*(f'{GENERATIONS}{{status="rate_limited",model="{n}"}} 2' for n in "ab")), [GENERATIONS], 4),
        (page(f"{GENERATIONS} 3"), [GENERATIONS], None),
        (page(f'{GENERATIONS}{{status=""}} 3'), [GENERATIONS], None),
        (page(f'{GENERATIONS}{{status="rate_limited"}} NaN'), [GENERATIONS], None),
        (page(f'{DURATIONS}{{le="2"}} 0'), [DURATIONS], None),
        (page(f'{GENERATIONS}{{status="success"}} 1', f'{DURATIONS}{{le="+Inf"}} 1'), [*EXPECTED], 0),
        (page(f'{GENERATIONS}_more{{status="rate_limited"}} 3'), [], None),
        (page(f'my_{GENERATIONS}{{status="rate_limited"}} 3'), [], None),
        (page("ideogram_generation_duration_seconds_count 3"), [], None),
        (page(f'{{"{GENERATIONS}", status="rate_limited"}} 3'), [GENERATIONS], 3),
        (page(f'  {GENERATIONS}{{status="rate_limited"}} 3 1700000000000'), [GENERATIONS], 3),
        (page(f'{GENERATIONS}{{status="rate_limited"}} 3 # {{trace="x}}y"}} 1 1.5', "# EOF"), [GENERATIONS], 3),
        (page(f'a{{note="{GENERATIONS}"}} 1', f"# HELP {GENERATIONS} of nothing"), [], None),
        (page('a{note="line\u2028separated"} 1'), [], None),
        (b'a{note="\xff"} 1\n', [], None),
    ],
)
def test_the_expected_series_are_found_and_rate_limits_added_up(
    body: bytes, series: list[str], rate_limited: float | None
) -> None:
    seen = read_exposition(body, place=PLACE)
    assert (seen.series, seen.rate_limited) == (frozenset(series), rate_limited)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><p>Hello",
        b'{"status": "ok"}',
        b"OK",
        b"All is well",
        b'"metrics"',
        b"404 page not found",
        b"\x00\x01",
    ],
)
def test_what_is_no_page_of_metrics_is_said_so(body: bytes) -> None:
    with pytest.raises(SignalError, match=f"^{PLACE} answers with something that is not a page of metrics$") as caught:
        read_exposition(body, place=PLACE)
    assert caught.value.hint.startswith("Check spec.traffic.pods")


@pytest.mark.parametrize(
    "line",
    [
        f'{GENERATIONS}{{status="success" 1',
        f"{GENERATIONS}{{status=success}} 1",
        f"{GENERATIONS} one",
        f"{GENERATIONS}{{status='success'}} 1",
        f'{GENERATIONS}{{status="{"x" * 5000}"}} 1',
        f"{GENERATIONS} {'9' * 400}",
    ],
)
def test_a_line_of_generations_that_cannot_be_read_is_a_fault_of_the_application(line: str) -> None:
    with pytest.raises(SignalError, match=f"^{PLACE} answers with metrics that cannot be read$"):
        read_exposition(page("up 1", line), place=PLACE)


def test_too_many_series_are_refused_rather_than_added_up_in_part() -> None:
    body = page(*(f'{GENERATIONS}{{user="{number}"}} 1' for number in range(10_001)))
    with pytest.raises(SignalError, match="has more than 10000 series of ideogram_generations_total"):
        read_exposition(body, place=PLACE)


@given(
    st.dictionaries(st.tuples(st.sampled_from(STATUSES), NASTY), st.integers(0, 10**6), max_size=6),
    st.lists(st.floats(0, 100), max_size=3),
)
def test_a_client_library_s_page_is_read_alike_in_both_formats(
    counts: dict[tuple[str, str], int], latencies: list[float]
) -> None:
    registry = CollectorRegistry()
    generations = Counter(GENERATIONS, "How many.", ["status", "model"], registry=registry)
    durations = Histogram("ideogram_generation_duration_seconds", "How long.", registry=registry, labelnames=["style"])
    for (status, model), count in counts.items():
        generations.labels(status=status, model=model).inc(count, exemplar={"trace": 'a"} # {b'})
    for latency in latencies:
        durations.labels(style="x").observe(latency, exemplar={"trace": "}"})
    text, openmetrics = as_text(registry), as_openmetrics(registry)
    expected = sum(count for (status, _), count in counts.items() if status == "rate_limited")
    for body in (text, openmetrics):
        seen = read_exposition(body, place=PLACE)
        assert seen.series == {name for name, there in ((GENERATIONS, counts), (DURATIONS, latencies)) if there}
        assert seen.rate_limited == (expected if counts else None)


PIECES = st.sampled_from(
    [
        GENERATIONS,
        DURATIONS,
        "{",
        "}",
        '"',
        "\\",
        "=",
        ",",
        " ",
        "\n",
        "\t",
        "\r",
        "#",
        "# TYPE ",
        "status",
        "1",
        "NaN",
        "_",
    ]
)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join).map(lambda text: text.encode(errors="replace"))
)
def test_any_page_is_read_or_a_clear_error(body: bytes) -> None:
    try:
        seen = read_exposition(body, place=PLACE)
    except SignalError as error:
        assert error.message.startswith(PLACE)  # noqa: PT017 - either is right, and each is looked at
    else:
        assert seen.series <= set(EXPECTED)


@pytest.mark.parametrize(
    "body",
    [
        page(*[f'{GENERATIONS}{{status="{chr(92)}"' + f'{chr(92)}"' * 2000 + '"} 1'] * 500),
        page(*[f"{GENERATIONS}{' ' * 4000}1"] * 500),
        page(*[f"# HELP {GENERATIONS}{' ' * 4000}1"] * 500),
        b" " * 2_000_000,
        b"\n" * 2_000_000,
        page(f'{GENERATIONS}{{a="{"x" * 2_000_000}"}} 1'),
        page(*[f'{DURATIONS}{{le="2",path="{number}"}} 1' for number in range(40_000)]),
    ],
    ids=["escapes", "spaces", "comments", "blank", "lines", "one-line", "buckets"],
)
def test_a_page_made_to_be_slow_is_not(body: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(SignalError):
        read_exposition(body[: 2 * 1024 * 1024], place=PLACE)
    assert time.process_time() - began < 5
