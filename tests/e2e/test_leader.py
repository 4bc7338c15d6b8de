"""Two operators and one Lease: one works at a time, whatever happens to it, and the other one succeeds it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from lab.kube import Json
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.tcp_proxy import TcpProxy
from lab.waiting import wait_until
from lab.warm import WarmChild
from tests.e2e.shop import QUICK_RECOVERY, Shop, Timeline, history

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

LEASE = "/apis/coordination.k8s.io/v1/namespaces/{}/leases/ideogram-operator"
SECONDS = 3
"""The shortest Lease there is, so that twenty leaders can die in a test."""

Replica = Callable[..., Operator]


@pytest.fixture
def replica(shop: Shop, tmp_path: Path) -> Iterator[Replica]:
    """Starts one more operator for the shop, with the same account and a name of its own."""
    with ExitStack() as ends:
        grant_rights(shop.cluster, shop.namespace)

        def start(name: str, *, server: str | None = None, ca: str | None = None, seconds: int = SECONDS) -> Operator:
            folder = tmp_path / name
            folder.mkdir()
            flags = Flags(
                kubeconfig=operator_kubeconfig(
                    shop.cluster.access, shop.namespace, folder / "kubeconfig", server=server, ca=ca
                ),
                namespaces=(shop.namespace,),
                allow_hosts=(shop.simulator.url,),
                control_url=shop.simulator.control_url,
                lease=f"{shop.namespace}/ideogram-operator",
                lease_seconds=seconds,
                identity=name,
            )
            return ends.enter_context(Operator(flags, folder=folder, process=WarmChild))

        yield start


def renew_token(shop: Shop, operator: Operator) -> None:
    """Its next life is to be told from this one in the audit log."""
    operator_kubeconfig(shop.cluster.access, shop.namespace, operator.flags.kubeconfig)


def holder(shop: Shop) -> str:
    found: str = shop.kube.get(LEASE.format(shop.namespace))["spec"].get("holderIdentity", "")
    return found


def leads(operator: Operator) -> bool:
    return "ideogram_operator_leader 1.0" in operator.metrics()


def test_one_works_and_the_other_stands_by_healthy(shop: Shop, replica: Replica) -> None:
    first = replica("one")
    wait_until(lambda: leads(first), "the first to lead")
    second = replica("two")  # returns when it says that it is ready
    shop.deploy()
    shop.integrate()
    shop.live()
    assert not leads(second)
    assert "ideogram_operator_probes_total{" not in second.metrics(), "who stands by asks the provider nothing"
    assert holder(shop) == "one"


def test_one_that_is_stopped_is_succeeded_at_once(shop: Shop, replica: Replica) -> None:
    first, second = started(shop, replica, seconds=15)
    times = Timeline("handover of a leader that is stopped, of 15 s")
    first.stop()
    times.mark("stopped")
    wait_until(lambda: leads(second), "the second to lead", timeout=14)
    assert times.mark("succeeded") < 15, "sooner than a Lease runs out"
    times.tell()
    outage_and_back(shop)


def test_one_that_is_killed_in_an_outage_is_succeeded_and_nothing_rolls_twice(shop: Shop, replica: Replica) -> None:
    first, second = started(shop, replica)
    before = shop.settled()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    first.kill()
    times = Timeline(f"succession of a leader that was killed, of {SECONDS} s")
    shop.simulator.admin.heal()
    wait_until(lambda: leads(second), "the second to lead")
    times.mark("succeeded")
    status = shop.live()
    times.mark("live")
    times.tell()
    assert shop.settled()["spec"] == before["spec"]
    assert [flip["to"] for flip in status["history"]] == ["Fallback", "Live"]
    assert shop.generation() == before["metadata"]["generation"] + 2


def test_one_that_is_frozen_past_its_lease_writes_nothing_more_and_ends(shop: Shop, replica: Replica) -> None:
    first, second = started(shop, replica)
    before = shop.settled()
    first.freeze()
    # It would have fallen back itself by now: what it wakes up to is an outage that somebody else has dealt with.
    shop.simulator.admin.fault("refused")
    wait_until(lambda: leads(second), "the second to lead")
    shop.fallen_back()
    shop.simulator.admin.heal()
    shop.live()
    first.thaw()
    assert first.ended() == 3
    assert "is not held by one any more" in first.log_text()
    assert shop.settled()["spec"] == before["spec"]
    first.start()
    assert not leads(first)
    assert holder(shop) == "two"
    assert_one_writer_at_a_time(shop, least=2)


def test_one_whose_cluster_was_away_goes_on_as_leader_without_a_restart(shop: Shop, replica: Replica) -> None:
    """Nobody took the Lease: what it knows is still true, and an outage is no time to begin anew."""
    shop.deploy()
    shop.integrate()
    with TcpProxy(shop.cluster.server) as network:
        only = replica("one", server=network.url)
        shop.live()
        network.freeze()
        shop.simulator.admin.fault("refused")
        wait_until(lambda: "in 0 s nothing is written" in only.ready_text(), "the Lease to run out, and it to say so")
        assert shop.told() == "true"
        network.thaw()
        times = Timeline("fallback after the cluster came back")
        shop.fallen_back()
        times.mark("patched")
        times.tell()
        only.must_live()
        assert only.log_text().count('"started"') == 1


def test_twenty_leaders_are_killed_while_the_provider_flaps_and_two_never_write(shop: Shop, replica: Replica) -> None:
    first, second = started(shop, replica, recovery={**QUICK_RECOVERY, "hold": "0s"})
    before = shop.settled()
    times = Timeline("twenty successions")
    for kill in range(20):
        leader, heir = (first, second) if holder(shop) == "one" else (second, first)
        outage, patient = kill % 4 in {0, 3}, kill % 2 == 0
        if outage:
            shop.simulator.admin.fault("refused")
        else:
            shop.simulator.admin.heal()
        leader.kill()
        wait_until(partial(leads, heir), f"the heir of leader {kill} to lead")
        if patient:
            # Every other heir has time for its work; those between are killed at whatever they are at.
            shop.reads("false" if outage else "true")
        renew_token(shop, leader)
        leader.start()
    times.mark("over")
    times.tell()
    shop.simulator.admin.heal()
    status = shop.live(timeout=60)
    assert shop.settled()["spec"] == before["spec"]
    assert history(status)["to"] == "Live"
    assert_one_writer_at_a_time(shop, least=8)


def started(shop: Shop, replica: Replica, *, seconds: int = SECONDS, **spec: Any) -> tuple[Operator, Operator]:
    """The leader and its heir, at work on an application that is Live."""
    first = replica("one", seconds=seconds)
    wait_until(lambda: leads(first), "the first to lead")
    second = replica("two", seconds=seconds)
    shop.deploy()
    shop.integrate(**spec)
    shop.live()
    return first, second


def outage_and_back(shop: Shop) -> None:
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.simulator.admin.heal()
    shop.live()


def assert_one_writer_at_a_time(shop: Shop, *, least: int) -> None:
    """By the API server's audit log: between a process's first write and its last there is no other's."""
    writers = [token for token, _ in groupby(writes(shop))]
    assert len(set(writers)) >= least, "that many of the leaders wrote"
    assert len(writers) == len(set(writers)), f"one who had been succeeded wrote again: {writers}"


def writes(shop: Shop) -> Iterator[str]:
    """By which token each write of an operator was made that was carried out, in their order; the Lease's aside.

    Every process has a token of its own, in every life.
    """
    assert shop.cluster.audit_log is not None
    account = f"system:serviceaccount:{shop.namespace}:ideogram-operator"
    found: list[tuple[str, str]] = []
    for line in shop.cluster.audit_log.read_text().splitlines():
        if account not in line:
            continue
        entry: Json = json.loads(line)
        about = entry.get("objectRef", {})
        wrote = entry["verb"] in {"create", "update", "patch", "delete"} and about.get("resource") != "leases"
        if wrote and entry["user"]["username"] == account and entry["responseStatus"]["code"] < 300:
            (token,) = entry["user"]["extra"]["authentication.kubernetes.io/credential-id"]
            found.append((entry["requestReceivedTimestamp"], token))
    return (token for _, token in sorted(found))
