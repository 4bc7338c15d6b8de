"""The Lease by which one operator among several is the one that works: what it says, and what is written into it.

``coordination.k8s.io/v1``. Its times are the holder's own and are for people: whether a Lease has run out is judged by
how long *we* have seen it unchanged, so that clocks which differ or jump decide nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from ideogram_operator.cluster.addresses import Resource
from ideogram_operator.cluster.answers import Object
from ideogram_operator.cluster.events import micro

LEASES = Resource(group="coordination.k8s.io", version="v1", plural="leases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One holder's time in the Lease, up to its latest renewal.

    Attributes:
        holder: its identity; empty where the last one let go.
        duration: seconds for which the holder must be believed after each renewal.
        acquired, renewed: the holder's own dates, as written.
        transitions: how often the Lease has changed hands.
    """

    holder: str
    duration: float
    acquired: str
    renewed: str
    transitions: int

    @classmethod
    def read(cls, lease: Object) -> Self:
        """The term that a Lease tells of; what is missing or of another type counts as nobody's, and as zero."""
        found = lease.get("spec")
        spec: dict[str, Any] = found if isinstance(found, dict) else {}
        return cls(
            holder=_text(spec.get("holderIdentity")),
            duration=float(_number(spec.get("leaseDurationSeconds"))),
            acquired=_text(spec.get("acquireTime")),
            renewed=_text(spec.get("renewTime")),
            transitions=_number(spec.get("leaseTransitions")),
        )

    def taken(self, identity: str, *, duration: int, now: datetime) -> "Term":
        """The term that begins when this one is over, be it the same one's in another life."""
        at = micro(now)
        transitions = self.transitions + (1 if self.acquired else 0)
        return Term(holder=identity, duration=duration, acquired=at, renewed=at, transitions=transitions)

    def renewed_at(self, now: datetime) -> "Term":
        """The same term, longer."""
        return replace(self, renewed=micro(now))

    def ended(self, now: datetime) -> "Term":
        """Nobody's: the next one need not wait."""
        return replace(self, holder="", duration=1, renewed=micro(now))

    def same_tenure(self, other: "Term") -> bool:
        """Whether both are of one holder, and nobody was between them."""
        return (self.holder, self.acquired, self.transitions) == (other.holder, other.acquired, other.transitions)

    def written(self, lease: Object) -> Object:
        """The Lease that says so; labels, annotations and version of ``lease`` stay."""
        spec = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": int(self.duration),
            "acquireTime": self.acquired,
            "renewTime": self.renewed,
            "leaseTransitions": self.transitions,
        }
        return {**lease, "apiVersion": LEASES.api_version, "kind": "Lease", "spec": spec}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
