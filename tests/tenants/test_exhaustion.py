"""One tenant does what it can to keep the operator busy: the neighbour's applications fall back and return in time.

Each attack is under way while the neighbour's provider fails. The bound on its flip is far above what a calm operator
needs, since the machine may be loaded by others, and far below what waiting behind the attack would take.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import pytest

from lab.kube import Kube
from lab.operator import Operator
from lab.waiting import wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import PATHS, Shop, Timeline, manifest, ordered, target
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

IN_TIME = 60.0
"""Seconds, on a machine that others load too; twice that for what loads it by itself."""
MANY = 2000
STREAMS = 500
AT_ONCE = 8
SETTINGS = target("settings", "ConfigMap")


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Does the work again and again in a thread until the end of the block; what it raises is raised there."""
    end = threading.Event()

    def again() -> None:
        while not end.is_set():
            work()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(again)
        try:
            yield
        finally:
            end.set()
        running.result()


def watch_both(tenant: Tenant, neighbour: Shop, run_operator: RunOperator, *more: str) -> Operator:
    """The operator, watching both namespaces, with the neighbour's integration live."""
    operator = run_operator(
        *("--namespace", neighbour.namespace, *more),
        hosts=(tenant.shop.simulator.url, neighbour.simulator.url),
        values={"namespaces": [tenant.shop.namespace, neighbour.namespace]},
    )
    neighbour.make("ConfigMap", "settings")
    neighbour.integrate(targets=[SETTINGS])
    neighbour.live()
    return operator


def flips_in_time(neighbour: Shop, fault: str, what: str, *, within: float = IN_TIME) -> None:
    """The neighbour's provider fails and comes back, and the target is told in time, twice."""
    times = Timeline(f"the neighbour's flip while one tenant {what}")
    number = neighbour.simulator.admin.fault(fault)
    neighbour.reads("false", "ConfigMap", "settings", timeout=2 * IN_TIME)
    fell = times.mark("fallback")
    neighbour.simulator.admin.heal(number)
    neighbour.reads("true", "ConfigMap", "settings", timeout=2 * IN_TIME)
    back = times.mark("live") - fell
    times.tell()
    assert fell < within
    assert back < within


def create_all(tenant: Tenant, names: Iterator[str], spec: Callable[[str], dict[str, object]]) -> None:
    """All of them, so many at once, each by a connection of its thread's."""
    own = threading.local()

    def create(name: str) -> None:
        if not hasattr(own, "kube"):
            own.kube = Kube(tenant.access, timeout=60.0)
        own.kube.create(tenant.path, tenant.body(name, **spec(name)))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(create, names))


