"""The way back: not before the hold, not without proof, longer after each relapse, and not too often."""

import pytest

from ideogram_operator.resource.words import RECOVER_ANNOTATION
from lab.operator import Operator
from tests.e2e.shop import Shop, Timeline, history, moment

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def outage(shop: Shop) -> dict[str, object]:
    shop.simulator.admin.fault("reset")
    return shop.fallen_back()


def test_the_return_follows_hold_and_successes_and_a_relapse_doubles_the_hold(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate(recovery={"hold": "4s", "successes": 3, "maxFlipsPerHour": 30})
    shop.live()
    holds = []
    for times in (Timeline("first outage"), Timeline("relapse")):
        outage(shop)
        times.mark("patched")
        shop.simulator.admin.heal()
        status = shop.live()
        times.mark("recovered")
        times.tell()
        away, back = status["history"][-2:]
        assert (away["to"], back["to"]) == ("Fallback", "Live")
        holds.append((moment(back["at"]) - moment(away["at"])).total_seconds())
    first, second = holds
    # After the hold come three good checks, half a second apart.
    assert 4 <= first < 8
    assert 8 <= second < 12
    assert status["breaker"]["relapses"] == 1


def test_bad_evidence_while_recovering_goes_back_to_fallback_without_a_flip(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate(recovery={"hold": "1s", "successes": 20, "maxFlipsPerHour": 30})
    shop.live()
    outage(shop)
    shop.simulator.admin.heal()
    recovering = shop.state("Recovering")
    assert "20" in recovering["message"], "it says what it waits for"
    shop.simulator.admin.fault("reset")
    status = shop.state("Fallback")
    assert len(status["history"]) == 1
    assert shop.told() == "false"


def test_past_the_flips_of_an_hour_it_stays_in_fallback_and_says_so(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate(recovery={"hold": "1s", "successes": 1, "maxFlipsPerHour": 2})
    shop.live()
    outage(shop)
    shop.simulator.admin.heal()
    status = shop.until(lambda status: status["reason"] == "FlipLimitReached", "the limit to be told")
    assert status["state"] == "Fallback"
    assert "2" in status["message"]
    with pytest.raises(TimeoutError):
        shop.state("Live", timeout=5)
    assert shop.told() == "false"


def test_a_manual_recovery_waits_for_a_person(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate(triggers={"apiUnreachable": {"recovery": "Manual"}})
    shop.live()
    outage(shop)
    shop.simulator.admin.heal()
    status = shop.until(lambda status: status["reason"] == "RecoveryManual", "a person to be waited for")
    assert RECOVER_ANNOTATION in status["message"], "it says what the person does"
    with pytest.raises(TimeoutError):
        shop.state("Live", "Recovering", timeout=5)
    times = Timeline("a person's word")
    shop.annotate(RECOVER_ANNOTATION, "2026-11-22 dana")
    status = shop.live()
    times.mark("recovered")
    times.tell()
    assert history(status)["to"] == "Live"
