"""Each answer by which the API server refuses, to each request that the operator lives by."""

import time
from typing import Any, Final

import pytest

from ideogram_operator.resource.words import PREFLIGHT_ANNOTATION
from lab.api_proxy import Fate, Rule
from lab.kube import Json
from lab.waiting import wait_until
from tests.e2e.shop import ON, condition, env, ordered, target
from tests.faults.detour import INTEGRATIONS, Detour
from tests.faults.measuring import Measuring, each, measures
from tests.faults.row import Row
from tests.faults.rows import cluster

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

SECONDS: Final = 20.0
"""Within which a fault that has ended must be forgotten, on a machine that is busy."""
PROMPT: Final = 4.0
"""The same where the whole cluster was away: much sooner than what failed is tried again by itself."""

AUTOSCALERS: Final = "horizontalpodautoscalers"
REVIEWS: Final = "selfsubjectaccessreviews"
ABOUT_THE_CLUSTER: Final = {"key-in-secret", "key-separate", "concurrency", "targets-exist", "permissions"}


def ruled(rows: dict[int, Row], verb: str, resource: str, subresource: str = "") -> dict[Row, Rule]:
    """For each row the rule that makes its fault."""
    return {
        row: Rule(
            verbs={verb},
            resources={resource},
            subresource=subresource,
            status=status,
            retry_after=1 if status == 429 else None,
        )
        for status, row in rows.items()
    }


TARGETS = {
    **ruled(cluster.GET_TARGET, "get", "deployments"),
    **ruled(cluster.PATCH_TARGET, "patch", "deployments"),
}
OTHERS = {
    **ruled(cluster.PATCH_STATUS, "patch", INTEGRATIONS, "status"),
    **ruled(cluster.PATCH_INTEGRATION, "patch", INTEGRATIONS),
    **ruled(cluster.CREATE_EVENT, "create", "events"),
}


def returns(detour: Detour, before: int) -> None:
    """The provider works again: back, and all in all one rollout there and one back."""
    detour.stall.admin.heal()
    detour.stall.live()
    assert detour.stall.generation == before + 2


@each(TARGETS)
def test_a_target_that_cannot_be_told(detour: Detour, row: Measuring, case: Rule) -> None:
    stall = detour.stall
    before = stall.open()
    number = detour.proxy.add(case)
    row.begins()
    stall.admin.fault("refused")
    status = stall.shop.until(
        lambda status: status["state"] == "Fallback" and status["targets"][0].get("reason"),
        "the target's trouble to be told", name=stall.name,
    )  # fmt: skip
    row.detected()
    assert status["targets"][0]["mode"] == "Live"
    assert condition(status, "TargetsInSync")["status"] == "False"
    stall.reads("true")
    row.left_alone()
    assert detour.proxy.hits(number) > 0
    row.ends()
    detour.proxy.heal()
    stall.shop.reads("false", name=stall.name, timeout=SECONDS)
    stall.fallen()
    row.recovered()
    returns(detour, before)


@each(OTHERS)
def test_what_targets_do_not_wait_for(detour: Detour, row: Measuring, case: Rule) -> None:
    not_waited_for(detour, row, case)


@each(ruled(cluster.GET_INTEGRATION, "get", INTEGRATIONS))
def test_an_integration_that_is_read_only_because_of_a_conflict(detour: Detour, row: Measuring, case: Rule) -> None:
    detour.proxy.add(Rule(verbs={"patch"}, resources={INTEGRATIONS}, subresource="", status=409, times=1))
    not_waited_for(detour, row, case)


def not_waited_for(detour: Detour, row: Measuring, case: Rule) -> None:
    """The fault keeps no target from being told, and its end is noticed."""
    stall = detour.stall
    before = stall.open()
    number = detour.proxy.add(case)
    row.begins()
    stall.admin.fault("refused")
    stall.reads("false")
    row.acted()
    wait_until(lambda: detour.proxy.hits(number) > 0, "the request that is refused")
    row.ends()
    detour.proxy.heal()
    stall.shop.fallen_back(stall.name, timeout=SECONDS)
    row.recovered()
    returns(detour, before)


