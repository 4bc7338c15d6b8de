"""A market whose operator reaches its API server by way of a proxy, which answers in its place or keeps silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.api_proxy import ApiProxy, Fate, Rule
from lab.cluster import Cluster
from lab.operator import Operator
from tests.e2e.shop import Shop
from tests.faults.standing import Stall, staffed, stall

INTEGRATIONS = "ideogramintegrations"


@dataclass(frozen=True, kw_only=True)
class Road:
    """The proxy, and who goes by it; for all rows of a worker."""

    shop: Shop
    operator: Operator
    proxy: ApiProxy


@dataclass(frozen=True, kw_only=True)
class Detour:
    """A stall on the road."""

    stall: Stall
    operator: Operator
    proxy: ApiProxy

    def cut_watches(self) -> None:
        """Ends what watches of integrations are open; they are asked for again."""
        self.proxy.add(Rule(verbs={"watch"}, resources={INTEGRATIONS}, fate=Fate.CLOSE, times=1))

    def has_to_list(self) -> None:
        """Ends what watches of integrations are open, so that they are listed again."""
        self.proxy.add(Rule(verbs={"watch"}, resources={INTEGRATIONS}, fate=Fate.GONE, times=1))


@contextmanager
def road(cluster: Cluster, folder: Path) -> Iterator[Road]:
    """A market behind a proxy."""
    with (
        ApiProxy(cluster.access) as proxy,
        staffed(cluster, folder, server=proxy.url, ca=proxy.ca) as (shop, operator),
    ):
        yield Road(shop=shop, operator=operator, proxy=proxy)


@contextmanager
def detour(way: Road) -> Iterator[Detour]:
    """A new stall; whatever became of its row, the proxy is honest again and the operator lives."""
    with stall(way.shop) as found:
        try:
            yield Detour(stall=found, operator=way.operator, proxy=way.proxy)
        finally:
            way.proxy.accept()
            way.proxy.heal()
    way.operator.must_live()
