"""Events on the integration: on edges only, each told once, with what to do."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from ideogram_operator.cluster.events import Note
from ideogram_operator.decisions.drill_facts import DrillMemory
from ideogram_operator.decisions.memory import DRILL, PREFLIGHT, Memory, missing
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.decisions.story import tell
from ideogram_operator.decisions.wording import TRIGGER_REASONS, advice, clock_time
from ideogram_operator.resource.checklist import DrillResult
from ideogram_operator.resource.conditions import Condition
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import KIND, ConditionStatus, ConditionType, State, TargetMode

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
        # Of a drill it is told that it begins.
        if after.cause != DRILL:
            because = reason if after.cause == PREFLIGHT else Reason.FALLBACK_REQUESTED
            yield _note(regarding, WARNING, because, "Fallback", message)
    elif wanted is TargetMode.THROTTLED:
        yield _note(regarding, WARNING, Reason.RATE_LIMITED, "Throttle", message)
    elif wanted is TargetMode.LIVE:
        # A way back that began earlier has a start of its own, which is not the fallback's.
        since = f"; they were in fallback since {clock_time(before.since)}" if before.state is State.FALLBACK else ""
        text = f"Targets are given back{since}."
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


def preflight_notes(raw: Mapping[str, Any], was: ConditionStatus | None, after: IntegrationStatus) -> Iterator[Note]:
    """Returns what there is to tell of required checks that pass now, or do not pass any more.

    Args:
        raw: the integration as stored in the cluster.
        was: the condition's status as it was told last; None if there was none.
        after: the status now.
    """
    regarding = {**raw, "kind": KIND, "apiVersion": raw.get("apiVersion", "")}
    now = _checked(after)
    if now is None or now.status is ConditionStatus.UNKNOWN or was is None or was is now.status:
        return
    well = now.status is ConditionStatus.TRUE
    if not well and was is ConditionStatus.UNKNOWN:
        # What has not passed yet is no news: most integrations begin so, and status has it all.
        return
    yield _note(regarding, NORMAL if well else WARNING, now.reason, "Preflight", now.message)


def checked(status: IntegrationStatus) -> ConditionStatus | None:
    """Returns whether the required checks passed, as a status tells it."""
    found = _checked(status)
    return found.status if found is not None else None


def _checked(status: IntegrationStatus) -> Condition | None:
    return next((one for one in status.conditions if one.type is ConditionType.PREFLIGHT_PASSED), None)


def drill_notes(raw: Mapping[str, Any], before: DrillMemory, after: DrillMemory) -> Iterator[Note]:
    """Returns what there is to tell of a drill that has ended or begun since."""
    regarding = {**raw, "kind": KIND, "apiVersion": raw.get("apiVersion", "")}
    if after.last_time != before.last_time and after.result is not None:
        well = after.result is DrillResult.SUCCEEDED
        reason = Reason.DRILL_SUCCEEDED if well else Reason.DRILL_FAILED
        yield _note(regarding, NORMAL if well else WARNING, reason, "Drill", f"{after.result}: {after.message}")
    if after.phase is not None and after.started_at != before.started_at:
        text = f"The fallback is being rehearsed with {', '.join(after.targets)}."
        yield _note(regarding, NORMAL, Reason.DRILL_IN_PROGRESS, "Drill", text)


def word_notes(raw: Mapping[str, Any], before: Mapping[str, TargetMode], standing: Standing) -> Iterator[Note]:
    """Returns what there is to tell of applications that do not say of themselves what they were told."""
    regarding = {**raw, "kind": KIND, "apiVersion": raw.get("apiVersion", "")}
    for target in standing.targets:
        if target.verified is False and before.get(target.name) is not target.mode:
            text = f"{target.name} was told {target.mode}, but {target.message}. Look at how it reads its switch."
            yield _note(regarding, WARNING, Reason.FALLBACK_UNVERIFIED, "Verify", text)


def unverified(before: Mapping[str, TargetMode], standing: Standing) -> dict[str, TargetMode]:
    """Returns for which targets it has been told that they do not say what they were told, and what that was.

    One that is just not heard, as in the middle of a deploy, is not news when it is heard again.
    """
    told = {target.name: target.mode for target in standing.targets}
    kept = {name: mode for name, mode in before.items() if told.get(name) is mode}
    heard = {target.name for target in standing.targets if target.verified is True}
    new = {target.name: target.mode for target in standing.targets if target.verified is False}
    return {name: mode for name, mode in (kept | new).items() if name not in heard}


def _note(
    regarding: Mapping[str, Any], kind: Literal["Normal", "Warning"], reason: Reason, action: str, text: str
) -> Note:
    return Note(regarding=regarding, type=kind, reason=reason.value, action=action, text=text)
