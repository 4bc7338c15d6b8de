"""Names stop to resolve: the provider's alone, all of them, or the resolver does not answer."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from lab.operator import Operator
from lab.waiting import NeverHappenedError
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import SECRET, Shop, condition, history
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import machine

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

RESOLVER = Path(__file__).parent / "resolver"
PROVIDER, STATUS_PAGE = "api.ideogram.test", "status.ideogram.test"
BOTH = f"{PROVIDER} 127.0.0.1\n{STATUS_PAGE} 127.0.0.1\n"


class Names:
    """What names resolve to for the operator."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.are(BOTH)

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(RESOLVER), "FAULTS_HOSTS": str(self._file)}

    def are(self, lines: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(lines)
        new.replace(self._file)


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(tmp_path / "hosts")


@pytest.fixture
def operator(shop: Shop, run_operator: RunOperator, names: Names) -> Iterator[Operator]:
    """An operator that knows the provider and its status page by name, and an integration that is Live."""
    url, control = named(shop.simulator.url, PROVIDER), named(shop.simulator.control_url, STATUS_PAGE)
    found = run_operator(hosts=(url,), control_url=control, environment=names.environment)
    shop.deploy(replicas=1)
    shop.integrate(api={"baseURL": url, "keySecretRef": {"name": SECRET, "key": "api-key"}})
    shop.live()
    shop.simulator.admin.wait_for(lambda log: any(one.host == "control" and one.status == 200 for one in log))
    yield found
    found.must_live()


def named(url: str, host: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}").geturl()


def forget_connections(shop: Shop) -> None:
    """What is open goes on working without a name, for as long as it is open."""
    shop.simulator.admin.heal(shop.simulator.admin.fault("refused"))


@measures(machine.NAME_GONE)
def test_the_providers_name_is_gone(shop: Shop, operator: Operator, names: Names, row: Measuring) -> None:
    row.begins()
    names.are(f"{STATUS_PAGE} 127.0.0.1\n")
    forget_connections(shop)
    shop.until(lambda status: status["health"] == "Down", "Down")
    row.detected()
    shop.reads("false")
    row.acted()
    status = shop.fallen_back()
    assert history(status)["trigger"] == "apiUnreachable"
    assert PROVIDER in condition(status, "APIHealthy")["message"]
    row.ends()
    names.are(BOTH)
    shop.live()
    row.recovered()


@each({machine.NAMES_GONE: "", machine.NAMES_SLOW: "hang\n"})
def test_no_name_is_told(shop: Shop, operator: Operator, names: Names, row: Measuring, case: str) -> None:
    row.begins()
    names.are(case)
    forget_connections(shop)
    status = shop.until(lambda status: status["health"] == "Unknown", "Unknown")
    row.detected()
    assert status["reason"] in {"OwnNetwork", "EvidenceStale"}
    with pytest.raises(NeverHappenedError):
        shop.state("Fallback", timeout=8)
    assert shop.status()["reason"] == "OwnNetwork"
    assert httpx.get(f"{operator.url}/healthz", trust_env=False, timeout=5).status_code == 200
    assert shop.told() == "true"
    row.left_alone()
    row.ends()
    names.are(BOTH)
    shop.live(timeout=60)
    row.recovered()
