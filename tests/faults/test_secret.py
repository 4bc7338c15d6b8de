"""The Secret is lost, emptied, put back and replaced, while Live and in Fallback after a 401."""

from collections.abc import Callable

import pytest

from lab.operator import Operator
from lab.waiting import NeverHappenedError
from tests.e2e.shop import Shop, condition, history
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import secret
from tests.faults.standing import Stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


@each({secret.DELETED_LIVE: None, secret.EMPTIED_LIVE: ""})
def test_lost_while_live(shop: Shop, operator: Operator, row: Measuring, case: str | None) -> None:
    shop.deploy(replicas=1)
    shop.integrate()
    shop.live()
    operator.kill()
    shop.secret(case)
    shop.simulator.admin.fault("refused")
    operator.start()
    row.begins()
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "KeyMissing", "KeyMissing")
    row.detected()
    assert (status["state"], status["health"]) == ("Live", "Unknown")
    with pytest.raises(NeverHappenedError):
        shop.state("Suspect", "Fallback", timeout=3)
    assert shop.generation() == 1
    row.left_alone()
    row.ends()
    shop.simulator.admin.heal()
    shop.secret(shop.simulator.key)
    shop.live()
    row.recovered()


@measures(secret.SAME_LIVE)
def test_the_same_while_live(stall: Stall, row: Measuring) -> None:
    before = stall.open()
    row.begins()
    stall.shop.secret(None, name=stall.name)
    stall.shop.secret(stall.key.secret, name=stall.name)
    stall.shop.annotate("ideogram-operator.io/preflight", "again", stall.name)
    stall.asked(4)
    status = stall.live()
    assert history(status) == {}
    assert stall.generation == before
    row.left_alone()


@measures(secret.ROTATED)
def test_rotated_while_live(stall: Stall, row: Measuring) -> None:
    before = stall.open()
    new = stall.admin.add_key(account=stall.name)
    row.begins()
    stall.shop.secret(new.secret, name=stall.name)
    stall.admin.revoke(stall.key.secret)
    stall.admin.wait_for(lambda log: any(one.key == new.name and one.status == 200 for one in log), timeout=30)
    row.ends()
    status = stall.live()
    row.recovered()
    assert history(status) == {}
    assert stall.generation == before
    assert sum(one.status == 401 for one in stall.admin.requests(key=stall.key.name)) == 1
    row.left_alone()


def refused(stall: Stall) -> None:
    """In Fallback after a 401."""
    stall.open()
    stall.admin.revoke(stall.key.secret)
    assert history(stall.fallen())["trigger"] == "authFailure"


LOSE: dict[object, Callable[[Stall], None]] = {
    secret.DELETED: lambda stall: stall.shop.secret(None, name=stall.name),
    secret.EMPTIED: lambda stall: stall.shop.secret("", name=stall.name),
}


@each(LOSE)
def test_lost_in_fallback(stall: Stall, row: Measuring, case: Callable[[Stall], None]) -> None:
    refused(stall)
    row.begins()
    case(stall)
    status = stall.shop.until(
        lambda status: condition(status, "Ready")["reason"] == "KeyMissing", "KeyMissing", name=stall.name
    )
    row.detected()
    assert (status["state"], status["health"]) == ("Fallback", "Unknown")
    assert stall.shop.told(name=stall.name) == "false"
    row.left_alone()
    row.ends()
    stall.shop.secret(stall.admin.add_key(account=stall.name).secret, name=stall.name)
    stall.live()
    row.recovered()


@measures(secret.SAME)
def test_the_same_in_fallback(stall: Stall, row: Measuring) -> None:
    refused(stall)
    row.begins()
    stall.shop.secret(None, name=stall.name)
    stall.shop.secret(stall.key.secret, name=stall.name)
    with pytest.raises(TimeoutError):
        # Longer than the pause after which the Secret is read again.
        stall.asked(1, timeout=7)
    assert stall.shop.status(stall.name)["state"] == "Fallback"
    assert stall.shop.told(name=stall.name) == "false"
    row.left_alone()