@each(ruled(cluster.GET_SECRET, "get", "secrets"))
def test_a_secret_that_cannot_be_read(detour: Detour, row: Measuring, case: Rule) -> None:
    stall, shop = detour.stall, detour.stall.shop
    made = shop.deploy(stall.name, replicas=1)["metadata"]["generation"]
    shop.secret(stall.key.secret, name=stall.name)
    detour.proxy.add(case)
    row.begins()
    api = {"baseURL": shop.simulator.url, "keySecretRef": {"name": stall.name, "key": "api-key"}}
    shop.integrate(stall.name, api=api, targets=[target(stall.name)])
    not_ready(detour, row)
    recovers(detour, row, made)


@each(ruled(cluster.LIST_TARGETS, "list", "deployments"))
def test_targets_that_cannot_be_listed(detour: Detour, row: Measuring, case: Rule) -> None:
    stall, shop = detour.stall, detour.stall.shop
    made = shop.deploy(stall.name, replicas=1, labels={"stall": stall.name})["metadata"]["generation"]
    shop.secret(stall.key.secret, name=stall.name)
    detour.proxy.add(case)
    row.begins()
    api = {"baseURL": shop.simulator.url, "keySecretRef": {"name": stall.name, "key": "api-key"}}
    shop.integrate(stall.name, api=api, targets=[target(selector={"matchLabels": {"stall": stall.name}})])
    not_ready(detour, row)
    recovers(detour, row, made)


@each(
    {
        **{row: (rule, "concurrency") for row, rule in ruled(cluster.LIST_AUTOSCALERS, "list", AUTOSCALERS).items()},
        **{row: (rule, "permissions") for row, rule in ruled(cluster.REVIEW, "create", REVIEWS).items()},
    }
)
def test_a_preflight_that_cannot_ask(detour: Detour, row: Measuring, case: tuple[Rule, str]) -> None:
    stall = detour.stall
    rule, check = case
    stall.deploy(containers=[env(ON, {"name": "IDEOGRAM_CONCURRENCY", "value": "2"})])
    before = stall.open()
    number = detour.proxy.add(rule)
    row.begins()
    stall.shop.annotate(PREFLIGHT_ANNOTATION, "now", name=stall.name)
    status = stall.shop.until(
        lambda status: status.get("preflight", {}).get("lastHandledRequest") == "now", "the answer", name=stall.name
    )
    row.detected()
    row.left_alone()
    assert untold(status) == {check}
    assert condition(status, "PreflightPassed")["reason"] != "ChecksPassed"
    assert detour.proxy.hits(number) > 0
    row.ends()
    detour.proxy.heal()
    stall.shop.until(lambda status: result_of(status, check) == "Pass", f"{check} to pass", name=stall.name, timeout=90)
    row.recovered()
    assert (stall.shop.told(name=stall.name), stall.generation) == ("true", before)


def untold(status: Json) -> set[str]:
    """The checks of which the preflight knows nothing because something did not answer."""
    checks = status["preflight"]["checks"]
    return {check["id"] for check in checks if check["id"] in ABOUT_THE_CLUSTER and check["result"] == "Unknown"}


def result_of(status: Json, name: str) -> str:
    found: str = next(check["result"] for check in status["preflight"]["checks"] if check["id"] == name)
    return found


def not_ready(detour: Detour, row: Measuring) -> None:
    """A person can see that it is not ready, and what the trouble is."""
    status = detour.stall.shop.until(
        lambda status: condition(status, "Ready")["status"] == "False", "it to be not ready", name=detour.stall.name
    )
    row.detected()
    ready = condition(status, "Ready")
    assert ready["reason"] in {"PermissionDenied", "ClusterUnreachable", "KeyUnusable", "KeyMissing", "TargetRefused"}
    assert detour.stall.name in ready["message"] or detour.stall.shop.namespace in ready["message"]


def recovers(detour: Detour, row: Measuring, before: int) -> None:
    """The fault is over: at work, and nothing was touched."""
    row.ends()
    detour.proxy.heal()
    detour.stall.live(timeout=SECONDS)
    row.recovered()
    row.left_alone()
    assert detour.stall.generation == before


