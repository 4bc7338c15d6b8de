"""From what a preflight found to what status keeps, pure: results are joined, counted, and the gate is opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import NOT_ASKED, Facts, GenerationFacts, Inquiry, ReceiverFacts
from ideogram_operator.checks.finding import Finding
from ideogram_operator.checks.judging import Result, Verdict, judge, summary, verdict
from ideogram_operator.checks.required import required
from ideogram_operator.resource.checklist import CheckId, Gate
from ideogram_operator.resource.observations import CheckStatus, PreflightStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.runtime.preflight.occasion import Occasion, notify_digest, paid_digest

AN_EDIT: Final = "a preflight of the edited spec"
"""What a gate waits for where nothing else is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one preflight found.

    Attributes:
        generation: of the spec that was looked at.
        request: the annotation's value that it obeyed; empty for none.
    """

    occasion: Occasion
    facts: Facts
    generation: int
    request: str


def remembered(facts: Facts, status: PreflightStatus, image: GenerationFacts | None) -> Facts:
    """Returns the facts with what was not asked again and is known: the last image, receivers that were reached."""
    if facts.generation is NOT_ASKED and image is not None:
        facts = replace(facts, generation=image)
    known = status.notified_at is not None and status.notified_for == notify_digest(facts.spec)
    if facts.receivers is NOT_ASKED and known:
        reached = enumerate(facts.spec.notify)
        facts = replace(
            facts,
            receivers=tuple(ReceiverFacts(name=f"notify[{n}]", severities=one.severities) for n, one in reached),
        )
    return facts


def updated(
    status: PreflightStatus, found: Found, image: GenerationFacts | None, *, current: bool = True
) -> PreflightStatus:
    """Returns the status after a preflight.

    Args:
        status: before it.
        found: what it found.
        image: what the last paid check found, if this process knows.
        current: whether the spec is still the one that was looked at; by an old one no gate is opened.
    """
    facts, spec, whole = found.facts, found.facts.spec, found.occasion.whole
    results = judge(remembered(facts, status, image))
    checks = _joined(status, results, found, image)
    counts = summary(results_of(checks))
    asked = found.occasion.wanted
    reached = _all_reached(facts) if Inquiry.RECEIVERS in asked else None
    changes: dict[str, object] = {
        "checks": checks,
        "summary": counts.text,
        "passed": counts.passed,
        "failed": counts.failed,
        "unknown": counts.unknown,
    }
    if whole:
        changes |= {"last_time": facts.now, "observed_generation": found.generation}
        changes |= {"last_handled_request": found.request or status.last_handled_request}
    if Inquiry.GENERATION in asked:
        changes |= {"paid_for": paid_digest(spec)}
    if reached is not None:
        changes |= {"notified_for": notify_digest(spec), "notified_at": facts.now if reached else None}
    # Made anew and not copied: only so are its bounds kept.
    after = PreflightStatus(**(dict(status) | changes))
    opened = _open_since(spec, after, facts.now) if current else status.open_since
    return after.model_copy(update={"open_since": opened})


def verdict_of(spec: IntegrationSpec, status: PreflightStatus | None) -> Verdict:
    """Returns whether the required checks passed, as far as status tells."""
    wanted = required(spec)
    return verdict(results_of(status.checks if status else ()), wanted)


def closed_by(
    spec: IntegrationSpec, status: PreflightStatus | None, *, held: bool = False, generation: int = 0
) -> tuple[str, ...] | None:
    """Returns the required checks for which the gate waits; None if it is open, or there is none.

    Args:
        spec: as it is now.
        status: what the preflights found.
        held: whether the gate keeps the targets in fallback already. Then it waits for a preflight of this very spec:
            what was found about another one opens nothing.
        generation: of the spec.

    It is a gate on the way to going live: once open, it stays open, whatever fails later. An attestation that expires
    at night must not take an application down.
    """
    if spec.preflight.gate is Gate.NONE or (status is not None and status.open_since is not None):
        return None
    if held and (status is None or status.observed_generation != generation):
        return _before_live(spec, status) or (AN_EDIT,)
    return _before_live(spec, status) or None


def results_of(checks: Iterable[CheckStatus]) -> tuple[Result, ...]:
    """Returns the results that status keeps."""
    return tuple(
        Result(
            id=one.id,
            finding=Finding(result=one.result, evidence=one.evidence, message=one.message or "", hint=one.hint or ""),
        )
        for one in checks
    )


def _open_since(spec: IntegrationSpec, status: PreflightStatus, now: datetime) -> datetime | None:
    if spec.preflight.gate is Gate.NONE:
        return None
    if status.open_since is not None:
        return status.open_since
    return None if _before_live(spec, status) else now


def _before_live(spec: IntegrationSpec, status: PreflightStatus | None) -> tuple[str, ...]:
    """The required checks that did not pass, without the drill: nobody can rehearse leaving what has not begun."""
    missing = verdict_of(spec, status).missing
    return tuple(check.value for check in missing if check is not CheckId.ROLLBACK_TESTED)


def _joined(
    status: PreflightStatus, results: Sequence[Result], found: Found, image: GenerationFacts | None
) -> tuple[CheckStatus, ...]:
    """The checks in the order of the checklist: what was judged now, and what was found earlier."""
    new = {result.id: result.finding for result in results}
    before = {one.id: one for one in status.checks}
    joined = []
    for check in CHECKLIST:
        earlier = before.get(check.id)
        if check.id in new:
            joined.append(_told(check.id, new[check.id], earlier, _when(check.needs, found, status, image)))
        elif earlier is not None:
            joined.append(earlier.model_copy(update={"time": earlier.time or status.last_time}))
    return tuple(joined)


def _told(check: CheckId, finding: Finding, earlier: CheckStatus | None, at: datetime | None) -> CheckStatus:
    told = CheckStatus(
        id=check,
        result=finding.result,
        evidence=finding.evidence,
        time=at,
        message=finding.message,
        hint=finding.hint or None,
    )
    if earlier is None:
        return told
    # Found again as it was: since when is more telling than that it was looked at once more.
    same = (earlier.result, earlier.evidence) == (told.result, told.evidence)
    return told.model_copy(update={"time": earlier.time}) if same and at is not None and earlier.time else told


def _when(
    needs: Sequence[Inquiry], found: Found, status: PreflightStatus, image: GenerationFacts | None
) -> datetime | None:
    """When it was found, None for the time of the whole preflight."""
    asked = found.occasion.wanted
    if Inquiry.GENERATION in needs and Inquiry.GENERATION not in asked and image is not None:
        return image.at
    if Inquiry.RECEIVERS in needs and Inquiry.RECEIVERS not in asked:
        return status.notified_at
    return None if found.occasion.whole else found.facts.now


def _all_reached(facts: Facts) -> bool:
    receivers = facts.receivers
    return isinstance(receivers, tuple) and all(one.failure is None for one in receivers)
