"""Reading what Prometheus answers to an instant query; anything that it should not say becomes a ``SignalError``.

Nothing of a body is quoted, but for the place and kind of a mistake in a query, which Prometheus tells in a form of
its own: the host may be any that speaks HTTP.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ideogram_operator.signals.fetching import Page
from ideogram_operator.signals.results import SignalError

ADDRESS_HINT: Final = (
    "Check spec.traffic.prometheus.url: it has to be the address under which /api/v1/query answers, without that path."
)
_CREDENTIALS_HINT: Final = (
    "Give spec.traffic.prometheus.url an address that asks for no credentials, such as the Service in the cluster."
)
_KINDS: Final = frozenset({"bad_data", "execution", "timeout", "canceled", "internal", "unavailable", "not_found"})
_MISTAKE: Final = re.compile(r"\d{1,4}:\d{1,4}: parse error: [ -~]{1,120}")
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The series that a query returned.

    Attributes:
        series: how many, those without a number (NaN, infinite) included.
        numbers: the values that are numbers.
        partial: whether the server warns that parts are missing, as Thanos does while one of its stores is down.
    """

    series: int
    numbers: tuple[float, ...] = ()
    partial: bool = False

    @property
    def total(self) -> float | None:
        """All series together; None if there is no number, or the part that is missing could be all there is."""
        if not self.numbers:
            return None
        total = sum(self.numbers)
        return None if not math.isfinite(total) or (self.partial and total <= 0) else total

    @property
    def largest(self) -> float | None:
        """The greatest number, for what must not be added up, such as latencies; None if there is none."""
        return max(self.numbers, default=None)


def read_answer(page: Page, *, place: str, asked: str) -> Answer:
    """What a query returned.

    Args:
        page: the answer.
        place: who was asked, for people: ``Prometheus at prometheus.shop.svc:9090``.
        asked: what for: ``query rateLimited``.

    Raises:
        SignalError: it is a refusal, or not an answer of Prometheus at all.
    """
    document = _json_object(page.body)
    if document is not None and document.get("status") == "error":
        raise _refusal(document, place, asked)
    if page.status != _OK:
        hint = _CREDENTIALS_HINT if page.status in {_UNAUTHORIZED, _FORBIDDEN} else ADDRESS_HINT
        raise SignalError(f"{place} answers HTTP {page.status}", hint=hint)
    data = document.get("data") if document is not None and document.get("status") == "success" else None
    if document is None or not isinstance(data, dict):
        raise _broken(place)
    values = _values(data, place=place, asked=asked)
    numbers = tuple(number for number in values if math.isfinite(number))
    partial = bool(document.get("warnings") or document.get("isPartial"))
    return Answer(series=len(values), numbers=numbers, partial=partial)


def _json_object(raw: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _values(data: Mapping[str, Any], *, place: str, asked: str) -> list[float]:
    match data:
        case {"resultType": "vector", "result": list() as series}:
            return [_value(one, place) for one in series]
        case {"resultType": "scalar", "result": pair}:
            return [_number(pair, place)]
        case {"resultType": "matrix" | "string" as kind}:
            hint = "Correct spec.traffic.prometheus.queries: a query has to give one number per series, at one moment."
            raise SignalError(f"the {asked} gives a {kind}, which is not a number", hint=hint)
    raise _broken(place)


def _value(series: Any, place: str) -> float:
    match series:
        case {"value": pair}:
            return _number(pair, place)
        case {"histogram": _}:
            return math.nan  # a native histogram: the series is there, and has no number
    raise _broken(place)


def _number(pair: Any, place: str) -> float:
    match pair:
        case [int() | float(), str() as number]:
            try:
                return float(number)
            except ValueError:
                raise _broken(place) from None
    raise _broken(place)


def _refusal(document: Mapping[str, Any], place: str, asked: str) -> SignalError:
    kind = document.get("errorType")
    known = kind if isinstance(kind, str) and kind in _KINDS else "an error of no known kind"
    mistake = _MISTAKE.search(str(document.get("error", ""))[:1000])
    detail = f" at {mistake.group()}" if mistake else ""
    hint = ""
    if known in {"bad_data", "execution"}:
        hint = "Correct spec.traffic.prometheus: the matchers, or the query of that name in queries."
    elif known in {"timeout", "canceled", "unavailable"}:
        hint = "Look at the load of this Prometheus, or give matchers that pick fewer series."
    return SignalError(f"{place} refuses the {asked}: {known}{detail}", hint=hint)


def _broken(place: str) -> SignalError:
    return SignalError(f"{place} answers with something that is not an answer of Prometheus", hint=ADDRESS_HINT)
