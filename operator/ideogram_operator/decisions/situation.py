"""One situation: all that a transition of the breaker may look at, and the questions that several of them ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.holds import flip_room, hold_over
from ideogram_operator.decisions.memory import Alert, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.streak import Streak, good_streak, suspicion
from ideogram_operator.resource.words import Action, Health, Recovery, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a transition may look at.

    Attributes:
        health: as assessed from the evidence; Unknown moves nothing.
        recover_token: the recover annotation's present value.
        asked: why the operator itself asks for fallback, one of ``WISHES``; None if it does not.
        targets: how many targets there are; ``settled``: how many of those already given back have become ready.
    """

    policy: Policy
    facts: Sequence[Evidence]
    alerts: tuple[Alert, ...]
    health: Health
    now: datetime
    recover_token: str = ""
    asked: str | None = None
    targets: int = 1
    settled: int = 0

    @property
    def calling(self) -> tuple[Alert, ...]:
        """The alerts that ask for fallback."""
        return tuple(alert for alert in self.alerts if self.policy.asks_for(alert.trigger, Action.FALLBACK))

    @property
    def convincing(self) -> tuple[Alert, ...]:
        """Those of them that nothing good speaks against yet; only these lead into a fallback.

        The difference shows where an alert met a Live that was not its own, after an order or an edit: whatever
        works at this moment is not left for an alert that is about to clear.
        """
        calling = self.calling
        good = good_streak(self.facts) if calling else Streak()
        proven = good.strength if good.fresh(self.now) else 0
        return tuple(alert for alert in calling if proven < self.policy.provable(alert.strength))

    @property
    def blocked(self) -> bool:
        """Whether a firing trigger forbids even trying; apiUnreachable does not, it clears by the recovery itself."""
        return any(alert.trigger is not Trigger.API_UNREACHABLE for alert in self.calling)

    def failing(self) -> Evidence | None:
        """Returns the fact that speaks against the API now."""
        return suspicion(self.facts, self.now)

    def good_since_hold(self, memory: Memory) -> Streak:
        """Returns the good facts in a row that count for the way back: those after the hold, while they are fresh."""
        found = good_streak(self.facts, since=memory.hold_until or memory.since)
        return found if self.health is Health.HEALTHY and found.fresh(self.now) else Streak()

    def waits_for_person(self, memory: Memory) -> bool:
        """Whether the way back is a person's to open, and nobody has."""
        triggers = {alert.trigger.value for alert in self.calling} | {memory.cause}
        rules = [rule for rule in self.policy.triggers if rule.trigger.value in triggers]
        manual = any(rule.recovery is Recovery.MANUAL for rule in rules)
        # Taking the annotation away is nobody's word: a GitOps tool does that.
        return manual and self.recover_token in {"", memory.recover_token}

    def way_open(self, memory: Memory) -> bool:
        """Whether hold, flips and people allow a return, whatever the API does."""
        return (
            hold_over(memory, self.now)
            and flip_room(self.policy, memory, self.now)
            and not self.waits_for_person(memory)
        )


Rule = Callable[[Situation, Memory], Memory | None]
