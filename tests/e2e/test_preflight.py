"""The preflight in the cluster, on real parts: what a person reads in status, and how it follows what they mend."""

import base64
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.words import PREFLIGHT_ANNOTATION
from lab.cluster import Cluster
from lab.kube import JSON_PATCH, Json
from lab.operator import Operator
from lab.servers.bucket_server import ALL, BucketAccess
from lab.waiting import wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.gallery import ATTESTED, PROBE, TABLE, Gallery, attestation, gallery, wrong
from tests.e2e.shop import ON, QUICK_PROBE, Shop, condition, env, target
from tests.servers import TestDatabase


@pytest.fixture
def ready(
    cluster: Cluster, namespace: str, tmp_path: Path, bucket_server: BucketAccess, postgres: TestDatabase
) -> Iterator[Gallery]:
    with gallery(cluster, namespace, tmp_path, buckets=bucket_server, database=postgres) as made:
        yield made


NO_SEED = TABLE.replace(" seed bigint,", "")


def test_five_planted_faults_are_found_with_the_hints_that_mend_them(ready: Gallery, tmp_path: Path) -> None:
    shop, key = ready.shop, ready.shop.simulator.key
    ready.build(planted={"PAINTER_TOKEN": key}, replicas=3, IDEOGRAM_CONCURRENCY="8")
    ready.buckets.allow(ready.bucket, [action for action in ALL if action != "s3:DeleteObject"])
    ready.database.do("DROP TABLE generations", NO_SEED)
    with ready.operator(tmp_path) as operator:
        ready.stage()
        shop.integrate(**ready.spec(expired=("moderation-layer",)))
        shop.live()
        assert ready.drill()["drill"]["result"] == "Succeeded"
        status = ready.ask()
        total = len(CheckId)
        assert {name: check["result"] for name, check in wrong(status).items()} == {
            "key-in-secret": "Fail",
            "concurrency": "Fail",
            "moderation-layer": "Fail",
            "durable-storage": "Fail",
            "metadata-database": "Fail",
        }
        assert status["preflight"]["summary"] == f"{total - 5}/{total}"
        hints = {name: check["hint"] for name, check in wrong(status).items()}
        assert "secretKeyRef: {name: ideogram, key: api-key}" in hints["key-in-secret"]
        assert "IDEOGRAM_CONCURRENCY" in hints["concurrency"]
        assert "moderation-layer" in hints["moderation-layer"]
        assert "s3:DeleteObject" in hints["durable-storage"]
        assert "ADD COLUMN seed" in hints["metadata-database"]
        assert key not in str(shop.status())
        passed = condition(status, "PreflightPassed")
        assert (passed["status"], passed["reason"]) == ("False", "ChecksFailed")
        began = operator.url

        def mended(count: int) -> None:
            shop.until(lambda now: now["preflight"]["summary"] == f"{count}/{total}", f"{count} of {total}", timeout=90)

        ready.database.do("ALTER TABLE generations ADD COLUMN seed bigint")
        mended(total - 4)
        ready.buckets.allow(ready.bucket, ALL)
        mended(total - 3)
        shop.edit(attestations=[attestation(check) for check in ATTESTED])
        mended(total - 2)
        unplanted = [entry for entry in _env(shop.get("Deployment", "web")) if entry["name"] != "PAINTER_TOKEN"]
        _set_env(ready, unplanted)
        mended(total - 1)
        fewer = [entry | {"value": "2"} if entry["name"] == "IDEOGRAM_CONCURRENCY" else entry for entry in unplanted]
        _set_env(ready, fewer)
        mended(total)
        status = shop.until(lambda now: condition(now, "PreflightPassed")["status"] == "True", "PreflightPassed")
        assert operator.url == began
        assert wrong(status) == {}
        # One paid check at the start and one when a person asked; none for all the looks in between.
        assert len(shop.simulator.admin.requests(host="api", route="generate")) <= 3
        assert [title for title in ready.receiver.titles if title.startswith("Test")] != []


def _env(deployment: Json) -> list[Json]:
    entries: list[Json] = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    return entries


def _set_env(ready: Gallery, entries: list[Json]) -> None:
    path = ready.shop.path("Deployment", "web")
    value = {"op": "replace", "path": "/spec/template/spec/containers/0/env", "value": entries}
    ready.shop.kube.patch(path, [value], content_type=JSON_PATCH)


def test_a_key_that_changes_and_a_person_who_asks_are_answered_at_once(shop: Shop, run_operator: RunOperator) -> None:
    shop.deploy()
    run_operator()
    shop.integrate(probe=PROBE)
    first = shop.until(lambda status: status.get("preflight", {}).get("checks"), "the first preflight")["preflight"]
    assert check(first, "key-in-secret")["result"] == "Pass"
    shop.secret(f"{shop.simulator.key}\n")
    shop.annotate(PREFLIGHT_ANNOTATION, "please")
    asked = shop.until(lambda status: status["preflight"].get("lastHandledRequest") == "please", "the answer")
    assert asked["preflight"]["lastTime"] > first["lastTime"]
    spaced = check(asked["preflight"], "key-in-secret")
    assert spaced["result"] == "Fail"
    assert "white space" in spaced["message"]
    shop.until(lambda status: status["conditions"][0]["reason"] == "KeyUnusable", "the key found unusable", timeout=60)
    shop.secret(shop.simulator.key)
    # Nobody asks: the key is looked for, and once it is there everything that rests on it is carried out again.
    shop.until(lambda status: check(status["preflight"], "key-in-secret")["result"] == "Pass", "the key", timeout=60)


