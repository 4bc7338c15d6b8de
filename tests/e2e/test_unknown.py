"""What cannot be told moves nothing, in either direction."""

from collections.abc import Callable

import pytest

from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop, Timeline, condition, history

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def missing(shop: Shop) -> None:
    shop.secret(None)


def other_entry(shop: Shop) -> None:
    shop.secret(None)
    shop.secret(shop.simulator.key, entry="another")


def emptied(shop: Shop) -> None:
    shop.secret("")


WAYS = pytest.mark.parametrize("lose", [missing, other_entry, emptied])


@WAYS
def test_without_a_key_a_live_application_stays_live(
    shop: Shop, operator: Operator, lose: Callable[[Shop], None]
) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    lose_key(shop, operator, lose)
    shop.simulator.admin.fault("refused")
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "KeyMissing", "KeyMissing")
    assert condition(status, "Ready")["status"] == "False"
    assert (status["state"], status["health"]) == ("Live", "Unknown")
    assert f"{shop.namespace}" in status["message"]
    assert "ideogram" in status["message"]
    nothing_moves(shop, state="Live")
    assert shop.generation() == before["metadata"]["generation"]
    shop.simulator.admin.heal()
    shop.secret(shop.simulator.key)
    shop.live()


@WAYS
def test_without_a_key_a_fallback_stays_though_the_provider_is_well(
    shop: Shop, operator: Operator, lose: Callable[[Shop], None]
) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    lose_key(shop, operator, lose)
    shop.simulator.admin.heal()
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "KeyMissing", "KeyMissing")
    assert status["health"] == "Unknown"
    nothing_moves(shop, state="Fallback")
    assert shop.told() == "false"
    shop.secret(shop.simulator.key)
    shop.live()
    assert shop.told() == "true"


def test_our_own_network_failing_too_moves_nothing_until_it_is_the_provider_alone(
    shop: Shop, operator: Operator
) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    admin = shop.simulator.admin
    admin.wait_for(lambda log: any(one.host == "control" and one.status == 200 for one in log))
    admin.fault("refused", host="control")
    admin.fault("refused")
    status = shop.until(lambda status: status["health"] == "Unknown", "Unknown")
    assert status["reason"] == "OwnNetwork"
    nothing_moves(shop, state=status["state"])
    assert shop.generation() == before["metadata"]["generation"]
    times = Timeline("own network healed, provider not")
    admin.heal(host="control")
    shop.fallen_back()
    times.mark("patched")
    times.tell()
    admin.heal()
    shop.live()


def test_a_control_that_never_worked_has_no_say(shop: Shop, run_operator: RunOperator) -> None:
    shop.simulator.admin.fault("refused", host="control")
    run_operator()
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    status = shop.fallen_back()
    assert history(status)["trigger"] == "apiUnreachable"


def lose_key(shop: Shop, operator: Operator, lose: Callable[[Shop], None]) -> None:
    # A Secret is read by name, now and then: an operator that has just started reads it at once.
    operator.kill()
    lose(shop)
    operator.start()


def nothing_moves(shop: Shop, *, state: str, seconds: float = 5.0) -> None:
    """For so long, which is several intervals and more than the hold."""
    flips = len(shop.status().get("history", []))
    with pytest.raises(TimeoutError):
        shop.until(
            lambda status: status["state"] != state or len(status.get("history", [])) != flips,
            "a move that should not be",
            timeout=seconds,
        )
