"""The pods whose metrics may be scraped: those that a target's own selector picks, in its own namespace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.signals.selectors import label_selector

PODS: Final = Resource(group="", version="v1", plural="pods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod as it matters to a scrape.

    Attributes:
        ip: empty while it has none.
        host_network: whether its address is the node's.
        ready: whether it is ready and not about to end.
    """

    namespace: str
    name: str
    ip: str
    host_network: bool = False
    ready: bool = True


async def pods_of(gateway: Gateway, namespace: str, live_target: Mapping[str, Any]) -> list[Pod]:
    """The pods of a Deployment, StatefulSet or DaemonSet, by name; none of a kind that has no selector.

    Raises:
        ClusterError: the pods could not be listed.
        SignalError: the target's selector cannot be read.
    """
    selector = label_selector(live_target)
    if not selector:
        return []
    listing = await gateway.list(Address(resource=PODS, namespace=namespace), selector=selector)
    return sorted((_pod(item) for item in listing.items), key=lambda pod: pod.name)


def _pod(item: Mapping[str, Any]) -> Pod:
    metadata, spec, status = (item.get(part) or {} for part in ("metadata", "spec", "status"))
    conditions = status.get("conditions") or []
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return Pod(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata.get("name", "")),
        ip=str(status.get("podIP") or ""),
        host_network=bool(spec.get("hostNetwork")),
        ready=ready and not metadata.get("deletionTimestamp"),
    )
