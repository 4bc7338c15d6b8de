"""What each answer of the API leads to: a single bad one to nothing, a revoked key, no credit and too many requests."""

from typing import Any

import pytest

from lab.operator import Operator
from tests.e2e.shop import ON, QUICK_PROBE, Shop, Timeline, condition, env, history, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def test_one_bad_answer_is_suspected_and_nothing_is_touched(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    # Slow enough that the suspicion can be seen on a machine that is busy.
    shop.integrate(probe={**QUICK_PROBE, "interval": "3s", "suspectInterval": "3s"})
    for status in (429, 500, 503):
        shop.live()
        shop.simulator.admin.fault("status", status=status, times=1)
        suspect = shop.state("Suspect")
        assert str(status) in suspect["message"]
    after = shop.live()
    assert history(after) == {}
    assert "alertsFiring" not in after
    assert shop.generation() == before["metadata"]["generation"]


def test_a_revoked_key_flips_after_one_confirmation_and_is_then_left_alone(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    admin = shop.simulator.admin
    times = Timeline("revoked key")
    admin.revoke(shop.simulator.key)
    status = shop.fallen_back()
    times.mark("patched")
    assert status["alertsFiring"] == "authFailure"
    assert condition(status, "CredentialsValid")["status"] == "False"
    assert f"{shop.namespace}/ideogram" in status["message"], "it says which Secret to mend"
    with pytest.raises(TimeoutError):
        admin.wait_for(lambda log: sum(one.status == 401 for one in log) > 2, timeout=6)
    assert len(admin.requests(status=401)) == 2, "the answer and its one confirmation"

    times.mark("replaced")
    shop.secret(admin.add_key().secret)
    shop.live()
    times.mark("recovered")
    times.tell()
    assert shop.told() == "true"
    assert len(admin.requests(status=401)) == 2


def test_no_credit_flips_where_a_dry_run_says_so_and_a_top_up_returns(shop: Shop, operator: Operator) -> None:
    no_credit(shop, probe=QUICK_PROBE, dry_run_checks_balance=True)


def test_no_credit_flips_where_only_a_generation_says_so(shop: Shop, operator: Operator) -> None:
    generate = {"interval": "1m", "dailyBudgetUSD": "100"}
    no_credit(shop, probe={**QUICK_PROBE, "method": "Generate", "generate": generate})


def no_credit(shop: Shop, *, probe: dict[str, Any], **settings: Any) -> None:
    admin = shop.simulator.admin
    admin.settings(**settings)
    shop.deploy()
    shop.integrate(probe=probe)
    shop.live()
    times = Timeline(f"no credit, {probe.get('method', 'DryRun')}")
    admin.set_credit(0)
    status = shop.fallen_back()
    times.mark("patched")
    assert status["alertsFiring"] == "creditsExhausted"
    assert condition(status, "CreditsSufficient")["status"] == "False"
    assert "op up" in status["message"]
    admin.set_credit(50)
    status = shop.live()
    times.mark("recovered")
    times.tell()
    assert "alertsFiring" not in status
    assert shop.told() == "true"


def test_a_402_on_a_generation_is_not_cleared_by_dry_runs_that_work(shop: Shop, operator: Operator) -> None:
    """What strong evidence raised, weaker evidence cannot lower."""
    shop.simulator.admin.set_credit(0)
    shop.deploy()
    shop.integrate(probe={**QUICK_PROBE, "generate": {"interval": "1m", "dailyBudgetUSD": "100"}})
    status = shop.fallen_back()
    assert status["breaker"]["trigger"] == "creditsExhausted"
    with pytest.raises(TimeoutError):
        # Dry runs are answered well, for longer than the hold and the successes that would end it.
        shop.simulator.admin.wait_for_count(1000, route="dry_run", timeout=6)
    assert shop.status()["state"] == "Fallback"
    assert shop.told() == "false"


def test_six_429s_throttle_what_can_be_throttled_and_then_let_go(shop: Shop, operator: Operator) -> None:
    busy = {"name": "IDEOGRAM_CONCURRENCY", "value": "8"}
    before = shop.deploy(containers=[env(ON, busy)])
    shop.deploy("stubborn", replicas=1)
    throttled = target(throttle={"name": "IDEOGRAM_CONCURRENCY", "value": "2"})
    shop.integrate(targets=[throttled, target("stubborn")])
    shop.live()
    times = Timeline("429s")
    shop.simulator.admin.fault("status", status=429)
    status = shop.until(lambda status: status["targets"][0]["mode"] == "Throttled", "the throttle")
    times.mark("patched")
    assert len(shop.simulator.admin.requests(status=429)) >= 6
    assert status["alertsFiring"] == "rateLimited"
    told = shop.settled()["spec"]["template"]["spec"]["containers"][0]["env"]
    assert told == [ON, {**busy, "value": "2"}], "slower, and not off"
    shop.simulator.admin.heal()
    status = shop.live()
    times.mark("recovered")
    times.tell()
    assert shop.settled()["spec"] == before["spec"]
    assert shop.generation("stubborn") == 1, "a target without a throttle is passed by"


def test_one_stray_404_does_not_blind_for_the_outage_after_it(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("status", status=404, times=1)
    status = shop.until(lambda status: status["reason"] == "ProbeUnsupported", "ProbeUnsupported")
    assert status["state"] == "Live"
    times = Timeline("outage after a 404")
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    times.mark("patched")
    times.tell()
