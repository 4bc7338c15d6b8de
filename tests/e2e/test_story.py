"""What a person reads who knows Kubernetes and not this project: what happened, when, why, and what to do."""

import re
import subprocess
from typing import Any

import pytest

from lab.controlplane.binaries import kubectl
from lab.operator import Operator
from tests.e2e.shop import QUICK_PROBE, Shop, condition

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

CLOCK = re.compile(r"\b\d\d:\d\d:\d\dZ")
ALWAYS = {
    "Ready",
    "APIHealthy",
    "CredentialsValid",
    "CreditsSufficient",
    "PreflightPassed",
    "FallbackActive",
    "TargetsInSync",
    "Overridden",
}
RECOVERY = {"hold": "6s", "successes": 20, "maxFlipsPerHour": 30}


def kubectl_says(shop: Shop, *arguments: str) -> str:
    command = [str(kubectl()), "--kubeconfig", str(shop.cluster.kubeconfig), "-n", shop.namespace, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603 - our own words


def whole(status: dict[str, Any], generation: int) -> None:
    """What holds of every status ever written."""
    kinds = [one["type"] for one in status["conditions"]]
    assert set(kinds) >= ALWAYS
    assert status["observedGeneration"] == generation
    for one in status["conditions"]:
        assert one["message"], f"{one['type']} says nothing"
        assert re.fullmatch("[A-Z][A-Za-z]+", one["reason"])
        assert one["observedGeneration"] == generation
    assert re.fullmatch("[A-Z][A-Za-z]+", status["reason"])
    assert status["message"].endswith((".", "…"))


def test_a_life_told_by_status_alone(shop: Shop, operator: Operator) -> None:
    host = shop.simulator.url.removeprefix("http://")
    shop.deploy()
    shop.integrate(probe={**QUICK_PROBE, "suspectInterval": "1s"}, recovery=RECOVERY)
    first = shop.until(lambda status: status.get("conditions"), "the first status")
    whole(first, 1)

    live = shop.live()
    whole(live, 1)
    assert host in live["message"]
    assert "200" in live["message"]

    shop.simulator.admin.fault("status", status=503)
    suspect = shop.state("Suspect")
    whole(suspect, 1)
    assert CLOCK.search(suspect["message"]), "since when"
    assert "503" in suspect["message"], "why"
    assert "confirm" in suspect["message"], "what is being done"

    fallback = shop.fallen_back()
    whole(fallback, 1)
    message = fallback["message"]
    assert "apiUnreachable" in message
    assert "503" in message
    assert host in message
    assert len(CLOCK.findall(message)) >= 3, "since when, when it fired, and until when it is held"
    assert "6s" in message, "how long the hold is"
    assert "status page" in message, "what to do"
    assert condition(fallback, "FallbackActive")["status"] == "True"
    assert "1 of 1" in condition(fallback, "FallbackActive")["message"]
    assert condition(fallback, "APIHealthy")["status"] == "False"
    described = kubectl_says(shop, "describe", "idi", "shop")
    for words in ("apiUnreachable (P1) fired", "In fallback since", "Deployment"):
        assert words in described
    row = kubectl_says(shop, "get", "idi", "-o", "wide").splitlines()
    assert row[0].split()[:6] == ["NAME", "READY", "HEALTH", "STATE", "PREFLIGHT", "ALERTS"]
    for word in ("shop", "True", "Down", "Fallback", "apiUnreachable", "ApiUnreachable"):
        assert word in row[1].split()

    shop.simulator.admin.heal()
    recovering = shop.state("Recovering")
    whole(recovering, 1)
    assert re.search(r"\d+ of 20 good", recovering["message"])

    live = shop.live(timeout=60)
    whole(live, 1)
    away, back = live["history"]
    for moment in ("at", "detected", "patched", "ready"):
        assert away[moment]
    assert away["detected"] <= away["at"] <= away["patched"] <= away["ready"] <= back["at"] <= back["patched"]
    assert (away["from"], away["to"], back["to"]) == ("Suspect", "Fallback", "Live")
    # Events are sent beside the work, never in its way.
    shop.until(lambda _: len(shop.events()) >= 4, "the last event")
    told = [(event["reason"], event["type"]) for event in shop.events()]
    assert sorted(told) == [
        ("ApiUnreachable", "Warning"),
        ("FallbackRequested", "Warning"),
        ("ProbeSucceeded", "Normal"),
        ("RestoringTargets", "Normal"),
    ], "each edge once, nothing for steady state"


def test_a_steady_state_writes_nothing(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.probed(2)
    before = shop.kube.get(shop.at())["metadata"]["resourceVersion"]
    shop.probed(6)
    assert shop.kube.get(shop.at())["metadata"]["resourceVersion"] == before
    assert shop.events() == []


def test_a_missing_target_is_named(shop: Shop, operator: Operator) -> None:
    shop.integrate()
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "TargetMissing", "TargetMissing")
    assert "web" in condition(status, "Ready")["message"]
    shop.deploy()
    shop.live()


def test_metrics_tell_the_same_and_are_gone_with_the_integration(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    ours = f'namespace="{shop.namespace}"'
    assert "\nideogram_operator_integrations_decided 1.0\n" in operator.metrics()
    said = [line for line in operator.metrics().splitlines() if ours in line and not line.startswith("#")]
    assert any("ideogram_integration" in line and "Fallback" in line and line.endswith(" 1.0") for line in said)
    assert any("apiUnreachable" in line for line in said)
    shop.kube.delete(shop.at())
    shop.kube.wait_gone(shop.at())
    shop.kube.wait_for(shop.path("Deployment", "web"), lambda _: ours not in operator.metrics(), "the series to go")
