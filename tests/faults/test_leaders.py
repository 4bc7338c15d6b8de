"""The Lease: a leader that dies or is frozen, and an API server that refuses the Lease alone."""

from collections.abc import Iterator

import pytest

from lab.api_proxy import ApiProxy, Rule
from lab.waiting import wait_until
from tests.e2e.shop import Shop
from tests.e2e.test_leader import Replica, assert_one_writer_at_a_time, leads, replica, started
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import cluster

__all__ = ["replica"]

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

LEASES = {"leases"}


@pytest.fixture
def proxy(shop: Shop) -> Iterator[ApiProxy]:
    with ApiProxy(shop.cluster.access) as found:
        yield found


@measures(cluster.LEADER_KILLED)
def test_the_leader_is_killed(shop: Shop, replica: Replica, row: Measuring) -> None:
    first, second = started(shop, replica)
    before = shop.settled()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    row.begins()
    first.kill()
    shop.simulator.admin.heal()
    wait_until(lambda: leads(second), "the second to lead")
    row.acted()
    row.ends()
    shop.live()
    row.recovered()
    assert shop.settled()["spec"] == before["spec"]
    assert shop.generation() == before["metadata"]["generation"] + 2


@measures(cluster.LEADER_FROZEN)
def test_the_leader_is_frozen_past_its_lease(shop: Shop, replica: Replica, row: Measuring) -> None:
    first, second = started(shop, replica)
    before = shop.settled()
    row.begins()
    first.freeze()
    shop.simulator.admin.fault("refused")
    wait_until(lambda: leads(second), "the second to lead")
    shop.fallen_back()
    row.acted()
    row.ends()
    first.thaw()
    assert first.ended() == 3
    row.recovered()
    assert shop.generation() == before["metadata"]["generation"] + 1
    assert_one_writer_at_a_time(shop, least=2)


@each({row: status for status, row in cluster.GET_LEASE.items()})
def test_the_lease_cannot_be_read(shop: Shop, replica: Replica, proxy: ApiProxy, row: Measuring, case: int) -> None:
    before = shop.deploy()
    only = replica("only", server=proxy.url, ca=proxy.ca)
    only.kill()
    shop.integrate()
    shop.simulator.admin.fault("refused")
    number = proxy.add(refused("get", case))
    row.begins()
    only.start(wait=False)
    wait_until(lambda: proxy.hits(number) > 1, "it to ask for the Lease again")
    assert "the Lease cannot be taken; it is tried again" in only.ready_text()
    assert not leads(only)
    assert (shop.status(), shop.told()) == ({}, "true")
    row.left_alone()
    row.ends()
    proxy.heal()
    shop.reads("false")
    row.recovered()
    shop.fallen_back()
    assert shop.generation() == before["metadata"]["generation"] + 1


@each({row: status for status, row in cluster.RENEW_LEASE.items()})
def test_the_lease_cannot_be_renewed(shop: Shop, replica: Replica, proxy: ApiProxy, row: Measuring, case: int) -> None:
    before = shop.deploy()
    shop.integrate()
    only = replica("only", server=proxy.url, ca=proxy.ca)
    shop.live()
    proxy.add(refused("update", case))
    row.begins()
    wait_until(lambda: "in 0 s nothing is written" in only.ready_text(), "its tenure to be over, and it to say so")
    shop.simulator.admin.fault("status", status=503)
    shop.probed(5)
    assert shop.told() == "true"
    row.left_alone()
    row.ends()
    proxy.heal()
    shop.reads("false")
    row.recovered()
    shop.fallen_back()
    only.must_live()
    assert leads(only)
    shop.simulator.admin.heal()
    shop.live()
    assert shop.generation() == before["metadata"]["generation"] + 2


def refused(verb: str, status: int) -> Rule:
    return Rule(verbs={verb}, resources=LEASES, status=status, retry_after=1 if status == 429 else None)
