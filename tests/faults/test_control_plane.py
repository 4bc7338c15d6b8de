"""A control plane of the rows' own, whose API server and etcd are stopped, frozen and started again."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from lab.cluster import Cluster, start_cluster
from lab.controlplane import ControlPlane
from lab.kube import Json
from lab.operator import Operator
from lab.waiting import NeverHappenedError
from tests.e2e.shop import Shop, claimed, history, target
from tests.faults.measuring import Measuring, measures
from tests.faults.rows import cluster
from tests.faults.standing import Stall, staffed, stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e, pytest.mark.timeout(400)]

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ideogramintegrations.ideogram-operator.io"
BLACKOUT = 120.0
PROMPT = 10.0
"""Within which the API server's return must have been noticed and acted on."""
SECONDS = 30.0
"""Within which a fault that has ended must be forgotten, on a machine that is busy."""


@dataclass(frozen=True, kw_only=True)
class Own:
    """A cluster that may be broken, with an operator at work."""

    cluster: Cluster
    plane: ControlPlane
    shop: Shop
    operator: Operator


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with start_cluster(name="faults") as made:
        assert made.plane is not None
        made.kube.wait_for(
            "/api/v1/namespaces/default/serviceaccounts/default", lambda _: True, "the namespace's ServiceAccount"
        )
        with staffed(made, tmp_path_factory.mktemp("own")) as (shop, operator):
            yield Own(cluster=made, plane=made.plane, shop=shop, operator=operator)


@pytest.fixture
def one(own: Own) -> Iterator[Stall]:
    # Controllers that found no API server for long ask again rarely, and a node that was away for longer than its Lease
    # may stay so: whatever comes next is not their measure.
    own.shop.deploy("canary", replicas=1, settle=False)
    try:
        own.shop.settled("canary", timeout=SECONDS)
    except NeverHappenedError:
        own.cluster.revive()
        own.shop.settled("canary", timeout=120)
    own.shop.kube.delete(own.shop.path("Deployment", "canary"))
    with stall(own.shop) as found:
        yield found
    own.operator.must_live()


# -- two minutes without an API server ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one of them came out: seconds after the API server's return, rollouts since before it went, and status."""

    seconds: float
    rollouts: int
    status: Json


@dataclass(frozen=True, kw_only=True)
class Blackout:
    """Three applications that went through the same two minutes, as they were after it.

    Looked at once: the rows come in any order, and one of them takes all integrations away with their CRD.
    """

    healed: Outcome
    dead: Outcome
    fallen: Outcome


@pytest.fixture(scope="module")
def blackout(own: Own) -> Iterator[Blackout]:
    with ExitStack() as ends:
        healed, dead, fallen = (ends.enter_context(stall(own.shop)) for _ in range(3))
        generations = {each.name: each.open() for each in (healed, dead, fallen)}
        admin = own.shop.simulator.admin
        earlier = admin.fault("status", status=503, key=fallen.key.name)
        fallen.fallen()
        own.plane.stop_apiserver()
        time.sleep(BLACKOUT / 6)  # these are the lengths of the faults
        outage = admin.fault("status", status=503, key=healed.key.name)
        admin.revoke(dead.key.secret)
        time.sleep(BLACKOUT / 2)
        admin.heal(outage)
        admin.heal(earlier)
        time.sleep(BLACKOUT / 3)
        own.plane.start_apiserver()
        began = time.monotonic()
        dead.shop.reads("false", name=dead.name, timeout=100)
        times = [time.monotonic() - began]
        fallen.shop.reads("true", name=fallen.name, timeout=100)
        times.append(time.monotonic() - began)
        well = healed.live(timeout=100)
        times.append(time.monotonic() - began)
        statuses = [dead.fallen(), fallen.live(timeout=100), well]
        found = [
            Outcome(seconds=seconds, rollouts=each.generation - generations[each.name], status=status)
            for each, seconds, status in zip((dead, fallen, healed), times, statuses, strict=True)
        ]
        yield Blackout(dead=found[0], fallen=found[1], healed=found[2])


def back(row: Measuring, outcome: Outcome) -> None:
    """Measured by the fixture: from the API server's return."""
    row.left_alone()
    row.times["recovered"] = round(outcome.seconds, 3)
    assert outcome.seconds < PROMPT


@measures(cluster.STOPPED)
def test_the_provider_dies_and_heals_while_the_api_server_is_stopped(blackout: Blackout, row: Measuring) -> None:
    assert blackout.healed.rollouts == 0, "nothing was switched"
    back(row, blackout.healed)


