"""What an application's metrics said, and the one error that reading them raises. Nothing here is asked of anybody.

Messages are for status: one sentence, never a body that a server sent, never a query string.
"""

from dataclasses import dataclass
from typing import Final

LAST_DAY: Final = "in the last 24 hours"
SINCE_START: Final = "since the pods started"


class SignalError(Exception):
    """The metrics could not be read.

    Attributes:
        message: what was seen, without a full stop: ``Prometheus at prometheus.shop.svc:9090 answers HTTP 503``.
        hint: what to do, as an imperative sentence; may be empty.
        untried: whether nobody was even asked, so that nothing is known of the metrics: no pod is ready.
    """

    def __init__(self, message: str, *, hint: str = "", untried: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.untried = untried


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What the application's metrics source answered.

    Attributes:
        source: for people: ``Prometheus at prometheus.monitoring.svc:9090``, ``3 pods on port 9090``.
        missing: what the source has none of, each to be read after "has no": expected series, answers to queries of the
            spec's own, and built-in queries that the spec means to replace.
        generations: how many there were in the last 24 hours; None if that cannot be told, as by one scrape of pods.
        rate_limited: how many generations ended with a rate limit, shown to a user: at least so many in ``window``;
            None if that cannot be told.
        window: the time that ``rate_limited`` is about: ``LAST_DAY`` or ``SINCE_START``.
    """

    source: str
    missing: tuple[str, ...] = ()
    generations: float | None = None
    rate_limited: float | None = None
    window: str = LAST_DAY
