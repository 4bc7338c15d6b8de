"""One target of a hundred integrations, and a namespace that goes with all that is in it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.waiting import NeverHappenedError, wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import INTEGRATIONS, QUICK_PROBE, Shop, claimed
from tests.faults.measuring import Measuring, measures
from tests.faults.rows import targets

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

MANY = 100
# A hundred write their status at once, and a busy machine must not look like a provider that hangs.
PATIENT = {**QUICK_PROBE, "timeout": "10s"}
LARGEST = 128 * 1024
"""Bytes of the annotation: half of what Kubernetes allows for all annotations of an object together."""


def states(shop: Shop) -> Counter[tuple[str, str]]:
    """State and the only target's mode of every integration that has told them, with how many they are."""
    items = shop.kube.get(INTEGRATIONS.format(shop.namespace))["items"]
    told = [item["status"] for item in items if item.get("status", {}).get("targets")]
    return Counter((status["state"], status["targets"][0]["mode"]) for status in told)


def all_are(shop: Shop, state: str) -> None:
    try:
        wait_until(lambda: states(shop) == {(state, state): MANY}, f"all to be {state}", timeout=120, pause=0.5)
    except NeverHappenedError as error:
        raise NeverHappenedError(f"{error}: {states(shop)}") from error


@measures(targets.SHARED)
def test_a_hundred_integrations_on_one_target(shop: Shop, run_operator: RunOperator, row: Measuring) -> None:
    run_operator()
    before = shop.deploy(replicas=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: shop.integrate(f"shop-{number}", probe=PATIENT), range(MANY)))
    all_are(shop, "Live")
    replica_sets = shop.replica_sets()
    row.begins()
    shop.simulator.admin.fault("refused")
    shop.reads("false")
    row.acted()
    all_are(shop, "Fallback")
    row.detected()
    held = shop.get("Deployment", "web")
    assert len(claimed(held)) == MANY
    assert len(held["metadata"]["annotations"][FALLBACK_ANNOTATION]) <= LARGEST
    assert shop.replica_sets() == replica_sets + 1, "one rollout, however many ask"
    # One that lets go alone changes nothing for the others.
    shop.kube.delete(shop.at("shop-0"))
    shop.kube.wait_gone(shop.at("shop-0"))
    assert shop.told() == "false"
    shop.integrate("shop-0", probe=PATIENT)
    row.ends()
    shop.simulator.admin.heal()
    shop.reads("true", timeout=120)
    row.recovered()
    all_are(shop, "Live")
    after = shop.settled()
    assert after["spec"] == before["spec"]
    assert (claimed(after), shop.replica_sets()) == ([], replica_sets + 1)


@measures(targets.NAMESPACE)
def test_the_namespace_is_deleted(shop: Shop, ops: str, run_operator: RunOperator, row: Measuring) -> None:
    run_operator(home=ops, values={"namespaces": []})
    shop.deploy(replicas=1)
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    row.begins()
    shop.kube.delete(f"/api/v1/namespaces/{shop.namespace}")
    shop.kube.wait_gone(shop.at(), timeout=60)
    row.acted()
    shop.kube.wait_gone(f"/api/v1/namespaces/{shop.namespace}", timeout=60)