@each({row: status for status, row in cluster.LIST.items()})
def test_integrations_that_cannot_be_listed(detour: Detour, row: Measuring, case: int) -> None:
    detour.stall.open()
    detour.proxy.add(Rule(verbs={"list"}, resources={INTEGRATIONS}, status=case, retry_after=_after(case)))
    row.begins()
    detour.has_to_list()
    edited_meanwhile(detour, row)


@each({row: status for status, row in cluster.WATCH.items()})
def test_integrations_that_cannot_be_watched(detour: Detour, row: Measuring, case: int) -> None:
    detour.stall.open()
    detour.proxy.add(Rule(verbs={"watch"}, resources={INTEGRATIONS}, status=case, retry_after=_after(case)))
    row.begins()
    detour.cut_watches()
    edited_meanwhile(detour, row)


def _after(status: int) -> int | None:
    return 1 if status == 429 else None


def edited_meanwhile(detour: Detour, row: Measuring) -> None:
    """The watch is gone: the provider's outage is dealt with all the same, and an edit as soon as it can be heard of."""
    stall, shop = detour.stall, detour.stall.shop
    stall.admin.fault("status", status=503, key=stall.key.name)
    stall.reads("false")
    row.acted()
    shop.edit(stall.name, override=ordered("ForceLive"))
    stall.asked(3)
    stall.reads("false")
    row.ends()
    detour.proxy.heal()
    shop.reads("true", name=stall.name, timeout=SECONDS)
    row.recovered()
    detour.operator.must_live()


@each({row: status for status, row in cluster.EVERYTHING.items()})
def test_everything_is_refused(detour: Detour, row: Measuring, case: int) -> None:
    stall = detour.stall
    before = stall.open()
    detour.proxy.add(Rule(status=case, retry_after=_after(case)))
    detour.has_to_list()
    row.begins()
    revoked_while_away(detour, row, before, seconds=8)


@measures(cluster.UNREACHABLE)
def test_the_network_to_the_api_server_is_cut(detour: Detour, row: Measuring) -> None:
    before = detour.stall.open()
    row.begins()
    detour.proxy.refuse()
    revoked_while_away(detour, row, before, seconds=20)


def revoked_while_away(detour: Detour, row: Measuring, before: int, *, seconds: float) -> None:
    """Once a key is refused it is left alone: no new evidence reminds of what could not be done."""
    stall = detour.stall
    stall.admin.revoke(stall.key.secret)
    time.sleep(seconds)  # it is the length of the fault
    row.left_alone()
    assert stall.shop.told(name=stall.name) == "true"
    row.ends()
    detour.proxy.accept()
    detour.proxy.heal()
    stall.shop.reads("false", name=stall.name, timeout=PROMPT)
    row.recovered()
    stall.fallen()
    stall.shop.secret(stall.admin.add_key(account=stall.name).secret, name=stall.name)
    stall.live(timeout=40)
    assert stall.generation == before + 2


@measures(cluster.SLOW)
def test_every_answer_is_slow(detour: Detour, row: Measuring) -> None:
    stall = detour.stall
    before = stall.open()
    detour.proxy.add(Rule(delay=2.0))
    row.begins()
    stall.admin.fault("refused")
    stall.shop.reads("false", name=stall.name, timeout=60)
    row.acted()
    stall.shop.fallen_back(stall.name, timeout=60)
    assert detour.operator.healthy()
    row.ends()
    stall.admin.heal()
    stall.live(timeout=90)
    row.recovered()
    assert detour.operator.healthy()
    assert stall.generation == before + 2


@measures(cluster.LOST_ANSWER)
def test_the_answer_to_a_patch_is_lost(detour: Detour, row: Measuring) -> None:
    lost(detour, row, Fate.CLOSE)


@measures(cluster.HANGING)
def test_a_patch_hangs(detour: Detour, row: Measuring) -> None:
    lost(detour, row, Fate.SILENT)


def lost(detour: Detour, row: Measuring, fate: Fate) -> None:
    stall = detour.stall
    before = stall.open()
    arguments: dict[str, Any] = {"carried_out": True} if fate is Fate.CLOSE else {}
    detour.proxy.add(Rule(verbs={"patch"}, resources={"deployments"}, fate=fate, times=1, **arguments))
    row.begins()
    stall.admin.fault("refused")
    stall.reads("false")
    row.acted()
    stall.fallen()
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    assert stall.generation == before + 2
