"""From the operator's record of an integration to the subject of its preflight."""

from datetime import datetime

from ideogram_operator.checks.facts import BreakerFacts
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.ideogram.hosts import AllowedHosts, HostNotAllowedError, InvalidHostError
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import OverrideMode, Trigger
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.roster import orders

HINDRANCES = {
    Reason.OBSERVE_MODE: "spec.mode is Observe: nothing is switched",
    Reason.READ_ONLY: "the operator runs with --read-only: nothing is switched",
}
_ORDERS = {
    OverrideMode.FORCE_LIVE: "spec.override is ForceLive: nothing is switched",
    OverrideMode.FREEZE: "spec.override is Freeze: nothing is switched",
}


def subject_of(
    record: Record, spec: IntegrationSpec, *, hosts: AllowedHosts, why_not: Reason | None, now: datetime
) -> Subject:
    """Returns the subject.

    Args:
        record: the integration.
        spec: its spec.
        hosts: where keys may be sent.
        why_not: why the operator does not touch its targets; None if it does.
        now: the time, UTC.
    """
    return Subject(
        namespace=record.key.namespace,
        name=record.key.name,
        uid=record.uid,
        spec=spec,
        host_problem=host_problem(spec, hosts),
        breaker=_breaker(record, why_not, now),
        refused=_refused(record),
        writes=why_not is not Reason.READ_ONLY,
    )


def host_problem(spec: IntegrationSpec, hosts: AllowedHosts) -> str:
    """Returns why no key may be sent to the integration's API; empty if one may."""
    try:
        hosts.check(spec.api.base_url)
    except (HostNotAllowedError, InvalidHostError) as error:
        return str(error)
    return ""


def _breaker(record: Record, why_not: Reason | None, now: datetime) -> BreakerFacts:
    decision, drill = record.decision, record.drill
    # Before anything was decided, what a look at the targets found counts.
    behind = tuple(str(known.ref) for known in record.targets.values() if known.problem is not None)
    hindrance = HINDRANCES.get(why_not, "") if why_not else ""
    if decision is not None and record.spec is not None:
        troubled = (
            known.ref for known, order in orders(record, decision) if known.problem or known.mode is not order.wanted
        )
        behind = tuple(str(ref) for ref in troubled)
    return BreakerFacts(
        hindrance=hindrance or (ordered(record.spec, now) if record.spec is not None else ""),
        out_of_sync=() if hindrance else behind,
        last_drill=drill.last_time,
        last_drill_result=drill.result,
        last_success=drill.last_success,
        drill_message=drill.message or "",
    )


def ordered(spec: IntegrationSpec, now: datetime) -> str:
    """Returns why a person's order keeps the breaker from switching; empty if none does."""
    order = spec.overridden(now)
    return _ORDERS.get(order, "") if order is not None else ""


def _refused(record: Record) -> str:
    """What was seen when the key was refused, while it is: it is left alone then."""
    alerts = record.decision.alerts if record.decision else ()
    return next((alert.message for alert in alerts if alert.trigger is Trigger.AUTH_FAILURE), "")
