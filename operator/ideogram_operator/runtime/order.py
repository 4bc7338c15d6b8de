"""What one target should be told, what was found on it, and the words for what kept it from being told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ideogram_operator.cluster import reasons
from ideogram_operator.cluster.claims import LONGEST_MESSAGE, Claim, Unreadable, read_ledger
from ideogram_operator.cluster.reasons import Remark
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.fields import parse_time
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetKind, TargetMode

THROTTLE = "throttle"
LONGEST_TRIGGER = 63

REASONS: Mapping[reasons.Reason, Reason] = {
    reasons.Reason.TARGET_NOT_FOUND: Reason.TARGET_MISSING,
    reasons.Reason.CONTAINER_NOT_FOUND: Reason.TARGET_MISSING,
    reasons.Reason.CONFIG_MAP_IMMUTABLE: Reason.TARGET_IMMUTABLE,
    reasons.Reason.FORBIDDEN: Reason.PERMISSION_DENIED,
    reasons.Reason.BUSY: Reason.CLUSTER_UNREACHABLE,
    reasons.Reason.UNAVAILABLE: Reason.CLUSTER_UNREACHABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one target should be told.

    Attributes:
        namespace: of the integration, and so of the target.
        integration, uid: who asks.
        claim: what is wanted of the target; None: nothing is asked, it is given back.
        wanted: the mode that the claim stands for.
        version: flip and generation; a target left alone after a conflict is left alone for this one.
    """

    namespace: str
    integration: str
    uid: str
    claim: Claim | None
    wanted: TargetMode
    version: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A claim in our name that a look found on a target; of another uid, an integration's that is gone.

    Attributes:
        alert, strength, message: of the alert behind it, as far as the claim tells.
    """

    uid: str
    flip: int
    since: datetime | None
    trigger: str
    alert: str
    strength: int
    message: str

    @property
    def mode(self) -> TargetMode:
        """What the claim stands for."""
        return TargetMode.THROTTLED if self.trigger == THROTTLE else TargetMode.FALLBACK


def problem_of(remark: Remark) -> Problem:
    """Returns a remark of the cluster layer in the words of status."""
    return Problem(reason=REASONS.get(remark.reason, Reason.TARGET_REFUSED), message=remark.message)


def our_claim(order: Order, kind: TargetKind, live: Mapping[str, Any]) -> Found | None:
    """Returns the claim in the integration's name that a live target carries, None if there is none to be read."""
    try:
        ledger = read_ledger(kind, live)
    except Unreadable:
        return None
    for claim in ledger.claims if ledger else ():
        if claim.integration == order.integration:
            return Found(
                uid=claim.uid,
                flip=claim.flip,
                since=_moment(claim.since),
                trigger=clip(claim.trigger, LONGEST_TRIGGER),
                alert=claim.alert,
                strength=claim.strength,
                message=clip(claim.message, LONGEST_MESSAGE),
            )
    return None


def _moment(text: str) -> datetime | None:
    try:
        return parse_time(text)
    except ValueError:
        return None
