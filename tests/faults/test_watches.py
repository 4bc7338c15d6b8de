"""Watches that say nothing, or end as soon as they begin."""

import time
from typing import Final

import pytest

from lab.api_proxy import Fate, Rule
from tests.e2e.shop import ordered, set_env
from tests.faults.detour import INTEGRATIONS, Detour
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import cluster

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

A_SECOND: Final = {INTEGRATIONS: 1.2, "deployments": 4.0}
"""Requests at most, of each verb, however soon their watches end."""
LONG: Final = 10.0
"""Seconds for which watches are spoilt."""


@measures(cluster.SILENT)
def test_a_silent_watch_of_integrations(detour: Detour, row: Measuring) -> None:
    stall = detour.stall
    stall.open()
    number = detour.proxy.add(Rule(verbs={"watch"}, resources={INTEGRATIONS}, fate=Fate.SILENT, times=1))
    assert detour.proxy.hits(number) == 1
    row.begins()
    stall.shop.edit(stall.name, override=ordered("ForceFallback"))
    stall.shop.reads("false", name=stall.name, timeout=100)
    row.acted()
    detour.operator.must_live()


@measures(cluster.SILENT_TARGETS)
def test_a_silent_watch_of_targets(detour: Detour, row: Measuring) -> None:
    stall = detour.stall
    stall.open()
    stall.admin.fault("refused")
    stall.shop.until(lambda status: status["targets"][0].get("readyAt"), "the pods to have followed", name=stall.name)
    number = detour.proxy.add(Rule(verbs={"watch"}, resources={"deployments"}, fate=Fate.SILENT))
    assert detour.proxy.hits(number) == 1
    row.begins()
    set_env(stall.shop, stall.name, "true", manager="somebody")
    stall.shop.reads("false", name=stall.name, timeout=110)
    row.acted()


@each({cluster.CLOSED: Fate.CLOSE, cluster.GONE: Fate.GONE})
def test_watches_that_end_at_once(detour: Detour, row: Measuring, case: Fate) -> None:
    stall, proxy = detour.stall, detour.proxy
    stall.open()
    stall.admin.fault("refused")
    stall.fallen()
    proxy.add(Rule(verbs={"watch"}, fate=case))
    row.begins()
    before, began = len(proxy.exchanges()), time.monotonic()
    time.sleep(LONG)  # it is the length of the fault
    seconds = time.monotonic() - began
    asked = [each.asked for each in proxy.exchanges()[before:] if each.asked.verb in {"watch", "list"}]
    for resource in A_SECOND:
        for verb in ("watch", "list"):
            count = sum(one.verb == verb and one.resource == resource for one in asked)
            assert count <= A_SECOND[resource] * seconds + 3, f"{verb} {resource}: {count} requests in {seconds:.0f} s"
    stall.shop.edit(stall.name, override=ordered("ForceLive"))
    row.ends()
    proxy.heal()
    stall.shop.reads("true", name=stall.name)
    row.recovered()
    detour.operator.must_live()
