"""Which targets an integration has, and what each should be told: from spec and decision to orders."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ideogram_operator.cluster import targets
from ideogram_operator.cluster.claims import SUSPEND, Claim, Overrides
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.from_spec import policy_of
from ideogram_operator.decisions.memory import OVERRIDE, Alert, Memory
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.decisions.wording import clock_time
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.targets import Target
from ideogram_operator.resource.words import Action, TargetKind, TargetMode
from ideogram_operator.runtime.order import THROTTLE, Order, problem_of
from ideogram_operator.runtime.record import Known, Record, Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Finds the targets of integrations."""

    gateway: Gateway

    async def call(self, record: Record) -> tuple[Problem, ...]:
        """Brings the record's targets in line with its spec; returns what kept some from being found.

        A target that the spec no longer names stays on the roster while it is held, to be given back.
        """
        found: dict[Ref, Target] = {}
        problems: list[Problem] = []
        certain = True
        for index, wish in enumerate(record.spec.targets if record.spec else ()):
            resolved = await targets.resolve(
                self.gateway,
                wish.kind,
                record.key.namespace,
                name=wish.name or "",
                match_labels=wish.selector.match_labels if wish.selector else None,
            )
            if resolved.failure is not None:
                certain = False
                problems.append(problem_of(resolved.failure))
            elif not resolved.targets:
                problems.append(_nothing_found(record, index, wish))
            for target in resolved.targets:
                found.setdefault(Ref(target.kind, target.name), wish)
        _bring_in_line(record, found, certain=certain)
        return tuple(problems)


def _bring_in_line(record: Record, found: dict[Ref, Target], *, certain: bool) -> None:
    """Lists what was found, and what is still held. While some entry could not be resolved, nothing leaves."""
    before = record.targets
    listed = {ref: before.get(ref) or Known(ref=ref, wish=None) for ref in found}
    for ref, wish in found.items():
        if listed[ref].wish != wish:
            # Told by what another entry said, if at all.
            listed[ref].tried = listed[ref].told = None
        listed[ref].wish = wish
    others = [known for ref, known in before.items() if ref not in found]
    if certain:
        others = [known for known in others if known.mode is not TargetMode.LIVE] + _held_before(record, listed)
        for known in others:
            known.wish = None
    record.targets = listed | {known.ref: known for known in others}


def _held_before(record: Record, listed: dict[Ref, Known]) -> list[Known]:
    """The targets that status names as held and nobody else does; once, after a restart."""
    if record.recalled:
        return []
    record.recalled = True
    held = [Ref(told.kind, told.name) for told in record.status.targets if told.mode is not TargetMode.LIVE]
    return [Known(ref=ref, wish=None) for ref in held if ref not in listed and ref not in record.targets]


def _nothing_found(record: Record, index: int, wish: Target) -> Problem:
    labels = wish.selector.match_labels if wish.selector else {}
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return Problem(
        reason=Reason.TARGET_MISSING,
        message=f"spec.targets[{index}]: no {wish.kind} in namespace {record.key.namespace} has the labels {selector}.",
    )


def orders(record: Record, decision: Decision) -> Iterator[tuple[Known, Order]]:
    """Returns what each target should be told, in the order of the spec."""
    live = {known.ref for known in in_turn(record)[: decision.restored]}
    for known in record.targets.values():
        early = decision.restored and (known.ref in live or known.mode is TargetMode.LIVE)
        mode = TargetMode.LIVE if early or known.wish is None else decision.wanted
        yield known, order_of(record, known, decision, mode)


def in_turn(record: Record) -> list[Known]:
    """Returns the targets in the order in which they are given back, one by one: first those that already were.

    A target that comes meanwhile, by its labels, must not push one back into fallback that had its turn.
    """
    return sorted(record.targets.values(), key=lambda known: known.mode is not TargetMode.LIVE)


def order_of(record: Record, known: Known, decision: Decision, mode: TargetMode) -> Order:
    """Returns the order that brings one target into a mode."""
    overrides = overrides_of(known.wish, mode) if known.wish is not None else None
    if overrides is None:
        return given_back(record)
    return replace(given_back(record), claim=_claim(record, decision, overrides), wanted=mode)


def given_back(record: Record) -> Order:
    """Returns the order that asks nothing of a target."""
    return Order(
        namespace=record.key.namespace,
        integration=record.key.name,
        uid=record.uid,
        claim=None,
        wanted=TargetMode.LIVE,
        version=(record.memory.flips, record.generation),
    )


def overrides_of(wish: Target, mode: TargetMode) -> Overrides | None:
    """Returns what a target is set to in a mode; None where the mode changes nothing about it.

    Actions nest: fallback does what throttling does and more.
    """
    values: dict[str, str | bool] = {}
    if mode is TargetMode.FALLBACK and wish.kind is TargetKind.CRON_JOB:
        values[SUSPEND] = True
    if mode is TargetMode.FALLBACK and wish.switch is not None:
        values[wish.switch.name] = wish.switch.fallback_value
    if mode is not TargetMode.LIVE and wish.throttle is not None:
        values[wish.throttle.name] = wish.throttle.value
    return Overrides(values=values, containers=wish.containers or None) if values else None


def _claim(record: Record, decision: Decision, overrides: Overrides) -> Claim:
    memory = decision.memory
    alert = _behind(record, memory)
    why = "; ".join(alert.message for alert in memory.alerts) or f"since {clock_time(memory.since)}"
    throttled = memory.throttled_since if not memory.falling_back else None
    return Claim(
        integration=record.key.name,
        uid=record.uid,
        flip=memory.flips,
        since=(throttled or memory.since).isoformat(),
        trigger=(memory.cause or OVERRIDE) if memory.falling_back else THROTTLE,
        message=why[:300],
        overrides=overrides,
        alert=alert.trigger.value if alert is not None else "",
        strength=int(alert.strength) if alert is not None else 0,
    )


def _behind(record: Record, memory: Memory) -> Alert | None:
    """Returns the alert that asks for what targets are told; None where a person or the operator itself does."""
    if memory.falling_back or record.spec is None:
        return next((alert for alert in memory.alerts if alert.trigger.value == memory.cause), None)
    policy = policy_of(record.spec)
    return next((alert for alert in memory.alerts if policy.asks_for(alert.trigger, Action.THROTTLE)), None)
