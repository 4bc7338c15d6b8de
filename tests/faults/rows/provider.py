"""Rows of the provider: each of its ways to fail, as the simulator plays them."""

from typing import Final

from tests.faults.row import Place, Row

OUTAGE: Final = "Fallback by `apiUnreachable`; back after the hold"
UNTOLD: Final = "Unknown, and says why; nothing is switched"


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"provider/{name}", place=Place.PROVIDER, fault=fault, promised=promised)


REFUSED: Final = _row("refused", "Connections are refused", OUTAGE)
BLACKHOLE: Final = _row("blackhole", "Packets vanish: connecting neither works nor fails", OUTAGE)
HANG: Final = _row("hang", "It accepts, reads and never answers", OUTAGE)
SLOW: Final = _row("slow", "Answers come later than the timeout", OUTAGE)
RESET: Final = _row("reset", "TCP resets instead of answers", OUTAGE)
CLOSE: Final = _row("close", "Connections are closed instead of answered", OUTAGE)
DRIP: Final = _row("drip", "Answers come byte by byte, longer than the timeout", OUTAGE)
TRUNCATE: Final = _row("truncate", "Answers are cut in their middle", OUTAGE)
PORTAL: Final = _row("portal", "200 with a sign-in page: a captive portal", OUTAGE)
EMPTY: Final = _row("empty", "200 without a body", OUTAGE)
ANOTHER: Final = _row("another", "200 with JSON of another shape", OUTAGE)
HUGE: Final = _row("huge", "200 with a body that does not end", OUTAGE)
REDIRECT: Final = _row("redirect", "Redirects to another host", f"{OUTAGE}; the key is not sent there")
NOT_HTTP: Final = _row("not-http", "Bytes that are no HTTP", OUTAGE)
STATUS: Final = {
    code: _row(f"status-{code}", f"HTTP {code}", OUTAGE) for code in (300, 500, 501, 502, 503, 504, 520, 599)
}
RETRY_AFTER: Final = _row("retry-after", "503 with Retry-After: 2", f"{OUTAGE}; it does not ask again before")

UNSUPPORTED: Final = {
    code: _row(f"status-{code}", f"HTTP {code} to a free check", UNTOLD) for code in (400, 404, 405, 410, 422)
}
RETIRED: Final = _row("retired", "The application's model is retired: 400 to a generation", OUTAGE)
LOST: Final = _row("lost", "A generation is carried out and billed, and its answer is lost", OUTAGE)
REVOKED: Final = _row(
    "revoked", "The key is revoked: 401", "Fallback by `authFailure` after one confirmation; the key is left alone"
)
FORBIDDEN: Final = _row("forbidden", "HTTP 403", "Fallback by `authFailure`; back when the key works")
NO_CREDIT: Final = _row("no-credit", "The credit is empty: 402", "Fallback by `creditsExhausted`; back when it is not")
REJECTED: Final = _row(
    "reject-reason",
    "HTTP 403 with the reject reason `insufficient_funds`",
    "Fallback by `creditsExhausted`: the reason counts, not the number",
)

RATE_LIMITED: Final = _row("rate-limited", "HTTP 429, again and again", "Throttled at the sixth; no fallback")
LIMITED_AFTER: Final = _row(
    "rate-limited-after", "HTTP 429 with Retry-After: 1", "Throttled at the sixth; it does not ask again before"
)
ONE_BAD: Final = _row("one-bad", "One answer of 500", "Suspect, asked again; nothing is switched")
TWO_BAD: Final = _row("two-bad", "Two answers of 503, one after the other", "Suspect, asked again; nothing is switched")
POOLED: Final = _row(
    "stuck-connection",
    "An open connection stalls, fresh ones work",
    "Asked again over a fresh one; nothing is switched",
)
STATUS_PAGE: Final = _row(
    "status-page", "Only its status page is refused, which is the control URL", "Stays Live and Healthy"
)
BOTH: Final = _row("status-page-too", "The API and the control URL are refused", f"{UNTOLD}: it may be our own network")

BOUNDED: Final = "At most four flips an hour, then it stays in fallback; one rollout per flip"
FLAPPING: Final = {
    period: _row(f"flapping-{period}s", f"Flapping: down and up in turns, {period} s a round", BOUNDED)
    for period in (1, 2, 5, 10, 30)
}
CHUNK: Final = 75
SIMULATED: Final = {
    first: _row(
        f"flapping-from-{first}s",
        f"Flapping with each period from {first} s to {first + CHUNK - 1} s, with the defaults, in simulated time",
        "At most four flips in any hour; fallback as soon as three checks in a row fail; Live again within two hours",
    )
    for first in range(1, 301, CHUNK)
}

ROWS: Final[tuple[Row, ...]] = (
    *(REFUSED, BLACKHOLE, HANG, SLOW, RESET, CLOSE, DRIP, TRUNCATE, PORTAL, EMPTY, ANOTHER, HUGE, REDIRECT, NOT_HTTP),
    *(*STATUS.values(), RETRY_AFTER, RETIRED, LOST, REVOKED, FORBIDDEN, NO_CREDIT, REJECTED),
    *(RATE_LIMITED, LIMITED_AFTER, *UNSUPPORTED.values(), ONE_BAD, TWO_BAD, POOLED, STATUS_PAGE, BOTH),
    *(*FLAPPING.values(), *SIMULATED.values()),
)
