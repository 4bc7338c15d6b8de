"""The triggers and their thresholds: which evidence is an alert, how urgent, and what is done about it.

Defaults are DESIGN.md §4, which carries out section 3 of the checklist.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ideogram_operator.resource.durations import Duration, between
from ideogram_operator.resource.fields import Money
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.words import Action, Recovery, Severity, Trigger

Consecutive = Annotated[int, Field(strict=True, ge=1, le=50)]
MinSamples = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Window = Annotated[Duration, between("1m", "24h")]


class TriggerSpec(SpecModel):
    """What every trigger has."""

    severity: Severity
    """How urgent the alert is."""
    action: Action
    """What is done while it fires. Fallback does what Throttle does and more."""
    recovery: Recovery = Recovery.AUTO
    """Manual: the way back from fallback waits for a person, who sets the annotation ideogram-operator.io/recover."""


class ApiUnreachable(TriggerSpec):
    """Down in a row: no answer, a server error, or a request refused that used to work."""

    severity: Severity = Severity.P1
    action: Action = Action.FALLBACK
    consecutive: Consecutive = 3
    """So many in a row fire it."""


class AuthFailure(TriggerSpec):
    """The key is rejected: any 401, confirmed once."""

    severity: Severity = Severity.P1
    action: Action = Action.FALLBACK


class CreditsExhausted(TriggerSpec):
    """The credit is gone: any 402."""

    severity: Severity = Severity.P1
    action: Action = Action.FALLBACK


class RateLimited(TriggerSpec):
    """The rate limit is hit in a row."""

    severity: Severity = Severity.P2
    action: Action = Action.THROTTLE
    consecutive: Consecutive = 6
    """So many in a row fire it: more than five, so the sixth."""


class SlowGeneration(TriggerSpec):
    """Images take too long."""

    severity: Severity = Severity.P2
    action: Action = Action.ALERT
    p95: Annotated[Duration, between("1s", "10m")] = timedelta(seconds=30)
    """A 95th percentile of the generation latency above this fires it."""
    window: Window = timedelta(minutes=15)
    """Over so long."""
    min_samples: MinSamples = 20
    """From at least so many generations."""


class CreditsLow(TriggerSpec):
    """The estimated balance runs low."""

    severity: Severity = Severity.P2
    action: Action = Action.ALERT
    threshold_usd: Money = Field(default=Decimal(10), alias="thresholdUSD")
    """A balance below this, in USD, fires it."""


class SafetyRejections(TriggerSpec):
    """Too many prompts fail the safety check."""

    severity: Severity = Severity.P3
    action: Action = Action.ALERT
    percent: Annotated[int, Field(strict=True, ge=1, le=99)] = 10
    """More than this share of the requests, in percent, fires it."""
    window: Window = timedelta(hours=1)
    """Over so long."""
    min_samples: MinSamples = 20
    """From at least so many requests."""


class Triggers(SpecModel):
    """The rules over evidence. What is left out has its defaults; only what is given is stored."""

    api_unreachable: ApiUnreachable = Field(default_factory=ApiUnreachable)
    auth_failure: AuthFailure = Field(default_factory=AuthFailure)
    credits_exhausted: CreditsExhausted = Field(default_factory=CreditsExhausted)
    rate_limited: RateLimited = Field(default_factory=RateLimited)
    slow_generation: SlowGeneration = Field(default_factory=SlowGeneration)
    credits_low: CreditsLow = Field(default_factory=CreditsLow)
    safety_rejections: SafetyRejections = Field(default_factory=SafetyRejections)

    def __getitem__(self, trigger: Trigger) -> TriggerSpec:
        """The rule by its name."""
        return dict(self.items())[trigger]

    def items(self) -> Iterator[tuple[Trigger, TriggerSpec]]:
        """Every rule with its name, in the order of DESIGN.md §4."""
        yield Trigger.API_UNREACHABLE, self.api_unreachable
        yield Trigger.AUTH_FAILURE, self.auth_failure
        yield Trigger.CREDITS_EXHAUSTED, self.credits_exhausted
        yield Trigger.RATE_LIMITED, self.rate_limited
        yield Trigger.SLOW_GENERATION, self.slow_generation
        yield Trigger.CREDITS_LOW, self.credits_low
        yield Trigger.SAFETY_REJECTIONS, self.safety_rejections
