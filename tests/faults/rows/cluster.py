"""Rows of the API server, what stands behind it, and what it lets the operator do."""

from typing import Final

from tests.faults.row import Place, Row

SOON: Final = "fallback within seconds of its end"
BACK: Final = f"Nothing while it lasts; {SOON}"
EDIT: Final = "An edit made meanwhile is acted on within seconds of its end"
TOLD: Final = "Fallback all the same; status follows when it ends"
ONCE: Final = "one rollout there and one back"
STATUSES: Final = (403, 409, 410, 422, 429, 500, 503)


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"cluster/{name}", place=Place.CLUSTER, fault=fault, promised=promised)


def _each(name: str, what: str, promised: str) -> dict[int, Row]:
    after = {429: " with Retry-After: 1"}
    return {
        status: _row(f"{name}-{status}", f"HTTP {status}{after.get(status, '')} to {what}", promised)
        for status in STATUSES
    }


STOPPED: Final = _row(
    "stopped-healed",
    "The API server is stopped for two minutes; the provider dies and heals meanwhile",
    "Nothing is switched, then or later",
)
STOPPED_DEAD: Final = _row(
    "stopped-dead", "The API server is stopped for two minutes; the key is revoked meanwhile, and stays so", BACK
)
STOPPED_FALLEN: Final = _row(
    "stopped-fallen",
    "The API server is stopped for two minutes; the provider, down before, heals meanwhile",
    "Stays in fallback while it lasts; back within seconds of its end",
)
RESTARTED: Final = _row("restarted", "The API server is killed and started again in an outage", f"Fallback; {ONCE}")
FROZEN: Final = _row("frozen", "The API server is frozen (SIGSTOP) for 30 s in an outage", BACK)
UNREACHABLE: Final = _row(
    "unreachable", "The operator cannot reach the API server for 20 s; the key is revoked meanwhile", BACK
)
SLOW: Final = _row("slow", "The API server takes 2 s for each answer", f"Fallback; {ONCE}; its liveness stays green")
ETCD_STOPPED: Final = _row("etcd-stopped", "etcd is stopped for 10 s in an outage", BACK)
ETCD_RESTARTED: Final = _row("etcd-restarted", "etcd is killed and started again in an outage", f"Fallback; {ONCE}")
ETCD_FROZEN: Final = _row("etcd-frozen", "etcd is frozen (SIGSTOP) for 15 s in an outage", BACK)

EVERYTHING: Final = {
    status: _row(f"everything-{status}", f"HTTP {status} to everything, watches cut; the key is revoked", BACK)
    for status in (401, 429, 500, 503)
}
GET_TARGET: Final = _each("get-target", "GET of a target in an outage", f"Says so in `targets`; {SOON}")
PATCH_TARGET: Final = _each("patch-target", "PATCH of a target in an outage", f"Says so in `targets`; {SOON}")
PATCH_STATUS: Final = _each("patch-status", "PATCH of status in an outage", TOLD)
GET_INTEGRATION: Final = _each(
    "get-integration", "GET of the integration in an outage, after a conflict about its finalizer", TOLD
)
PATCH_INTEGRATION: Final = _each("patch-integration", "PATCH of the integration (its finalizer) in an outage", TOLD)
CREATE_EVENT: Final = _each("create-event", "POST of Events in an outage", "Fallback and back; only Events are lost")
GET_SECRET: Final = _each(
    "get-secret", "GET of a new integration's Secret", "Not ready, and says why; ready at its end"
)
LIST: Final = _each("list-integrations", "LIST of integrations, after their watch broke", EDIT)
WATCH: Final = _each("watch-integrations", "WATCH of integrations", EDIT)
LIST_TARGETS: Final = _each(
    "list-targets",
    "LIST of targets by labels, as a spec comes to name them",
    "Not ready, and says why; ready at its end",
)
LIST_AUTOSCALERS: Final = _each(
    "list-autoscalers",
    "LIST of HorizontalPodAutoscalers in a preflight",
    "`concurrency` is Unknown and says why, no other check is; it passes at its end",
)
REVIEW: Final = _each(
    "review",
    "POST of SelfSubjectAccessReviews in a preflight",
    "`permissions` is Unknown and says why, no other check is; it passes at its end",
)
GET_LEASE: Final = _each(
    "get-lease", "GET of the Lease, as an operator starts in an outage", f"Stands by, and writes nothing; {SOON}"
)
RENEW_LEASE: Final = _each(
    "renew-lease",
    "PUT of a Lease of 3 s, for longer than that, in an outage",
    f"Writes nothing once its tenure is over, and goes on when nobody took it: {SOON}",
)

