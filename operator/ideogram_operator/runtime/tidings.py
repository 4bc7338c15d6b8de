"""Events on the integration: on edges only, each told once, with what to do."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ideogram_operator.cluster.events import Note
from ideogram_operator.decisions.memory import Memory, missing
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.decisions.story import tell
from ideogram_operator.decisions.wording import TRIGGER_REASONS, advice, clock_time
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import KIND, State, TargetMode

NORMAL: Literal["Normal"] = "Normal"
WARNING: Literal["Warning"] = "Warning"


def notes(raw: Mapping[str, Any], before: Memory, standing: Standing) -> Iterator[Note]:
    """Returns what there is to tell about the way from one memory to the present one."""
    after = standing.decision.memory
    regarding = {**raw, "kind": KIND, "apiVersion": raw.get("apiVersion", "")}
    for alert in missing(after.alerts, before.alerts):
        reason = TRIGGER_REASONS.get(alert.trigger.value, Reason.PROBE_FAILED)
        text = f"{alert.trigger} ({alert.severity}) fired: {alert.message}. {advice(standing, alert)}"
        yield _note(regarding, WARNING, reason, "Alert", text)
    for alert in missing(before.alerts, after.alerts):
        text = f"{alert.trigger} ({alert.severity}) cleared; it had fired at {clock_time(alert.since)}."
        yield _note(regarding, NORMAL, Reason.PROBE_SUCCEEDED, "Alert", text)
    yield from _flips(regarding, before, standing)


def _flips(regarding: Mapping[str, Any], before: Memory, standing: Standing) -> Iterator[Note]:
    after = standing.decision.memory
    if after.flips == before.flips or not standing.touching:
        return
    reason, message = tell(standing)
    wanted = standing.decision.wanted
    if after.state is State.FALLBACK and before.state is not State.FALLBACK:
        yield _note(regarding, WARNING, Reason.FALLBACK_REQUESTED, "Fallback", message)
    elif wanted is TargetMode.THROTTLED:
        yield _note(regarding, WARNING, Reason.RATE_LIMITED, "Throttle", message)
    elif wanted is TargetMode.LIVE:
        text = f"Targets are given back; they were in fallback since {clock_time(before.since)}."
        yield _note(regarding, NORMAL, Reason.RESTORING_TARGETS, "Restore", text if before.falling_back else message)
    else:
        yield _note(regarding, NORMAL, reason, "Restore", message)


def target_notes(raw: Mapping[str, Any], before: Mapping[str, Reason | None], standing: Standing) -> Iterator[Note]:
    """Returns what there is to tell of targets whose problem is a new one."""
    regarding = {**raw, "kind": KIND, "apiVersion": raw.get("apiVersion", "")}
    for target in standing.targets:
        problem = target.problem
        if problem is None or before.get(target.name) is problem.reason:
            continue
        if problem.reason is not Reason.ROLLOUT_LIMIT_REACHED:
            yield _note(regarding, WARNING, problem.reason, "Switch", problem.message)


def _note(
    regarding: Mapping[str, Any], kind: Literal["Normal", "Warning"], reason: Reason, action: str, text: str
) -> Note:
    return Note(regarding=regarding, type=kind, reason=reason.value, action=action, text=text)
