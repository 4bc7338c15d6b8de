"""Two replicas, the leader of which dies or is frozen."""

import pytest

from lab.waiting import wait_until
from tests.e2e.shop import Shop
from tests.e2e.test_leader import Replica, assert_one_writer_at_a_time, leads, replica, started
from tests.faults.measuring import Measuring, measures
from tests.faults.rows import cluster

__all__ = ["replica"]

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


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
