"""From what the runtime knows to how an integration stands, in the terms of deciding."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.standing import PreflightStanding, Problem, Standing, TargetStanding
from ideogram_operator.resource.observations import ProbeStatus
from ideogram_operator.resource.pending import not_yet_acted_on
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Strength, TargetMode
from ideogram_operator.runtime.drilling import hold_ends
from ideogram_operator.runtime.preflight.outcome import verdict_of
from ideogram_operator.runtime.probing.stats import StreamStats
from ideogram_operator.runtime.record import Known, Record
from ideogram_operator.runtime.roster import orders, overrides_of
from ideogram_operator.runtime.verification import word_of
from ideogram_operator.runtime.word import Word

NOT_READY = frozenset(
    {
        Reason.TARGET_MISSING,
        Reason.TARGET_IMMUTABLE,
        Reason.TARGET_REFUSED,
        Reason.PERMISSION_DENIED,
        Reason.CLUSTER_UNREACHABLE,
    }
)


def standing_of(
    record: Record,
    decision: Decision,
    *,
    policy: Policy,
    now: datetime,
    problems: Iterable[Problem],
    why_not_touching: Reason | None,
    stats: Sequence[StreamStats],
    evidence: Sequence[Evidence],
) -> Standing:
    """Returns how the integration stands."""
    targets = tuple(_target(record, known, order.wanted) for known, order in orders(record, decision))
    hindering = [one.problem for one in targets if one.problem is not None and one.problem.reason in NOT_READY]
    spec = record.spec
    return Standing(
        policy=policy,
        decision=decision,
        now=now,
        problems=(*problems, *hindering),
        spec_invalid=record.spec_problem is not None,
        why_not_touching=why_not_touching,
        targets=targets,
        not_acted_on=not_yet_acted_on(spec) if spec is not None else (),
        key_at=_key_at(record),
        host=urlsplit(spec.api.base_url).netloc if spec is not None else "the API",
        paid=_last_paid(evidence, now),
        probe_note=next((one.skipped for one in stats if one.skipped), ""),
        preflight=_preflight(record),
        gate_missing=record.preflight_gate or (),
        drill_until=hold_ends(record),
    )


def _preflight(record: Record) -> PreflightStanding | None:
    status = record.preflight
    if record.spec is None or status.last_time is None:
        return None
    found = verdict_of(record.spec, status)
    missing = tuple(check.value for check in found.missing)
    return PreflightStanding(summary=status.summary or "", missing=missing, failed=found.failed)


def _last_paid(evidence: Sequence[Evidence], now: datetime) -> Evidence | None:
    paid = (fact for fact in reversed(evidence) if fact.strength is Strength.GENERATE and fact.fresh(now))
    return next((fact for fact in paid if fact.good or fact.bad), None)


def probe_status(
    stats: Sequence[StreamStats], before: ProbeStatus | None, now: datetime, message: str
) -> ProbeStatus | None:
    """Returns what the probes tell of themselves; what was told before while there are none.

    Args:
        stats: of the frequent check's stream, then of the paid one.
        before: as in status so far.
        now: gives the day to which spending belongs.
        message: what the evidence says.
    """
    if not stats:
        return before
    frequent = stats[0]
    paid = next((one for one in stats if one.spent_today is not None), None)
    spent = paid.spent_today if paid is not None else None
    return ProbeStatus(
        method=frequent.method,
        last_time=frequent.last_time,
        http_status=frequent.http_status,
        latency=_duration(frequent.latency),
        p95=_duration(frequent.p95),
        spent_today_usd=spent or None,
        spent_on=f"{now:%Y-%m-%d}" if spent and spent > Decimal(0) else None,
        next_generate_time=paid.next_time if paid is not None else None,
        message=message,
    )


def _target(record: Record, known: Known, wanted: TargetMode) -> TargetStanding:
    word = word_of(record, known)
    following = known.rollout.message if known.rollout is not None and not known.ready else ""
    return TargetStanding(
        name=str(known.ref),
        mode=known.mode or TargetMode.LIVE,
        wanted=wanted,
        ready=known.ready,
        at=known.since,
        ready_at=known.ready_at,
        problem=known.problem,
        verified=word.verified if word is not None else None,
        message=following or known.note or _said(word) or _what_it_is_told(known),
    )


def _said(word: Word | None) -> str:
    """What a person has to look after, or would otherwise have looked up."""
    if word is None or (word.verified and word.question.mode is TargetMode.LIVE):
        return ""
    return word.message


def _what_it_is_told(known: Known) -> str:
    """What a person finds on the target while it is held; empty while it is not."""
    overrides = overrides_of(known.wish, known.mode) if known.wish is not None and known.mode is not None else None
    if overrides is None:
        return ""
    where = f" in {', '.join(overrides.containers)}" if overrides.containers else ""
    return ", ".join(f"{name}={_plain(value)}" for name, value in overrides.values.items()) + where


def _plain(value: str | bool) -> str:  # noqa: FBT001 - a value as it stands in a manifest
    return value if isinstance(value, str) else str(value).lower()


def _key_at(record: Record) -> str:
    if record.spec is None:
        return "the Secret"
    ref = record.spec.api.key_secret_ref
    return f"Secret {record.key.namespace}/{ref.name}, key {ref.key}"


def _duration(seconds: float | None) -> timedelta | None:
    return timedelta(milliseconds=round(seconds * 1000)) if seconds is not None else None
