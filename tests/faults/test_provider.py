"""Each way in which the provider fails, on a quick integration: what a person sees, and what the application is told."""

import contextlib
from itertools import pairwise
from typing import Any

import pytest

from lab.simulator import Record
from lab.waiting import NeverHappenedError, wait_until
from tests.e2e.shop import QUICK_PROBE, condition, history
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import provider
from tests.faults.standing import Stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

JSON = "application/json"
GENERATE = {
    **QUICK_PROBE,
    "method": "Generate",
    "generate": {"interval": "1m", "dailyBudgetUSD": "100", "timeout": "2s"},
}
OUTAGES: dict[Any, dict[str, Any]] = {
    provider.REFUSED: {"kind": "refused"},
    provider.BLACKHOLE: {"kind": "blackhole"},
    provider.HANG: {"kind": "hang"},
    provider.SLOW: {"kind": "slow", "delay": 5},
    provider.RESET: {"kind": "reset"},
    provider.CLOSE: {"kind": "close"},
    provider.DRIP: {"kind": "drip", "interval": 0.5},
    provider.TRUNCATE: {"kind": "truncate"},
    provider.PORTAL: {"kind": "garbage"},
    provider.EMPTY: {"kind": "garbage", "body": ""},
    provider.ANOTHER: {"kind": "garbage", "body": '{"ok": true}', "media_type": JSON},
    provider.HUGE: {"kind": "huge"},
    provider.REDIRECT: {"kind": "redirect"},
    provider.NOT_HTTP: {"kind": "not_http"},
    **{row: {"kind": "status", "status": code} for code, row in provider.STATUS.items()},
}


def answered(stall: Stall, *statuses: int) -> list[Record]:
    """The requests with the stall's first key that were answered so."""
    found = stall.admin.requests(key=stall.key.name)
    return [one for one in found if one.status in statuses]


def falls_and_returns(stall: Stall, row: Measuring, *, trigger: str) -> None:
    """From the fault, which is there already, until the target has been told and a person can see why."""
    stall.shows_trouble()
    row.detected()
    stall.reads("false")
    row.acted()
    status = stall.fallen()
    assert history(status)["trigger"] == trigger
    assert condition(status, "Ready")["status"] == "True", "an outage of the provider is not the operator's trouble"


@each(OUTAGES)
def test_an_outage(stall: Stall, row: Measuring, case: dict[str, Any]) -> None:
    before = stall.open()
    row.begins()
    stall.admin.fault(**case)
    falls_and_returns(stall, row, trigger="apiUnreachable")
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    assert stall.generation == before + 2, "one rollout there and one back"
    assert stall.admin.requests(host="elsewhere") == [], "no redirect is followed"


@measures(provider.RETRY_AFTER)
def test_retry_after_of_a_provider_that_is_down(stall: Stall, row: Measuring) -> None:
    stall.open()
    row.begins()
    stall.admin.fault("status", status=503, headers={"Retry-After": "2"})
    falls_and_returns(stall, row, trigger="apiUnreachable")
    stall.asked(2)
    confirmed, again = answered(stall, 503)[-2:]
    assert again.at - confirmed.at >= 2
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()


@measures(provider.RETIRED)
def test_a_retired_model(stall: Stall, row: Measuring) -> None:
    stall.open(probe=GENERATE)
    row.begins()
    stall.admin.settings(retired_models=["V_2_TURBO"])
    stall.shop.annotate("ideogram-operator.io/probe", "now", stall.name)
    falls_and_returns(stall, row, trigger="apiUnreachable")


@measures(provider.LOST)
def test_a_generation_whose_answer_is_lost(stall: Stall, row: Measuring) -> None:
    stall.open(probe=GENERATE)
    row.begins()
    stall.admin.fault("hang", bills=True, routes=["generate", "generate_v1", "generate_v2"])
    stall.shop.annotate("ideogram-operator.io/probe", "now", stall.name)
    falls_and_returns(stall, row, trigger="apiUnreachable")


@measures(provider.REVOKED)
def test_a_revoked_key(stall: Stall, row: Measuring) -> None:
    stall.open()
    row.begins()
    stall.admin.revoke(stall.key.secret)
    falls_and_returns(stall, row, trigger="authFailure")
    with pytest.raises(TimeoutError):
        stall.asked(1, timeout=3)
    assert len(answered(stall, 401)) == 2, "the answer and its confirmation"
    replace_the_key(stall, row)


@measures(provider.FORBIDDEN)
def test_forbidden(stall: Stall, row: Measuring) -> None:
    stall.open()
    row.begins()
    stall.admin.fault("status", status=403, key=stall.key.name)
    falls_and_returns(stall, row, trigger="authFailure")
    replace_the_key(stall, row)


