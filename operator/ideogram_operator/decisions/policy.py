"""The policy of one integration: what its spec says about deciding, in the terms of deciding."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ideogram_operator.resource.words import (
    Action,
    OverrideMode,
    Recovery,
    RestoreOrder,
    Severity,
    Strength,
    Trigger,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPolicy:
    """One trigger as the integration wants it.

    Attributes:
        consecutive: how many facts in a row fire it.
        action: what it does when it fires.
        recovery: whether the way back from it waits for a person.
    """

    trigger: Trigger
    severity: Severity
    action: Action
    consecutive: int
    recovery: Recovery = Recovery.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideOrder:
    """What a person ordered, why, and until when (None: until it is taken back)."""

    mode: OverrideMode
    reason: str
    until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether the order still holds."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that deciding needs to know of the spec.

    Attributes:
        triggers: those the integration has; what is missing never fires.
        successes: good facts in a row that end a fallback.
        hold: the least time in fallback before recovery may be tried; doubled by each relapse up to ``max_hold``.
        relapse_window: a fallback this soon after a return is a relapse.
        max_flips_per_hour: changes that the operator makes by itself, in all directions, at least 2.
        order: whether targets return together or one by one.
        strongest: the most that the operator's own checks may prove. Where paid checks are off, traffic may raise
            an alert that no check could ever clear; then the strongest check there is suffices.
        override: a person's order, whether or not it still holds.
    """

    triggers: tuple[TriggerPolicy, ...]
    successes: int = 3
    hold: timedelta = timedelta(minutes=5)
    max_hold: timedelta = timedelta(hours=1)
    relapse_window: timedelta = timedelta(hours=1)
    max_flips_per_hour: int = 4
    order: RestoreOrder = RestoreOrder.TOGETHER
    strongest: Strength = Strength.GENERATE
    override: OverrideOrder | None = None

    def overridden(self, now: datetime) -> OverrideMode | None:
        """Returns the order that holds now."""
        return self.override.mode if self.override is not None and self.override.active(now) else None

    def of(self, trigger: Trigger) -> TriggerPolicy | None:
        """Returns the trigger's policy, None if this integration has none."""
        return next((rule for rule in self.triggers if rule.trigger is trigger), None)

    def asks_for(self, trigger: Trigger, action: Action) -> bool:
        """Whether the trigger, firing, asks for this action."""
        rule = self.of(trigger)
        return rule is not None and rule.action is action

    def provable(self, strength: Strength) -> Strength:
        """Returns how strong evidence has to be that contradicts evidence of this strength."""
        return min(strength, self.strongest)
