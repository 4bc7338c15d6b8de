"""``kubectl ideogram`` against statuses as an operator writes them, and against the operator itself."""

import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ideogram_operator.resource.words import DRILL_ANNOTATION, PREFLIGHT_ANNOTATION
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.waiting import wait_until
from tests.cli.conftest import As, Desk, Json, clean, script

NOW = datetime.now(UTC).replace(microsecond=0)
EARLIER = NOW - timedelta(days=2)


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def check(name: str, result: str = "Pass", **more: Any) -> Json:
    return {"id": name, "result": result, "evidence": "Inspected", "message": f"About {name}.", **more}


NEEDED = ("key-in-secret", "key-separate", "base-url", "api-key-header", "targets-exist", "permissions")


def told(desk: Desk, *checks: Json, **more: Any) -> None:
    """An integration with this preflight in its status."""
    desk.shop.integrate("shop", **desk.integration()["spec"])
    preflight = {"lastTime": stamp(NOW), "observedGeneration": 1, "checks": list(checks), **more}
    desk.shop.kube.patch(f"{desk.shop.at()}/status", {"status": {"preflight": preflight}})


def answered(desk: Desk, annotation: str, part: str, *answers: Json) -> None:
    """The command's request, answered by status as an operator would."""
    found: str = wait_until(
        lambda: desk.shop.kube.get(desk.shop.at())["metadata"].get("annotations", {}).get(annotation), "a request"
    )
    for answer in answers:
        body = {"status": {part: {**answer, "lastHandledRequest": found}}}
        desk.shop.kube.patch(f"{desk.shop.at()}/status", body)


def begun(desk: Desk, *words: str) -> "subprocess.Popen[str]":
    flags = ["-n", desk.shop.namespace, "--kubeconfig", str(desk.kubeconfig)]
    return subprocess.Popen(  # noqa: S603 - our own words
        [script("kubectl-ideogram"), *words, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean(),
    )


def test_the_clusters_own_result_is_shown_with_its_times(desk: Desk) -> None:
    checks = [check(name) for name in NEEDED]
    told(desk, *checks, check("model-accepted", "Fail", hint="Name another.", time=stamp(EARLIER)))
    done = desk.kubectl("preflight", "shop")
    assert done.code == 1
    assert f"{desk.shop.namespace}/shop (Development), as of {NOW:%Y-%m-%d %H:%M:%S} UTC" in done.out
    assert f"About model-accepted. (since {EARLIER:%Y-%m-%d %H:%M:%S} UTC)" in " ".join(done.out.split())
    assert "→ Name another." in done.out
    assert done.out.endswith("Required for Development and missing: model-accepted.\n")
    (found,) = desk.kubectl("preflight", "shop", "-o", "json").json()
    assert (found["summary"], found["passed"], found["asOf"]) == ("6/7", False, stamp(NOW))
    assert [one["since"] for one in found["checks"]] == [None] * 6 + [stamp(EARLIER)]


def test_a_result_about_an_earlier_spec_says_so(desk: Desk) -> None:
    told(desk, *(check(name) for name in (*NEEDED, "model-accepted")), observedGeneration=0)
    done = desk.kubectl("preflight", "shop")
    assert done.code == 0
    assert "It is about an earlier spec: generation 0, and now it is 1." in done.out


def test_what_is_not_there_or_not_allowed_ends_with_2(desk: Desk, account: As) -> None:
    desk.shop.integrate("shop", **desk.integration()["spec"])
    missing, untold, late = (
        desk.kubectl("preflight", "gallery"),
        desk.kubectl("preflight", "shop"),
        desk.kubectl("preflight", "shop", "--now", "--timeout", "100ms"),
    )
    assert f"there is no IdeogramIntegration gallery in namespace {desk.shop.namespace}" in missing.err
    assert "no preflight has been carried out yet" in untold.err
    assert "no preflight within 0.1 s; is the operator running?" in late.err
    desk.kubeconfig = account("stranger")
    refused = desk.kubectl("drill", "shop")
    assert "you may not read" in refused.err
    assert [done.code for done in (missing, untold, late, refused)] == [2, 2, 2, 2]
    assert [done.out for done in (missing, untold, late, refused)] == [""] * 4


@pytest.mark.parametrize(("result", "code"), [("Succeeded", 0), ("Aborted", 1)])
def test_a_drill_is_asked_for_and_followed_to_its_end(desk: Desk, result: str, code: int) -> None:
    desk.shop.integrate("shop", **desk.integration()["spec"])
    over = {"result": result, "lastTime": stamp(NOW), "message": "1 target fell back."}
    # A drill that ended before this request is nobody's answer to it.
    desk.shop.kube.patch(f"{desk.shop.at()}/status", {"status": {"drill": {**over, "result": "Failed"}}})
    with begun(desk, "drill", "shop", "--wait", "--timeout", "60s") as running:
        assert running.stderr is not None
        assert running.stdout is not None
        answered(desk, DRILL_ANNOTATION, "drill", {"phase": "Holding", "startedAt": stamp(NOW)})
        while "Holding: the targets are in fallback" not in running.stderr.readline():
            assert running.poll() is None
        answered(desk, DRILL_ANNOTATION, "drill", {**over, "phase": None})
        assert running.wait(30) == code
        assert running.stdout.read() == f"{desk.shop.namespace}/shop: {result}: 1 target fell back.\n"


def test_a_drill_that_nobody_waits_for_is_only_asked_for(desk: Desk) -> None:
    desk.shop.integrate("shop", **desk.integration()["spec"])
    done = desk.kubectl("drill", "shop")
    assert done.code == 0
    assert done.out.startswith(f"asked for a drill of {desk.shop.namespace}/shop")
    assert DRILL_ANNOTATION in desk.shop.kube.get(desk.shop.at())["metadata"]["annotations"]


def test_the_operator_carries_out_what_is_asked_for(desk: Desk) -> None:
    shop, folder = desk.shop, desk.folder / "operator"
    folder.mkdir()
    grant_rights(shop.cluster, shop.namespace)
    kubeconfig = operator_kubeconfig(shop.cluster.access, shop.namespace, desk.folder / "operator.yaml")
    flags = Flags(kubeconfig=kubeconfig, namespaces=(shop.namespace,), allow_hosts=(shop.simulator.url,))
    with ExitStack() as ends:
        ends.enter_context(Operator(flags, folder=folder))
        shop.settled()
        quick = {"interval": "1s", "suspectInterval": "500ms", "generate": {"interval": "0s"}}
        shop.integrate("shop", **desk.integration(probe=quick, drill={"duration": "10s"})["spec"])
        shop.live()
        done = desk.kubectl("preflight", "shop", "--now", "-o", "json")
        assert done.code == 0, done.everything
        (found,) = done.json()
        assert found["passed"]
        assert {one["id"]: one["result"] for one in found["checks"]}["permissions"] == "Pass"
        request = shop.kube.get(shop.at())["metadata"]["annotations"][PREFLIGHT_ANNOTATION]
        assert shop.status()["preflight"]["lastHandledRequest"] == request
        drilled = desk.kubectl("drill", "shop", "--wait", "--timeout", "90s")
        assert drilled.code == 0, drilled.everything
        assert drilled.out.startswith(f"{shop.namespace}/shop: Succeeded: ")
        assert "the targets are in fallback" in drilled.err
