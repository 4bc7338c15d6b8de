"""The preflight in the cluster, on real parts: what a person reads in status, and how it follows what they mend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ideogram_operator.resource.checklist import CheckId
from lab.cluster import Cluster
from lab.kube import Json
from lab.servers.bucket_server import ALL, BucketAccess
from tests.e2e.gallery import ATTESTED, TABLE, Gallery, attestation, gallery, wrong
from tests.e2e.shop import condition
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
        assert "valueFrom.secretKeyRef" in hints["key-in-secret"]
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
    ready.shop.kube.patch(path, [value], content_type="application/json-patch+json")