def replace_the_key(stall: Stall, row: Measuring) -> None:
    row.ends()
    stall.shop.secret(stall.admin.add_key(account=stall.name).secret, name=stall.name)
    stall.live()
    row.recovered()


@measures(provider.NO_CREDIT)
def test_no_credit(stall: Stall, row: Measuring) -> None:
    stall.admin.settings(dry_run_checks_balance=True)
    stall.open()
    row.begins()
    stall.admin.set_credit(0, account=stall.name)
    falls_and_returns(stall, row, trigger="creditsExhausted")
    row.ends()
    stall.admin.set_credit(50, account=stall.name)
    stall.live()
    row.recovered()


@measures(provider.REJECTED)
def test_a_reject_reason(stall: Stall, row: Measuring) -> None:
    stall.open()
    row.begins()
    stall.admin.fault("status", status=403, body='{"reject_reason": "insufficient_funds"}', media_type=JSON)
    falls_and_returns(stall, row, trigger="creditsExhausted")
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()


@each({provider.RATE_LIMITED: {}, provider.LIMITED_AFTER: {"Retry-After": "1"}})
def test_rate_limited(stall: Stall, row: Measuring, case: dict[str, str]) -> None:
    before = stall.open(parts={"throttle": {"name": "IDEOGRAM_CONCURRENCY", "value": "2"}})
    row.begins()
    stall.admin.fault("status", status=429, headers=case)
    stall.shows_trouble()
    row.detected()
    stall.shop.until(lambda status: status["targets"][0]["mode"] == "Throttled", "the throttle", name=stall.name)
    row.acted()
    refused = answered(stall, 429)
    assert len(refused) >= 6
    assert not case or all(later.at - earlier.at >= 1 for earlier, later in pairwise(refused))
    assert stall.shop.told(name=stall.name) == "true", "slower, and not off"
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    assert stall.generation == before + 2


@each({row: {"kind": "status", "status": code} for code, row in provider.UNSUPPORTED.items()})
def test_what_cannot_be_told(stall: Stall, row: Measuring, case: dict[str, Any]) -> None:
    before = stall.open()
    row.begins()
    stall.admin.fault(**case)
    status = stall.shows_trouble()
    row.detected()
    assert (status["health"], status["reason"]) == ("Unknown", "ProbeUnsupported")
    untouched(stall, row, before)


@each(
    {
        provider.ONE_BAD: {"kind": "status", "status": 500, "times": 1},
        provider.TWO_BAD: {"kind": "status", "status": 503, "times": 2},
    }
)
def test_what_is_no_outage(stall: Stall, row: Measuring, case: dict[str, Any]) -> None:
    # Slow enough that the suspicion can be seen on a machine that is busy.
    before = stall.open(probe={**QUICK_PROBE, "suspectInterval": "1s"})
    row.begins()
    stall.admin.fault(**case)
    stall.shows_trouble()
    row.detected()
    row.ends()
    stall.live()
    row.recovered()
    untouched(stall, row, before)


@measures(provider.POOLED)
def test_a_stuck_connection(stall: Stall, row: Measuring) -> None:
    before = stall.open()
    row.begins()
    # The operator renews its connections every minute: one renewed as the fault began is not stuck, the next one is.
    for _ in range(2):
        armed = stall.admin.fault("hang_pooled")
        with contextlib.suppress(NeverHappenedError):
            wait_until(lambda: stall.admin.faults()[0]["hits"] > 0, "the stuck connection to be used", timeout=20)
            break
        stall.admin.heal(armed)
    assert stall.admin.faults()[0]["hits"] > 0
    stall.asked(4)
    stall.live()
    untouched(stall, row, before)


@measures(provider.STATUS_PAGE)
def test_the_status_page_alone(stall: Stall, row: Measuring) -> None:
    before = stall.open()
    row.begins()
    stall.admin.fault("refused", host="control")
    stall.asked(4)
    status = stall.shop.status(stall.name)
    assert (status["state"], status["health"]) == ("Live", "Healthy")
    untouched(stall, row, before)


@measures(provider.BOTH)
def test_the_status_page_too(stall: Stall, row: Measuring) -> None:
    before = stall.open()
    row.begins()
    stall.admin.fault("refused", host="control")
    stall.admin.fault("refused")
    status = stall.shop.until(lambda status: status["health"] == "Unknown", "Unknown", name=stall.name)
    row.detected()
    assert status["reason"] == "OwnNetwork"
    with pytest.raises(TimeoutError):
        stall.shop.state("Fallback", name=stall.name, timeout=4)
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    untouched(stall, row, before)


def untouched(stall: Stall, row: Measuring, generation: int) -> None:
    """Nothing was done to the target, and no flip is told."""
    status = stall.shop.status(stall.name)
    assert history(status) == {}
    assert (status["state"] != "Fallback", stall.generation) == (True, generation)
    row.left_alone()