def test_thousands_of_integrations_are_created(tenant: Tenant, neighbour: Shop, run_operator: RunOperator) -> None:
    operator = watch_both(tenant, neighbour, run_operator)
    spec = {"targets": [SETTINGS], "probe": {"interval": "1s", "suspectInterval": "500ms"}}
    with ThreadPoolExecutor(1) as threads:
        names = (f"one-of-many-{number}" for number in range(MANY))
        creating = threads.submit(create_all, tenant, names, lambda _: spec)
        wait_until(lambda: count_of(operator) > MANY // 10, "the flood to begin", timeout=60)
        flips_in_time(neighbour, "refused", f"creates {MANY} integrations", within=2 * IN_TIME)
        creating.result()
    operator.must_live()
    with Kube(tenant.access, timeout=120.0) as patient:
        patient.delete(tenant.path)


def count_of(operator: Operator) -> int:
    lines = (line for line in operator.metrics().splitlines() if line.startswith("ideogram_integration_state{"))
    return len({line.partition("name=")[2].partition(",")[0] for line in lines})


def probes_of(operator: Operator) -> float:
    """How many requests were sent to the API."""
    lines = (line for line in operator.metrics().splitlines() if line.startswith("ideogram_operator_probes_total"))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_switches_are_thrown_to_and_fro(tenant: Tenant, neighbour: Shop, run_operator: RunOperator) -> None:
    """As many flips a minute as the settings allow, and more are asked for."""
    operator = watch_both(tenant, neighbour, run_operator, "--max-flips-per-minute", "60")
    names = [f"settings-{number}" for number in range(20)]
    for name in names:
        tenant.shop.kube.create(PATHS["ConfigMap"].format(tenant.shop.namespace), manifest("ConfigMap", name))
    tenant.create(targets=[target(name, "ConfigMap") for name in names])
    modes = (("ForceFallback", "ForceLive")[number % 2] for number in count())

    def thrown() -> None:
        mode = next(modes)
        tenant.edit(override=ordered(mode))
        wanted = {"ForceFallback": "false", "ForceLive": "true"}[mode]
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and tenant.shop.told("ConfigMap", names[-1]) != wanted:
            time.sleep(0.05)

    with meanwhile(thrown):
        told = "RolloutLimitReached"
        tenant.shop.until(lambda status: told in str(status.get("conditions")), "the limit to be reached", timeout=60)
        flips_in_time(neighbour, "refused", "throws its switches to and fro")
    operator.must_live()


def test_rollouts_that_never_end_take_up_all_room_but_the_neighbours(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator
) -> None:
    operator = watch_both(tenant, neighbour, run_operator, "--max-rollouts", "5")
    names = [f"stuck-{number}" for number in range(8)]
    hangs = {"lab.ideogram-operator.io/behaviour": "hang"}
    for name in names:
        tenant.shop.deploy(name, replicas=1, settle=False, pod=hangs)
    neighbour.deploy(replicas=1)
    neighbour.integrate("web")
    neighbour.live("web")
    tenant.create(targets=[target(name) for name in names], override=ordered("ForceFallback"))
    told = "RolloutLimitReached"
    tenant.shop.until(lambda status: told in str(status.get("conditions")), "the limit to be reached", timeout=60)
    times = Timeline("the neighbour's rollout beside those that never end")
    neighbour.simulator.admin.fault("refused")
    neighbour.reads("false", timeout=60)
    assert times.mark("fallback") < IN_TIME
    times.tell()
    operator.must_live()


def test_requests_are_made_by_annotation_and_edit_in_a_loop(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator
) -> None:
    operator = watch_both(tenant, neighbour, run_operator)
    names = [f"edited-{number}" for number in range(20)]
    for name in names:
        tenant.create(name, targets=[SETTINGS])
    turns = count()

    def hammer() -> None:
        number = next(turns)
        for name in names:
            for annotation in ("preflight", "probe", "drill", "recover"):
                tenant.annotate(f"ideogram-operator.io/{annotation}", f"{number}", name)
            tenant.edit(name, recovery={"hold": f"{number % 60 + 1}s"})

    with meanwhile(hammer):
        flips_in_time(neighbour, "refused", "edits and annotates in a loop")
    operator.must_live()


@pytest.mark.parametrize("fault", ["hang", "refused"])
def test_hundreds_of_keys_and_addresses_are_probed_as_often_as_may_be(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator, fault: str
) -> None:
    """Each a probe stream of its own, at the least intervals, just when the provider hangs for all."""
    operator = watch_both(tenant, neighbour, run_operator)
    shop = tenant.shop
    entries = {f"key-{number}": f"not-a-key-{number}" for number in range(STREAMS)}
    metadata = {"name": "keys", "namespace": shop.namespace}
    shop.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": entries})
    shop.simulator.admin.fault(fault)

    def spec(name: str) -> dict[str, object]:
        url = f"{shop.simulator.url}/{name}"
        return {"api": {"baseURL": url, "keySecretRef": {"name": "keys", "key": name}}, "targets": [SETTINGS]}

    create_all(tenant, iter(entries), spec)
    wait_until(lambda: probes_of(operator) > STREAMS, "all to be probed", timeout=60)
    flips_in_time(neighbour, fault, f"has {STREAMS} keys probed")
    operator.must_live()
