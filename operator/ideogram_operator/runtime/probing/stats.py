"""What status and metrics tell of a stream."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ideogram_operator.resource.words import ProbeMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStats:
    """How a stream stands.

    Attributes:
        last_time: of its last fact; None before the first.
        http_status: of the last answer.
        latency: seconds of the last probe.
        p95: seconds, over the last good answers.
        probes: how many were sent since the operator started.
        in_flight: how many are on their way.
        subscribers: how many integrations share it.
        unsupported: the API does not know this method; the next stronger one stands in.
        spent_today: USD spent on the key today; None for a free stream.
        next_time: when the next regular probe of a paid stream is due; None for a free one.
        skipped: why the last paid check that was due was not sent; None if it was.
    """

    method: ProbeMethod
    last_time: datetime | None
    http_status: int | None
    latency: float | None
    p95: float | None
    probes: int
    in_flight: int
    subscribers: int
    unsupported: bool
    spent_today: Decimal | None = None
    next_time: datetime | None = None
    skipped: str | None = None
