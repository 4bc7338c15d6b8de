"""Rows of the targets: what happens to an application while it is switched, and who else edits it."""

from typing import Final

from tests.faults.row import Place, Row


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"target/{name}", place=Place.TARGETS, fault=fault, promised=promised)


DELETED_LIVE: Final = _row(
    "deleted-live",
    "Deleted while Live, and made again while the provider is down",
    "`TargetMissing` with the outage, else within ten minutes; told as soon as it is there again",
)
DELETED: Final = _row(
    "deleted-fallback",
    "Deleted in Fallback, and made again",
    "`TargetMissing`; told to be in fallback as soon as it is there again",
)
RENAMED: Final = _row(
    "renamed", "Deleted in Fallback and made under another name that the selector finds", "The new one is told"
)
PAUSED: Final = _row(
    "paused", "A Deployment is paused", "Told all the same; `TargetPaused` says that its pods do not follow"
)
SCALED: Final = _row("scaled-to-zero", "Scaled to 0 in Fallback and up again", "Stays told; the scale stays theirs")
STUCK: Final = _row(
    "rollout-stuck", "The new pods crash", "Told once; `RolloutStuck` says where to look; given back in time"
)
IMMUTABLE: Final = _row(
    "immutable",
    "A ConfigMap is immutable",
    "`TargetImmutable`; the other targets are told, and it is not tried again and again",
)
EDITED: Final = _row(
    "edited", "Somebody deploys another image in Fallback", "Their deploy stays; only the switch is given back"
)
PUT_BACK: Final = _row("put-back", "Somebody puts the switch back once", "Told again")
FOUGHT: Final = _row(
    "gitops",
    "A GitOps controller puts the switch back each time",
    "`TargetConflict` names it after three rounds; the target is left alone",
)
LEDGER_LOST: Final = _row(
    "annotation-lost", "Somebody deletes the operator's annotation in Fallback", "Written again; the switch stays told"
)
NAMESPACE: Final = _row(
    "namespace", "The namespace is deleted while an integration holds in it", "It ends; no finalizer keeps it"
)
SHARED: Final = _row(
    "shared",
    "A hundred integrations share one target, and the provider dies",
    "One patch of the pod template and one rollout; back when the last lets go",
)

ROWS: Final[tuple[Row, ...]] = (
    *(DELETED_LIVE, DELETED, RENAMED, PAUSED, SCALED, STUCK, IMMUTABLE),
    *(EDITED, PUT_BACK, FOUGHT, LEDGER_LOST, NAMESPACE, SHARED),
)