@measures(cluster.STOPPED_DEAD)
def test_a_key_is_revoked_while_the_api_server_is_stopped(blackout: Blackout, row: Measuring) -> None:
    assert history(blackout.dead.status)["trigger"] == "authFailure"
    assert blackout.dead.rollouts == 1
    back(row, blackout.dead)


@measures(cluster.STOPPED_FALLEN)
def test_the_provider_heals_while_the_api_server_is_stopped(blackout: Blackout, row: Measuring) -> None:
    assert blackout.fallen.rollouts == 2, "away before, and back"
    back(row, blackout.fallen)


# -- shorter ones ------------------------------------------------------------------------------------------------------


def through(one: Stall, row: Measuring, fault: Callable[[], None], end: Callable[[], None]) -> None:
    """An outage begins in the fault; fallback at its end, and back, with one rollout each."""
    before = one.open()
    row.begins()
    fault()
    one.admin.fault("refused")
    end()
    row.ends()
    one.shop.reads("false", name=one.name, timeout=60)
    row.recovered()
    assert row.times["recovered"] < SECONDS
    one.shop.fallen_back(one.name, timeout=60)
    one.admin.heal()
    one.live(timeout=60)
    assert one.generation == before + 2


@measures(cluster.RESTARTED)
def test_the_api_server_is_restarted(own: Own, one: Stall, row: Measuring) -> None:
    through(one, row, own.plane.stop_apiserver, own.plane.start_apiserver)


@measures(cluster.FROZEN)
def test_the_api_server_is_frozen(own: Own, one: Stall, row: Measuring) -> None:
    def thaw() -> None:
        time.sleep(30)
        own.plane.thaw()

    through(one, row, own.plane.freeze, thaw)


@measures(cluster.ETCD_STOPPED)
def test_etcd_is_stopped(own: Own, one: Stall, row: Measuring) -> None:
    def start() -> None:
        time.sleep(10)
        own.plane.start("etcd")
        own.plane.wait_ready()

    through(one, row, lambda: own.plane.stop("etcd"), start)


@measures(cluster.ETCD_RESTARTED)
def test_etcd_is_restarted(own: Own, one: Stall, row: Measuring) -> None:
    def start() -> None:
        own.plane.start("etcd")
        own.plane.wait_ready()

    through(one, row, lambda: own.plane.stop("etcd"), start)


@measures(cluster.ETCD_FROZEN)
def test_etcd_is_frozen(own: Own, one: Stall, row: Measuring) -> None:
    def thaw() -> None:
        time.sleep(15)
        own.plane.thaw("etcd")
        own.plane.wait_ready()

    through(one, row, lambda: own.plane.freeze("etcd"), thaw)


# -- the resource itself -----------------------------------------------------------------------------------------------


@measures(cluster.CRD_FALLEN)
def test_the_crd_is_removed_in_fallback(own: Own, one: Stall, row: Measuring) -> None:
    before = one.open()
    spec = one.shop.settled(one.name)["spec"]
    one.admin.fault("refused")
    one.fallen()
    row.begins()
    own.cluster.kube.delete(CRD)
    one.reads("true")
    row.acted()
    own.cluster.kube.wait_gone(CRD, timeout=60)
    deployment = one.shop.settled(one.name)
    assert deployment["spec"] == spec
    assert claimed(deployment) == []
    assert one.generation == before + 2
    taken_up_again(own, one, row)


@measures(cluster.CRD)
def test_the_crd_is_removed(own: Own, one: Stall, row: Measuring) -> None:
    before = one.open()
    row.begins()
    own.cluster.kube.delete(CRD)
    own.cluster.kube.wait_gone(CRD, timeout=60)
    time.sleep(5)  # its absence is noticed, by whoever asks
    row.left_alone()
    assert one.generation == before
    taken_up_again(own, one, row)


def taken_up_again(own: Own, one: Stall, row: Measuring) -> None:
    """Applied again, the CRD serves a new integration of the same name, by the same process."""
    one.admin.heal()
    own.cluster.install_crds()
    row.ends()
    api = {"baseURL": one.shop.simulator.url, "keySecretRef": {"name": one.name, "key": "api-key"}}
    one.shop.integrate(one.name, api=api, targets=[target(one.name)])
    one.live(timeout=60)
    row.recovered()