LOST_ANSWER: Final = _row(
    "lost-answer", "The PATCH of a target is carried out, and its answer lost", f"Fallback; {ONCE}"
)
HANGING: Final = _row("hanging", "The PATCH of a target never gets an answer, once", f"Fallback; {ONCE}")
SILENT: Final = _row(
    "silent-watch", "The watch of integrations is silent: its other end is dead", "An edit is noticed within 80 s"
)
SILENT_TARGETS: Final = _row(
    "silent-watch-targets",
    "The watch of targets is silent, and somebody puts a target back in fallback",
    "It is told again within 80 s",
)
CLOSED: Final = _row(
    "closed-watches",
    "All watches are closed as soon as they are open",
    "Asked for again with a pause; an edit counts",
)
GONE: Final = _row(
    "gone-watches", "All watches say 410 Gone as soon as they are open", "Listed again with a pause; an edit counts"
)
CRD: Final = _row(
    "crd",
    "The CustomResourceDefinition is removed, and applied again",
    "All is forgotten, nothing touched; a new integration is taken up",
)
CRD_FALLEN: Final = _row(
    "crd-fallen",
    "The CustomResourceDefinition is removed in fallback",
    "Targets are given back exactly, then it lets go",
)
RIGHTS: Final = {
    name: _row(f"rights-{name}", f"The right to {what} is withdrawn in an outage, and given back", promised)
    for name, what, promised in (
        ("targets", "patch targets", f"Says which rule is missing; {SOON}"),
        ("status", "patch status", TOLD),
        ("events", "create Events", "Fallback and back; only Events are lost"),
    )
}
NO_RIGHTS: Final = _row("rights-all", "All rights are withdrawn, and given back; the key is revoked meanwhile", BACK)
LEADER_KILLED: Final = _row(
    "leader-killed", "Of two replicas the leader is killed in fallback, with a Lease of 3 s", f"Succeeded; {ONCE}"
)
LEADER_FROZEN: Final = _row(
    "leader-frozen",
    "The leader is frozen past its Lease, and goes on",
    "Succeeded; the old one writes nothing, and ends",
)

ROWS: Final[tuple[Row, ...]] = (
    *(STOPPED, STOPPED_DEAD, STOPPED_FALLEN, RESTARTED, FROZEN, UNREACHABLE, SLOW),
    *(ETCD_STOPPED, ETCD_RESTARTED, ETCD_FROZEN, *EVERYTHING.values()),
    *(*GET_TARGET.values(), *PATCH_TARGET.values(), *LIST_TARGETS.values(), *PATCH_STATUS.values()),
    *(*GET_INTEGRATION.values(), *PATCH_INTEGRATION.values(), *GET_SECRET.values(), *CREATE_EVENT.values()),
    *(
        *LIST.values(),
        *WATCH.values(),
        *LIST_AUTOSCALERS.values(),
        *REVIEW.values(),
        *GET_LEASE.values(),
        *RENEW_LEASE.values(),
        LOST_ANSWER,
        HANGING,
        SILENT,
        SILENT_TARGETS,
        CLOSED,
        GONE,
    ),
    *(CRD, CRD_FALLEN, *RIGHTS.values(), NO_RIGHTS, LEADER_KILLED, LEADER_FROZEN),
)