def test_a_restart_and_an_edit_of_something_else_pay_for_nothing_again(shop: Shop, run_operator: RunOperator) -> None:
    shop.deploy()
    operator = run_operator()
    shop.integrate(probe=PROBE, attestations=[attestation("image-safe-flag")])
    shop.live()
    before = shop.until(lambda status: status.get("preflight", {}).get("checks"), "the first preflight")["preflight"]
    paid = len(shop.simulator.admin.requests(host="api", route="generate"))
    assert paid == 1
    operator.kill()
    operator.start()
    shop.probed(3)
    shop.edit(mode="Observe")
    shop.until(lambda status: status["preflight"]["observedGeneration"] == 2, "the edited spec looked at")
    after = shop.status()["preflight"]
    assert check(after, "image-download") == check(before, "image-download") | {"time": before["lastTime"]}
    assert after["paidFor"] == before["paidFor"]
    assert len(shop.simulator.admin.requests(host="api", route="generate")) == paid


def test_the_gate_keeps_targets_in_fallback_until_the_required_checks_pass(
    shop: Shop, run_operator: RunOperator
) -> None:
    shop.deploy(containers=[env(ON, {"name": "IDEOGRAM_CONCURRENCY", "value": "8"})], replicas=2)
    run_operator()
    gate = {"gate": "GoLive", "required": ["concurrency", "targets-exist"]}
    shop.integrate(probe=QUICK_PROBE, preflight=gate)
    closed = shop.fallen_back()
    assert closed["reason"] == "PreflightGate"
    shop.until(lambda status: "concurrency" in status["message"], "the missing check by its name")
    shop.probed(3)
    assert shop.told() == "false"
    path = shop.path("Deployment", "web")
    entries = shop.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["env"]
    index = next(n for n, entry in enumerate(entries) if entry["name"] == "IDEOGRAM_CONCURRENCY")
    replaced = {"op": "replace", "path": f"/spec/template/spec/containers/0/env/{index}/value", "value": "2"}
    shop.kube.patch(path, [replaced], content_type=JSON_PATCH)
    opened = shop.live(timeout=60)
    assert opened["preflight"]["openSince"]
    assert shop.told() == "true"
    # It is a gate on the way to going live, no trigger: what fails later does not close it.
    replaced["value"] = "8"
    shop.kube.patch(path, [replaced], content_type=JSON_PATCH)
    shop.annotate(PREFLIGHT_ANNOTATION, "again")
    failed = shop.until(lambda status: status["preflight"].get("lastHandledRequest") == "again", "the next preflight")
    assert check(failed["preflight"], "concurrency")["result"] == "Fail"
    shop.probed(3)
    assert (shop.status()["state"], shop.told()) == ("Live", "true")


HANGING = 100


@pytest.fixture
def abyss() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_hundred_at_once_take_no_longer_than_twice_one_and_a_hanging_store_costs_its_own_time_only(
    shop: Shop, run_operator: RunOperator, abyss: str
) -> None:
    shop.make("ConfigMap", "settings")
    encoded = base64.b64encode(f"postgresql://app:secret@{abyss}/images".encode()).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": shop.namespace}}
    shop.kube.apply(secret | {"data": {"url": encoded}})
    hanging = {
        "storage": {"url": "s3://images/shop", "endpoint": f"http://{abyss}"},
        "database": {"urlSecretRef": {"name": "db"}},
        "targets": [target("settings", kind="ConfigMap")],
        "probe": {**PROBE, "interval": "10s"},
    }
    operator = run_operator(hosts=(shop.simulator.url, f"http://{abyss}", abyss))
    alone = _seconds(shop, operator, lambda: [shop.integrate("alone", **hanging)], 1)
    names = [f"shop-{number:03}" for number in range(HANGING)]
    together = _seconds(shop, operator, lambda: [shop.integrate(name, **hanging) for name in names], HANGING + 1)
    print(f"preflight with a hanging bucket and database: one {alone:.1f} s, {HANGING} at once {together:.1f} s")  # noqa: T201
    assert together <= 2 * alone
    status = shop.status("shop-042")["preflight"]
    assert "did not answer within" in check(status, "durable-storage")["message"]
    assert "did not answer within" in check(status, "metadata-database")["message"]
    assert [check(status, one)["result"] for one in ("api-key-header", "model-accepted", "image-download")] == [
        "Pass"
    ] * 3
    # One account, one key: a hundred and one integrations paid for very few images.
    assert len(shop.simulator.admin.requests(host="api", route="generate")) <= 3


def _seconds(shop: Shop, operator: Operator, create: Callable[[], object], count: int) -> float:
    """Seconds from the last creation until so many have been looked at, as their own logs tell it."""
    create()
    began = time.monotonic()

    def done() -> bool:
        return (
            sum(1 for line in operator.log() if line.get("event") == "preflight" and line.get("why") == "new") >= count
        )

    wait_until(done, f"{count} preflights", timeout=120, pause=0.2)
    return time.monotonic() - began


def check(preflight: Json, name: str) -> Json:
    """One check of a preflight's status."""
    return next(one for one in preflight["checks"] if one["id"] == name)
