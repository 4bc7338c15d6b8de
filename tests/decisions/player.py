"""Plays evidence to the decision, told in words: ``503``, ``ok``, ``blind``; ``paid:402`` for a stronger check.

The clock advances before each word, and every word is decided on, as the operator does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ideogram_operator.decisions.decide import Decision, Observed, decide
from ideogram_operator.decisions.evidence import Evidence, Source
from ideogram_operator.decisions.memory import Alert, Memory
from ideogram_operator.decisions.policy import OverrideOrder, Policy, TriggerPolicy
from ideogram_operator.resource.words import (
    Action,
    Cause,
    Health,
    OverrideMode,
    Recovery,
    Severity,
    State,
    Strength,
    TargetMode,
    Trigger,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
INTERVAL = 10 * SECOND
KEPT = 64

MEANING: dict[str, tuple[Health, Cause | None]] = {
    "ok": (Health.HEALTHY, None),
    "503": (Health.DOWN, Cause.PROVIDER),
    "400": (Health.DOWN, Cause.REJECTED),
    "401": (Health.DOWN, Cause.CREDENTIALS),
    "402": (Health.DOWN, Cause.CREDITS),
    "429": (Health.DEGRADED, Cause.RATE_LIMITED),
    "blind": (Health.UNKNOWN, Cause.OWN_NETWORK),
    "no-key": (Health.UNKNOWN, Cause.KEY_MISSING),
    "404": (Health.UNKNOWN, Cause.PROBE_UNSUPPORTED),
}
ASKED: dict[str, tuple[Strength, Source, timedelta]] = {
    "key": (Strength.KEY_CHECK, Source.PROBE, 30 * SECOND),
    "dry": (Strength.DRY_RUN, Source.PROBE, 30 * SECOND),
    "paid": (Strength.GENERATE, Source.PROBE, 18 * HOUR),
    "traffic": (Strength.GENERATE, Source.TRAFFIC, 30 * SECOND),
}


def trigger(name: Trigger, action: Action, consecutive: int, severity: Severity = Severity.P1) -> TriggerPolicy:
    return TriggerPolicy(trigger=name, severity=severity, action=action, consecutive=consecutive)


TRIGGERS = (
    trigger(Trigger.API_UNREACHABLE, Action.FALLBACK, 3),
    trigger(Trigger.AUTH_FAILURE, Action.FALLBACK, 2),
    trigger(Trigger.CREDITS_EXHAUSTED, Action.FALLBACK, 1),
    trigger(Trigger.RATE_LIMITED, Action.THROTTLE, 6, Severity.P2),
)
DEFAULTS = Policy(triggers=TRIGGERS)


def edited(policy: Policy, name: Trigger, **changes: object) -> Policy:
    """The policy with one of its triggers edited."""
    triggers = tuple(replace(rule, **changes) if rule.trigger is name else rule for rule in policy.triggers)  # type: ignore[arg-type]
    return replace(policy, triggers=triggers)


def manual(policy: Policy, name: Trigger = Trigger.API_UNREACHABLE) -> Policy:
    return edited(policy, name, recovery=Recovery.MANUAL)


def fact(word: str, at: datetime = NOON) -> Evidence:
    """One fact, told in a word."""
    asked, _, meaning = word.rpartition(":")
    strength, source, fresh_for = ASKED[asked or "dry"]
    health, cause = MEANING[meaning]
    return Evidence(
        at=at, health=health, cause=cause, strength=strength, message=word, fresh_for=fresh_for, source=source
    )


def facts(words: str, *, start: datetime = NOON, every: timedelta = INTERVAL) -> list[Evidence]:
    """Facts at even distances, the first at the start."""
    return [fact(word, start + index * every) for index, word in enumerate(words.split())]


@dataclass
class Player:
    """One integration's life."""

    policy: Policy = DEFAULTS
    memory: Memory = field(default_factory=lambda: Memory(since=NOON))
    now: datetime = NOON
    evidence: list[Evidence] = field(default_factory=list)
    token: str = ""
    asked: str | None = None
    targets: int = 1
    settled: int = 0
    told: list[str] = field(default_factory=list)

    def decide(self) -> Decision:
        decision = decide(self.policy, self.memory, self.observed(), self.now)
        self.told += [f"{alert.trigger} fired" for alert in decision.fired]
        self.told += [f"{alert.trigger} cleared" for alert in decision.cleared]
        self.memory = decision.memory
        return decision

    def observed(self) -> Observed:
        # As the operator does: the last so many of each kind of check, by arrival, handed over by their times.
        for strength in Strength:
            for old in [one for one in self.evidence if one.strength is strength][:-KEPT]:
                self.evidence.remove(old)
        return Observed(
            evidence=tuple(sorted(self.evidence, key=lambda one: one.at)),
            recover_token=self.token,
            asked=self.asked,
            targets=self.targets,
            settled=self.settled,
        )

    def see(self, words: str, every: timedelta = INTERVAL) -> Decision:
        """Each word a little later, and decided on."""
        decision: Decision | None = None
        for word in words.split():
            self.now += every
            self.evidence.append(fact(word, self.now))
            decision = self.decide()
        assert decision is not None, "nothing to see"
        return decision

    def wait(self, span: timedelta) -> Decision:
        """Time goes by without evidence."""
        self.now += span
        return self.decide()

    def last(self, span: timedelta, word: str = "ok", every: timedelta = INTERVAL) -> Decision:
        """The same word again and again for so long."""
        return self.see(" ".join([word] * (span // every)), every)

    def order(self, mode: OverrideMode, until: datetime | None = None) -> Decision:
        """A person orders something."""
        return self.edit(replace(self.policy, override=OverrideOrder(mode=mode, reason="maintenance", until=until)))

    def take_back_order(self) -> Decision:
        return self.edit(replace(self.policy, override=None))

    def edit(self, policy: Policy) -> Decision:
        """The spec is edited, and decided on at once."""
        self.policy = policy
        return self.decide()

    def wish(self, asked: str | None) -> Decision:
        """The operator itself asks for fallback, or no longer does."""
        self.asked = asked
        return self.decide()

    def restart(self) -> Decision:
        """The operator's process ends and begins; evidence is lost, memory is not."""
        self.evidence.clear()
        return self.decide()

    @property
    def state(self) -> State:
        return self.memory.state

    @property
    def wanted(self) -> TargetMode:
        return self.decide().wanted

    @property
    def firing(self) -> set[Trigger]:
        return {alert.trigger for alert in self.memory.alerts}


def fallen(policy: Policy = DEFAULTS, words: str = "503 503 503", token: str = "") -> Player:
    """An integration in fallback."""
    player = Player(policy=policy, token=token)
    player.see(words)
    assert player.state is State.FALLBACK
    return player


def recovering(policy: Policy = DEFAULTS, targets: int = 1) -> Player:
    """An integration whose first good fact after the hold was seen."""
    player = fallen(policy)
    player.targets = targets
    player.wait(policy.hold)
    player.see("ok")
    assert player.state is State.RECOVERING
    return player


def alert(name: Trigger, strength: Strength = Strength.DRY_RUN, at: datetime = NOON) -> Alert:
    return Alert(
        trigger=name,
        severity=Severity.P1,
        since=at,
        first=at,
        strength=strength,
        value=3,
        threshold=3,
        message="as remembered",
    )


def names(alerts: Sequence[Alert]) -> set[str]:
    return {one.trigger.value for one in alerts}
