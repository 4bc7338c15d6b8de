"""How fast an outage reaches the applications, with everything at its default."""

from typing import Any

import pytest

from lab.operator import Operator
from tests.e2e.shop import ON, Shop, Timeline, condition, env, history

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

DEFAULTS: dict[str, Any] = {"probe": None, "recovery": None}


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param({"kind": "refused"}, 15, id="refused"),
        pytest.param({"kind": "reset"}, 15, id="reset"),
        pytest.param({"kind": "status", "status": 503}, 15, id="503"),
        pytest.param({"kind": "garbage"}, 15, id="garbage"),
        pytest.param({"kind": "hang"}, 25, id="hang"),
    ],
)
def test_an_outage_is_patched_in_time(shop: Shop, operator: Operator, fault: dict[str, Any], seconds: float) -> None:
    shop.deploy(containers=[env(ON)])
    shop.integrate(**DEFAULTS)
    shop.live()
    # The worst moment: right after a check that was good, so that the next one is a whole interval away.
    seen = len(shop.simulator.admin.requests(route="dry_run"))
    shop.simulator.admin.wait_for_count(seen + 1, route="dry_run", timeout=30)
    times = Timeline(f"outage by {fault.get('status', fault['kind'])}")
    shop.simulator.admin.fault(**fault)
    shop.reads("false", timeout=seconds + 20)
    patched = times.mark("patched")
    status = shop.until(lambda status: history(status).get("ready"), "the pods to follow")
    times.mark("ready")
    times.tell()
    assert patched < seconds
    assert status["state"] == "Fallback"
    assert history(status)["trigger"] == "apiUnreachable"
    assert condition(status, "Ready")["status"] == "True", "an outage of the provider is not the operator's trouble"
    assert condition(status, "FallbackActive")["status"] == "True"
