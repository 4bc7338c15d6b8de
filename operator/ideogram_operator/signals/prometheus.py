"""Asking a Prometheus, or anything that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics): instant queries only.

All queries of one reading are about the same moment and run at once, within one timeout. A query that returns nothing
is never a zero and never a pass: what was expected of it is missing.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from ideogram_operator.resource.traffic import PrometheusSource
from ideogram_operator.signals.answers import ADDRESS_HINT, Answer, read_answer
from ideogram_operator.signals.fetching import Fetch
from ideogram_operator.signals.queries import QueryName, Question, expectations, question, unread
from ideogram_operator.signals.results import SignalError, Traffic

ANSWER_LIMIT: Final = 1024 * 1024
"""Bytes that are read of an answer."""
_SERVER_SHARE: Final = 0.9
"""Of the time there is, so much is the server's: it then stops by itself, and says so."""


async def read(source: PrometheusSource, *, fetch: Fetch, now: datetime, timeout: float) -> Traffic:  # noqa: ASYNC109 - of all queries together
    """What the application's metrics say of the 24 hours before ``now``, within ``timeout`` seconds.

    Raises:
        SignalError: Prometheus refuses a query, does not answer in time, or is no Prometheus.
        Exception: whatever the fetcher raises.
    """
    expected = expectations(source)
    counts = [question(name, source) for name in (QueryName.GENERATIONS, QueryName.RATE_LIMITED)]
    answers = await ask((*expected, *counts), source, fetch=fetch, now=now, timeout=timeout)
    generations, rate_limited = (answers[one.name].total for one in counts)
    return Traffic(
        source=_place(source.url),
        missing=(*_absent(expected, answers), *(f"built-in query {name}" for name in unread(source.queries))),
        generations=generations,
        rate_limited=rate_limited,
    )


async def ask(
    questions: Iterable[Question],
    source: PrometheusSource,
    *,
    fetch: Fetch,
    now: datetime,
    timeout: float,  # noqa: ASYNC109 - of all queries together
) -> Mapping[str, Answer]:
    """The answers by the questions' names, each question asked once; all at the same time.

    Raises:
        SignalError: as ``read``, for the first question that has no answer.
        Exception: whatever the fetcher raises.
    """
    place = _place(source.url)
    asked = {one.name: one for one in questions}
    requests = [
        _answer(one, url_of(source.url, one.promql, now=now, timeout=timeout), place, fetch=fetch, timeout=timeout)
        for one in asked.values()
    ]
    try:
        async with asyncio.timeout(timeout):
            answers = await asyncio.gather(*requests, return_exceptions=True)
    except TimeoutError:
        hint = "Look at the load of this Prometheus, or give matchers that pick fewer series."
        raise SignalError(f"{place} gives no answer within {timeout:g} s", hint=hint) from None
    return dict(zip(asked, map(_or_raise, answers), strict=True))


def url_of(base: str, promql: str, *, now: datetime, timeout: float) -> str:
    """The URL of an instant query; a path and parameters of the base are kept."""
    address, _, parameters = base.partition("?")
    given = {"query": promql, "time": f"{now.timestamp():.3f}", "timeout": f"{timeout * _SERVER_SHARE:.3f}"}
    query = "&".join(part for part in (parameters, urlencode(given, quote_via=quote, safe="")) if part)
    return f"{address.rstrip('/')}/api/v1/query?{query}"


async def _answer(one: Question, url: str, place: str, *, fetch: Fetch, timeout: float) -> Answer:  # noqa: ASYNC109 - the fetcher's
    page = await fetch.get(url, timeout=timeout, limit=ANSWER_LIMIT, accept="application/json")
    if len(page.body) > ANSWER_LIMIT:
        raise SignalError(f"{place} answers with more than {ANSWER_LIMIT // 1024} KiB", hint=ADDRESS_HINT)
    return read_answer(page, place=place, asked=one.title)


def _or_raise(answer: Answer | BaseException) -> Answer:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _absent(expected: Iterable[Question], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    return tuple(one.name for one in expected if one.expected and not answers[one.name].series)


def _place(url: str) -> str:
    try:
        return f"Prometheus at {urlsplit(url).netloc}"
    except ValueError:
        raise SignalError("spec.traffic.prometheus.url is not a URL", hint=ADDRESS_HINT, untried=True) from None
