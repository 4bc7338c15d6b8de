"""What an integration wants probed, and what a stream that several of them share makes of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.models import family
from ideogram_operator.ideogram.requests import possible
from ideogram_operator.resource.words import ProbeMethod, Strength


@dataclass(frozen=True, slots=True)
class Steady:
    """Nothing is in doubt: the ordinary interval."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Bad evidence is being confirmed: streams of exactly this strength hurry for as long as this is asked for."""

    strength: Strength


@dataclass(frozen=True, slots=True)
class Recover:
    """A way back is looked for: streams that prove at least this much hurry once their last answer was good."""

    strength: Strength


Pace = Steady | Confirm | Recover


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one integration wants; all durations in seconds.

    Attributes:
        base_url: an allowed host's (:meth:`AllowedHosts.check`), without trailing slash.
        method: of the frequent check.
        interval, suspect_interval, timeout: of the frequent check.
        confirmations: bad answers in a row after which a failure counts as confirmed.
        generate_interval: of the paid check beside it; 0: never.
        daily_budget: USD per UTC day.
        generate_timeout: of paid checks.
        next_generate: when the next paid check was due before a restart.
        pace: set by the reconciler after each decision.
    """

    base_url: str
    key: ApiKey
    model: str
    method: ProbeMethod = ProbeMethod.DRY_RUN
    interval: float = 10.0
    suspect_interval: float = 2.0
    timeout: float = 10.0
    confirmations: int = 3
    generate_interval: float = 21_600.0
    daily_budget: Decimal = Decimal("1.00")
    generate_timeout: float = 30.0
    next_generate: datetime | None = None
    pace: Pace = Steady()

    @property
    def pays(self) -> bool:
        """Whether it wants any paid check at all."""
        return self.method is ProbeMethod.GENERATE or self.generate_interval > 0

    def stream(self, method: ProbeMethod) -> "StreamKey":
        """The stream that serves this demand by this method."""
        subject = {ProbeMethod.KEY_CHECK: "", ProbeMethod.DRY_RUN: family(self.model) or ""}.get(method, self.model)
        return StreamKey(base_url=self.base_url, fingerprint=self.key.fingerprint, subject=subject, method=method)

    def ladder(self) -> tuple[ProbeMethod, ...]:
        """The frequent check's method and those to turn to, in this order, where the API does not know it."""
        first = self.method if possible(self.method, self.model) else ProbeMethod.KEY_CHECK
        rungs = [method for method in ProbeMethod if method.strength >= first.strength]
        return tuple(rung for rung in rungs if possible(rung, self.model) and (self.pays or not paid(rung)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamKey:
    """What makes two demands one stream: host, key, what is asked about, and how.

    ``subject`` is the model, as far as the method looks at it: a key check asks about none, a dry run about a family.
    """

    base_url: str
    fingerprint: str
    subject: str
    method: ProbeMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What the subscribers of one stream want, one of them or all together; seconds.

    Attributes:
        interval: the smallest; 0 for a paid stream that nobody wants regularly.
        timeout: the largest, since a probe that one integration still waits for is no outage yet.
        hurried: somebody is confirming by this method.
        recovering: somebody looks for a way back that this method can prove.
    """

    interval: float
    suspect_interval: float
    timeout: float
    confirmations: int
    hurried: bool = False
    recovering: bool = False


def paid(method: ProbeMethod) -> bool:
    """Whether a request by this method is billed."""
    return method is ProbeMethod.GENERATE


def rhythm(method: ProbeMethod, demand: Demand) -> Rhythm:
    """What one subscriber wants of a stream."""
    return Rhythm(
        interval=_interval(method, demand),
        suspect_interval=demand.suspect_interval,
        timeout=demand.generate_timeout if paid(method) else demand.timeout,
        confirmations=demand.confirmations,
        hurried=demand.pace == Confirm(method.strength),
        recovering=_recovers(method, demand.pace),
    )


def most_urgent(rhythms: Collection[Rhythm]) -> Rhythm:
    """The most urgent of what the subscribers want.

    Raises:
        ValueError: there is none.
    """
    return Rhythm(
        interval=min((one.interval for one in rhythms if one.interval > 0), default=0.0),
        suspect_interval=min(one.suspect_interval for one in rhythms),
        timeout=max(one.timeout for one in rhythms),
        confirmations=max(one.confirmations for one in rhythms),
        hurried=any(one.hurried for one in rhythms),
        recovering=any(one.recovering for one in rhythms),
    )


def _interval(method: ProbeMethod, demand: Demand) -> float:
    return demand.generate_interval if paid(method) and demand.method is not method else demand.interval


def _recovers(method: ProbeMethod, pace: Pace) -> bool:
    # A way back that free checks can prove is never paid for.
    needed = pace.strength if isinstance(pace, Recover) else None
    return needed is not None and (needed is Strength.GENERATE if paid(method) else method.strength >= needed)
