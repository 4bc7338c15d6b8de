"""Reading the cluster for preflights, each object once for all who need it within a few seconds.

What may not be read is a ``Lack`` with the rule that would allow it: failing to read is no fault of the integration.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ideogram_operator.checks.facts import Lack
from ideogram_operator.checks.gathering.lacks import lack_of_read
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.errors import ClusterError, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import SecretKey, read_secret
from ideogram_operator.resource.words import TargetKind

Live = Mapping[str, Any]

AUTOSCALERS: Final = Resource(group="autoscaling", version="v2", plural="horizontalpodautoscalers")
SCALED_OBJECTS: Final = Resource(group="keda.sh", version="v1alpha1", plural="scaledobjects")


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReads:
    """Reads through the gateway.

    Attributes:
        once: shares what was read; its answers are objects, lists and lacks.
        since: what was read before is not good enough.
    """

    gateway: Gateway
    once: Once[Any]
    since: float = -math.inf

    async def target(self, kind: TargetKind, namespace: str, name: str) -> Live | Absent | Lack:
        """Returns a target as it is now."""
        return await self._object(kinds.address(kind, namespace, name))

    async def config_map(self, namespace: str, name: str) -> Live | Absent | Lack:
        """Returns a ConfigMap."""
        return await self._object(kinds.address(TargetKind.CONFIG_MAP, namespace, name))

    async def secret(self, namespace: str, name: str, key: str) -> SecretKey:
        """Returns one key of a Secret."""
        found: SecretKey = await self.once.ask(
            ("secret", namespace, name, key),
            lambda: read_secret(self.gateway, namespace, name, key),
            since=self.since,
        )
        return found

    async def autoscalers(self, namespace: str) -> tuple[Live, ...] | Lack:
        """Returns the namespace's HorizontalPodAutoscalers."""
        return await self._list(Address(resource=AUTOSCALERS, namespace=namespace))

    async def scaled_objects(self, namespace: str) -> tuple[Live, ...] | Lack:
        """Returns KEDA's ScaledObjects of the namespace; none where the cluster does not know them."""
        return await self._list(Address(resource=SCALED_OBJECTS, namespace=namespace))

    async def _object(self, address: Address) -> Live | Absent | Lack:
        found: Live | Absent | Lack = await self.once.ask(address, lambda: self._get(address), since=self.since)
        return found

    async def _list(self, address: Address) -> tuple[Live, ...] | Lack:
        found: tuple[Live, ...] | Lack = await self.once.ask(address, lambda: self._listed(address), since=self.since)
        return found

    async def _get(self, address: Address) -> Live | Absent | Lack:
        try:
            return await self.gateway.get(address)
        except NotFound:
            return Absent()
        except ClusterError as error:
            return lack_of_read(error)

    async def _listed(self, address: Address) -> tuple[Live, ...] | Lack:
        try:
            return (await self.gateway.list(address)).items
        except NotFound:
            return ()
        except ClusterError as error:
            return lack_of_read(error)
