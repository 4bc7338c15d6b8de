"""What cannot be told moves nothing, in either direction."""

from collections.abc import Callable

import pytest

from lab.operator import Operator
from lab.waiting import NeverHappenedError, wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop, Timeline, condition, history, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def rename(shop: Shop, name: str) -> None:
    shop.secret(None, name=name)
    shop.secret(shop.simulator.key, name=name, entry="another")


WAYS: dict[str, Callable[[Shop, str], None]] = {
    "missing": lambda shop, name: shop.secret(None, name=name),
    "emptied": lambda shop, name: shop.secret("", name=name),
    "renamed": rename,
}


def three(shop: Shop) -> None:
    """An application with a Secret of its own for every way to lose a key."""
    for name in WAYS:
        shop.secret(shop.simulator.key, name=name)
        shop.deploy(name, replicas=1)
        api = {"baseURL": shop.simulator.url, "keySecretRef": {"name": name, "key": "api-key"}}
        shop.integrate(name, api=api, targets=[target(name)])
    for name in WAYS:
        shop.live(name)


def lose_keys(shop: Shop, operator: Operator) -> None:
    # A Secret is read by name, now and then: an operator that has just started reads it at once.
    operator.kill()
    for name, lose in WAYS.items():
        lose(shop, name)
    operator.start()


def told_missing(shop: Shop, name: str, *, state: str) -> None:
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "KeyMissing", "KeyMissing", name=name)
    assert condition(status, "Ready")["status"] == "False"
    assert (status["state"], status["health"]) == (state, "Unknown")
    assert shop.namespace in condition(status, "Ready")["message"]
    assert name in condition(status, "Ready")["message"]


def test_without_a_key_a_live_application_stays_live(shop: Shop, operator: Operator) -> None:
    three(shop)
    lose_keys(shop, operator)
    shop.simulator.admin.fault("refused")
    for name in WAYS:
        told_missing(shop, name, state="Live")
    nothing_moves(shop, *WAYS, state="Live")
    assert {shop.generation(name) for name in WAYS} == {1}
    shop.simulator.admin.heal()
    for name in WAYS:
        shop.secret(shop.simulator.key, name=name)
    for name in WAYS:
        shop.live(name)


def test_without_a_key_a_fallback_stays_though_the_provider_is_well(shop: Shop, operator: Operator) -> None:
    three(shop)
    shop.simulator.admin.fault("refused")
    for name in WAYS:
        shop.fallen_back(name)
    lose_keys(shop, operator)
    shop.simulator.admin.heal()
    for name in WAYS:
        told_missing(shop, name, state="Fallback")
    nothing_moves(shop, *WAYS, state="Fallback")
    assert {shop.told(name=name) for name in WAYS} == {"false"}
    for name in WAYS:
        shop.secret(shop.simulator.key, name=name)
    for name in WAYS:
        shop.live(name)
    assert {shop.told(name=name) for name in WAYS} == {"true"}


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
    nothing_moves(shop, "shop", state=status["state"])
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


def nothing_moves(shop: Shop, *names: str, state: str, seconds: float = 5.0) -> None:
    """For so long, which is several intervals and more than the hold."""
    flips = {name: len(shop.status(name).get("history", [])) for name in names}

    def moved() -> bool:
        return any(
            shop.status(name)["state"] != state or len(shop.status(name).get("history", [])) != flips[name]
            for name in names
        )

    with pytest.raises(NeverHappenedError):
        wait_until(moved, "a move that should not be", timeout=seconds, pause=0.2)
