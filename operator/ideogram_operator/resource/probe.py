"""How often and how the operator asks the API itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ideogram_operator.resource.durations import Duration, between, zero_or_between
from ideogram_operator.resource.fields import Money
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.words import ProbeMethod


class Generate(SpecModel):
    """The paid reference check: a real image, within a daily budget."""

    interval: Annotated[Duration, zero_or_between("1m", "720h")] = timedelta(hours=6)
    """How often; 0s: never."""
    daily_budget_usd: Money = Field(default=Decimal("1.00"), alias="dailyBudgetUSD")
    """The most that paid checks may cost in a day (UTC), in USD. What would exceed it is skipped and said so."""
    timeout: Annotated[Duration, between("1s", "5m")] = timedelta(seconds=30)
    """How long to wait for the image."""


class Probe(SpecModel):
    """The requests the operator itself sends."""

    method: ProbeMethod = ProbeMethod.DRY_RUN
    """The frequent check. DryRun and KeyCheck are free; Generate is billed and bound to the budget."""
    interval: Annotated[Duration, between("1s", "1h")] = timedelta(seconds=10)
    """How often, while all is well."""
    suspect_interval: Annotated[Duration, between("500ms", "5m")] = timedelta(seconds=2)
    """How often after the first bad evidence, and while recovering."""
    timeout: Annotated[Duration, between("100ms", "1m")] = timedelta(seconds=10)
    """How long to wait for a free check."""
    generate: Generate = Generate()
    """The paid reference check."""

    @property
    def confirm_interval(self) -> timedelta:
        """How often once something is suspected: confirming is never slower than watching."""
        return min(self.suspect_interval, self.interval)
