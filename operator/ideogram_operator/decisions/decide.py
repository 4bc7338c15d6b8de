"""The one decision: from the policy, the memory and the evidence to what the targets should be told.

``decide`` is pure and level-based. It does not know what was done about its last decision: it says how things should
be, as often as it is asked, and says the same while nothing changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ideogram_operator.decisions.breaker import settle
from ideogram_operator.decisions.evidence import Evidence, possible
from ideogram_operator.decisions.health import Assessment, assess
from ideogram_operator.decisions.memory import WISHES, Alert, Memory, missing
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.decisions.triggers import evaluate
from ideogram_operator.decisions.wake import next_in
from ideogram_operator.resource.words import Health, State, Strength, TargetMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was found out since the last decision.

    Attributes:
        evidence: oldest first; may be empty, as after a restart.
        recover_token: the value of the annotation by which a person opens the way back.
        asked: why the operator itself asks for fallback: ``drill`` while it is rehearsed, ``preflight`` while the
            gate is closed; None if it does not.
        targets: how many targets the integration has.
        settled: how many of the targets already given back have become ready again.
    """

    evidence: Sequence[Evidence] = ()
    recover_token: str = ""
    asked: str | None = None
    targets: int = 1
    settled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How things should be.

    Attributes:
        memory: what the next decision needs, and all that is persisted.
        wanted: what targets should be told: a level, not an edge.
        restored: the first so many targets are told Live already (``OneByOne`` only).
        fired, cleared: alerts that began or ended with this decision, each to be told once.
        asked: what the operator itself asked a fallback for, as observed.
        seen: whether there was any evidence at all.
        proven: good facts in a row since recovery may be tried; 0 outside of fallback.
        recovery_strength: how strong the evidence has to be that is looked for now, in Fallback as in Recovering;
            None: no recovery is looked for.
        next_in: until there is something new to decide without new evidence.
    """

    memory: Memory
    assessment: Assessment
    wanted: TargetMode
    restored: int
    alerts: tuple[Alert, ...]
    fired: tuple[Alert, ...]
    cleared: tuple[Alert, ...]
    asked: str | None = None
    seen: bool
    proven: int
    recovery_strength: Strength | None
    next_in: timedelta

    @property
    def health(self) -> Health:
        """What is believed about the API."""
        return self.assessment.health

    @property
    def at_ease(self) -> bool:
        """Whether all is well, and nothing is being waited for."""
        live = self.memory.state is State.LIVE and self.wanted is TargetMode.LIVE
        return live and self.health is Health.HEALTHY and not self.alerts and self.asked is None

    def mode_of(self, index: int) -> TargetMode:
        """Returns what the target at this place of the spec's order should be told."""
        return TargetMode.LIVE if index < self.restored else self.wanted


def decide(policy: Policy, memory: Memory, observed: Observed, now: datetime) -> Decision:
    """Returns the decision; total over all input, without side effects."""
    facts = possible(observed.evidence, now)
    assessment = assess(facts, now)
    situation = Situation(
        policy=policy,
        facts=facts,
        # What cannot be told neither begins nor ends an alert.
        alerts=memory.alerts if assessment.health is Health.UNKNOWN else evaluate(policy, memory.alerts, facts, now),
        health=assessment.health,
        now=now,
        recover_token=observed.recover_token,
        asked=observed.asked,
        targets=observed.targets,
        settled=observed.settled,
    )
    settled = settle(situation, memory)
    return Decision(
        memory=settled,
        assessment=assessment,
        wanted=wanted_of(settled),
        restored=settled.restored,
        alerts=settled.alerts,
        fired=missing(settled.alerts, memory.alerts),
        cleared=missing(memory.alerts, settled.alerts),
        asked=observed.asked,
        seen=bool(observed.evidence),
        proven=situation.good_since_hold(settled).count if settled.falling_back else 0,
        recovery_strength=_recovery_strength(situation, settled),
        next_in=next_in(situation, settled, assessment),
    )


def wanted_of(memory: Memory) -> TargetMode:
    """Returns what a memory wants targets to be told."""
    if memory.falling_back:
        return TargetMode.FALLBACK
    return TargetMode.LIVE if memory.throttled_since is None else TargetMode.THROTTLED


def _recovery_strength(situation: Situation, memory: Memory) -> Strength | None:
    """Returns what a check must prove for the way back, None while nothing may be tried."""
    ordered = situation.policy.overridden(situation.now) is not None or situation.asked is not None
    if not memory.falling_back or ordered:
        return None
    if not memory.restored and memory.cause not in WISHES and not situation.way_open(memory):
        return None
    failing = situation.failing()
    against = [alert.strength for alert in situation.calling] + ([failing.strength] if failing else [])
    return situation.policy.provable(max(against, default=Strength.KEY_CHECK))
