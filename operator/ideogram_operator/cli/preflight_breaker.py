"""How the circuit breaker of an integration stands, by what its operator says in status."""

from datetime import datetime
from typing import Final

from ideogram_operator.checks.facts import BreakerFacts, Lack
from ideogram_operator.cli.surroundings import Installed
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.observations import DrillStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import Mode
from ideogram_operator.runtime.preflight.subject import HINDRANCES, ordered

UNTENDED: Final = Lack(
    result=CheckResult.UNKNOWN,
    message="no operator tends it yet",
    hint="Install the operator, and apply the integration: kubectl apply -f FILE",
)


def breaker_of(spec: IntegrationSpec, installed: Installed | None, now: datetime) -> BreakerFacts | Lack:
    """Returns how it would stand with this spec; a lack where no operator has said anything.

    Args:
        spec: as it is in the file.
        installed: the integration of that name in the cluster.
        now: the time, UTC.
    """
    if installed is None or installed.status.last_update is None:
        return UNTENDED
    hindrance, status = _hindrance(spec, installed.status, now), installed.status
    drill = status.drill or DrillStatus()
    behind = tuple(f"{one.kind}/{one.name}" for one in status.targets if one.in_sync is False)
    return BreakerFacts(
        hindrance=hindrance,
        out_of_sync=() if hindrance else behind,
        last_drill=drill.last_time,
        last_drill_result=drill.result,
        last_success=drill.last_success_time,
        drill_message=drill.message or "",
    )


def _hindrance(spec: IntegrationSpec, status: IntegrationStatus, now: datetime) -> str:
    if spec.mode is Mode.OBSERVE:
        return HINDRANCES[Reason.OBSERVE_MODE]
    reasons = [*(one.reason for one in status.conditions), *(one.reason for one in status.targets)]
    if Reason.READ_ONLY in reasons:
        return HINDRANCES[Reason.READ_ONLY]
    return ordered(spec, now)
