"""A key that can be recognised goes through every error there is, and is found nowhere but in its Secret."""

import json
from functools import partial
from typing import Any

import pytest

from ideogram_operator.resource.words import PROBE_ANNOTATION
from lab.kube import KubeError
from lab.waiting import wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import QUICK_PROBE, QUICK_RECOVERY, SECRET, Shop, condition

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

ECHOING = "{key} is wrong, says the gateway; Api-Key: {key}"


def faults(key: str) -> list[dict[str, Any]]:
    """Every way in which the API can fail, those that echo the key included."""
    echo = ECHOING.format(key=key)
    v2 = json.dumps({"error": echo, "reject_reason": echo})
    problem = json.dumps({"title": echo, "detail": echo})
    split = json.dumps({"error": f"{key[:20]} {key[20:]}", "reject_reason": "insufficient_funds"})
    return [
        {"kind": "refused"},
        {"kind": "reset"},
        {"kind": "close"},
        {"kind": "hang"},
        {"kind": "truncate"},
        {"kind": "drip"},
        {"kind": "not_http"},
        {"kind": "redirect"},
        {"kind": "redirect", "location": f"http://127.0.0.1:9/{key}"},
        {"kind": "garbage", "body": echo},
        {"kind": "huge", "size": 200_000},
        {"kind": "status", "status": 200, "body": v2},
        {"kind": "status", "status": 400, "body": v2},
        {"kind": "status", "status": 401, "body": v2},
        {"kind": "status", "status": 402, "body": split},
        {"kind": "status", "status": 403, "body": problem, "media_type": "application/problem+json"},
        {"kind": "status", "status": 404, "body": echo, "media_type": "text/plain"},
        {"kind": "status", "status": 429, "body": v2, "headers": {"Retry-After": key}},
        {"kind": "status", "status": 500, "body": echo, "headers": {"X-Echo": key, "Server": key}},
        {"kind": "status", "status": 503, "body": v2, "headers": {"Retry-After": "1"}},
    ]


def everything_visible(shop: Shop) -> dict[str, str]:
    """Every object of the namespace but Secrets, as text; events included."""
    found = {}
    for base in ("/api/v1", *(f"/apis/{one}" for one in group_versions(shop))):
        for resource in shop.kube.get(base)["resources"]:
            listed = resource["namespaced"] and "list" in resource["verbs"] and "/" not in resource["name"]
            if not listed or resource["name"] == "secrets":
                continue
            found[f"{base} {resource['name']}"] = listed_as_text(
                shop, f"{base}/namespaces/{shop.namespace}/{resource['name']}"
            )
    return found


def listed_as_text(shop: Shop, path: str) -> str:
    def answer() -> str | None:
        try:
            return json.dumps(shop.kube.get(path))
        except KubeError as error:
            # The API server says so for a moment after a CRD was installed.
            if error.status == 429:
                return None
            raise

    return wait_until(answer, f"an answer at {path}")


def group_versions(shop: Shop) -> list[str]:
    return [version["groupVersion"] for group in shop.kube.get("/apis")["groups"] for version in group["versions"]]


def told_since(before: str, status: dict[str, Any]) -> bool:
    return bool(status["lastUpdate"] != before)


def drive(shop: Shop, run_operator: RunOperator, wrong: list[dict[str, Any]], **probe: Any) -> set[str]:
    """Lets each fault happen and be told, and looks everywhere after each; what status said about them."""
    key, admin = shop.simulator.key, shop.simulator.admin
    operator = run_operator("--log-level", "debug")
    shop.deploy(replicas=1)
    quick = {**QUICK_RECOVERY, "hold": "0s", "successes": 1}
    shop.integrate(probe={**QUICK_PROBE, "timeout": "1s", **probe}, recovery=quick)
    shop.live()
    seen = set()
    for fault in wrong:
        before = shop.status()["lastUpdate"]
        number = admin.fault(**fault)
        status = shop.until(partial(told_since, before), f"{fault} to be told")
        seen.add(status["message"])
        found_nowhere(key, shop, operator.log_text(), operator.metrics())
        admin.heal(number)
        # A refused key, or method, is left alone for a while, unless a person asks.
        shop.annotate(PROBE_ANNOTATION, str(number))
        shop.live()
    assert all(set(one.key_seen_in) <= {"api-key"} for one in admin.requests())
    return seen


def test_the_key_appears_nowhere_whatever_goes_wrong(shop: Shop, run_operator: RunOperator) -> None:
    seen = drive(shop, run_operator, faults(shop.simulator.key))
    assert shop.simulator.admin.requests(host="elsewhere") == [], "no redirect was followed"
    assert len(seen) > 10, "the errors were told, each in its own words"


def test_the_key_appears_nowhere_when_a_paid_check_goes_wrong(shop: Shop, run_operator: RunOperator) -> None:
    telling = [fault for fault in faults(shop.simulator.key) if fault.get("status", 0) >= 400]
    paid = {"interval": "1m", "dailyBudgetUSD": "1000"}
    assert drive(shop, run_operator, telling, method="Generate", generate=paid)


SPOILED = {"space": "{} ", "newline": "{}\n", "leading": " {}", "tab": "{}\tx", "control": "{}\x7f", "umlaut": "{}é"}


def test_a_key_that_cannot_be_one_is_told_without_being_shown(shop: Shop, run_operator: RunOperator) -> None:
    key = shop.simulator.key
    operator = run_operator("--log-level", "debug")
    shop.deploy(replicas=1)
    for name, spoiled in SPOILED.items():
        shop.secret(spoiled.format(key), name=name)
        shop.integrate(name, api={"baseURL": shop.simulator.url, "keySecretRef": {"name": name, "key": "api-key"}})
    for name in SPOILED:
        status = shop.until(lambda status: condition(status, "Ready")["status"] == "False", "a refusal", name=name)
        assert condition(status, "Ready")["reason"] == "KeyUnusable"
        assert shop.namespace in condition(status, "Ready")["message"]
        assert name in condition(status, "Ready")["message"]
    assert shop.simulator.admin.requests(host="api") == []
    found_nowhere(key, shop, operator.log_text(), operator.metrics())


def found_nowhere(key: str, shop: Shop, *texts: str) -> None:
    pieces = (key, key.removeprefix("sim-canary-"), key[:20], key[-12:])
    objects = everything_visible(shop)
    assert any(SECRET in text for text in objects.values()), "the search sees the objects"
    for where, text in [*objects.items(), *(("log or metrics", text) for text in texts)]:
        for piece in pieces:
            assert piece not in text, f"{where} has {text[max(0, text.find(piece) - 200) : text.find(piece)]!r}…"


def test_the_search_would_find_a_key(shop: Shop) -> None:
    path = f"/api/v1/namespaces/{shop.namespace}/configmaps"
    shop.kube.create(path, {"metadata": {"name": SECRET}, "data": {"leak": shop.simulator.key}})
    with pytest.raises(AssertionError, match="configmaps"):
        found_nowhere(shop.simulator.key, shop)
