"""What happens to an integration, phase by phase."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ideogram_operator.resource.words import DRILL_ANNOTATION
from lab.kube import Json
from tests.crashes.ends import Target
from tests.crashes.stage import Phase
from tests.e2e.shop import Shop, condition, held_by_finalizer, ordered, target

WEB: Target = ("Deployment", "web")
SETTINGS: Target = ("ConfigMap", "settings")
WORKER: Target = ("StatefulSet", "worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story of some phases.

    Attributes:
        targets: of the integration; they are there before it.
        throttle: of each target.
        spec: of the integration, where it differs.
    """

    name: str
    phases: tuple[Phase, ...]
    targets: tuple[Target, ...] = (WEB,)
    throttle: Json | None = None
    spec: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def entries(self) -> list[Json]:
        """spec.targets."""
        more = {"throttle": self.throttle} if self.throttle else {}
        return [target(name, kind, **more) for kind, name in self.targets]


def everywhere(status: Json, mode: str) -> bool:
    """Whether every target is told so, its pods follow, and the last flip's times are written."""
    told = all(
        one.get("mode") == mode and one.get("ready") and one.get("inSync") for one in status.get("targets", [{}])
    )
    return told and all("patched" in flip and "ready" in flip for flip in status.get("history", [])[-1:])


def probed(status: Json) -> bool:
    """Whether this operator has asked the API itself: before it has, it says of its health that it does not know."""
    return status.get("health") in {"Healthy", "Degraded", "Down"}


def held(item: Json | None) -> bool:
    """Whether it is in fallback, with all that belongs to it."""
    status = (item or {}).get("status", {})
    told = status.get("state") == "Fallback" and everywhere(status, "Fallback")
    return bool(item and told and probed(status) and held_by_finalizer(item))


def live(item: Json | None) -> bool:
    """Whether it is Live, with nothing held and nothing left over."""
    status = (item or {}).get("status", {})
    at_work = status.get("state") == "Live" and status.get("health") == "Healthy"
    ready = condition(status, "Ready")["status"] == "True"
    checked = status.get("preflight", {}).get("lastTime") is not None
    return bool(item and at_work and ready and checked and everywhere(status, "Live") and not held_by_finalizer(item))


def gone(item: Json | None) -> bool:
    return item is None


def throttled(item: Json | None) -> bool:
    """Whether it does less, though it is not in fallback."""
    status = (item or {}).get("status", {})
    told = status.get("state") != "Fallback" and everywhere(status, "Throttled")
    return bool(item and told and probed(status) and held_by_finalizer(item))


def rehearsed(item: Json | None) -> bool:
    """Whether the drill is over: to its end, or sent back by a crash."""
    drill = (item or {}).get("status", {}).get("drill", {})
    return live(item) and drill.get("result") in {"Succeeded", "Aborted"} and "phase" not in drill


def fault(kind: str, **more: Any) -> Callable[[Shop], object]:
    return lambda shop: shop.simulator.admin.fault(kind, **more)


def order(*, seconds: float) -> Callable[[Shop], object]:
    return lambda shop: shop.edit(override=ordered("ForceFallback", seconds=seconds))


FLIP = Phase(name="flip", act=fault("refused"), ended=held)
RETURN = Phase(name="return", act=lambda shop: shop.simulator.admin.heal(), ended=live)
DELETION = Phase(name="deletion", act=lambda shop: shop.kube.delete(shop.at()), ended=gone)
DRILL = Phase(
    name="drill",
    act=lambda shop: shop.annotate(DRILL_ANNOTATION, "now"),
    ended=rehearsed,
    rollouts=2,
    # A drill that nobody watched is sent back, be it before anybody was told.
    free=frozenset({"drill", "history", "rollouts"}),
)
FORCED = Phase(name="override", act=order(seconds=3600), ended=held)
WITHDRAWN = Phase(name="withdrawal", act=lambda shop: shop.edit(override=None), ended=live)
EXPIRED = Phase(name="expiry", act=order(seconds=2), ended=live)
THROTTLE = Phase(name="throttle", act=fault("status", status=429), ended=throttled)

SCENARIOS = (
    Scenario(name="outage", phases=(FLIP, RETURN)),
    Scenario(name="outage of several", phases=(FLIP, RETURN), targets=(WEB, SETTINGS, WORKER)),
    Scenario(name="deletion", phases=(replace(FLIP, crashes=False), DELETION), targets=(WEB, SETTINGS)),
    Scenario(name="drill", phases=(DRILL,), spec={"drill": {"interval": "1h", "duration": "1s"}}),
    Scenario(name="override", phases=(FORCED, WITHDRAWN)),
    Scenario(name="override that expires", phases=(replace(FORCED, crashes=False), EXPIRED)),
    Scenario(name="throttle", phases=(THROTTLE, RETURN), throttle={"name": "IDEOGRAM_CONCURRENCY", "value": "2"}),
)
