"""The longest and oddest that an integration can say: told within bounds, in one line, and steering nobody's terminal."""

import contextlib
import json
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lab.kube import Json, KubeError
from lab.waiting import wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import ordered, target
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

LARGEST_STATUS = 32 * 1024
LONGEST_NAME = ".".join(["n" * 62] * 4)[:253]
ODD = "\u202egnp.\u2066|<script>alert(1)</script>[x](javascript:1)`*_~@all ::error::x %s {0} {{}} $(id) \\\" ' \u2028 "
SENTENCE = (ODD * 4)[:256]
STAMP = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
CHECKS = ("auto-top-up", "safety-log", "pii-sanitisation", "server-side-validation", "moderation-layer")
BACKTRACKING = '{a=~"(a+)+(b|b)*' + "(" * 400
PERIOD = "a" * 127 + "."


def labels() -> dict[str, str]:
    return {f"{'l' * 60}{number}": "v" * 63 for number in range(10)}


def longest() -> dict[str, Any]:
    """All that can be said of an application, each as long as it may be."""
    verify = {"url": "http://127.0.0.1/" + "a" * 490, "path": ("a." * 64)[:127], "fallbackValue": ODD[3:20]}
    by_name = [target(f"{number:02}{LONGEST_NAME}"[:253], "ConfigMap", verify=verify) for number in range(10)]
    by_label = [target(kind="ConfigMap", selector={"matchLabels": labels()}) for _ in range(10)]
    attestation = {"by": SENTENCE, "at": "2026-01-01T00:00:00Z", "expires": "2036-01-01T00:00:00Z"}
    attestation |= {"evidence": "https://example.com/" + "b" * 490}
    return {
        "targets": [*by_name, *by_label],
        "override": ordered("Freeze") | {"reason": SENTENCE},
        "attestations": [{**attestation, "check": check} for check in CHECKS],
        "traffic": {
            "prometheus": {
                "url": "http://127.0.0.1/" + "a" * 490,
                "matchers": BACKTRACKING[:512],
                "queries": {f"q{number}": ("(" * 2048)[:2048] for number in range(16)},
            }
        },
        "notify": [{"severities": ["P1"], "urlSecretRef": {"name": LONGEST_NAME, "key": "k" * 253}} for _ in range(10)],
        "storage": {"url": "s3://" + "b" * 500, "secretRef": {"name": LONGEST_NAME}},
        "database": {"urlSecretRef": {"name": LONGEST_NAME, "key": "k" * 253}, "table": "t" * 128},
        "preflight": {"predecessor": {"namespace": "n" * 63, "name": LONGEST_NAME}},
    }


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_the_longest_and_oddest_is_told_within_bounds(
    tenant: Tenant, run_operator: RunOperator, tmp_path: Path
) -> None:
    shop = tenant.shop
    for number in range(10):
        body = {"metadata": {"name": f"{number:02}{LONGEST_NAME}"[:253], "labels": labels()}, "data": {}}
        shop.kube.create(f"/api/v1/namespaces/{shop.namespace}/configmaps", body)
    operator = run_operator("--log-level", "debug")
    tenant.create(LONGEST_NAME, **longest())
    tenant.preflighted([LONGEST_NAME])
    tenant.annotate("ideogram-operator.io/preflight", f"\x1b[2J\x9b2J{ODD}" + "z" * 100_000, LONGEST_NAME)
    requested = wait_until(lambda: asked_again(shop.status(LONGEST_NAME)), "the request to be obeyed", timeout=60)
    assert len(requested) < 1000
    status = shop.status(LONGEST_NAME)
    assert len(json.dumps(status)) < LARGEST_STATUS
    shop.make("ConfigMap", "settings")
    tenant.create(
        "odd", targets=[target("settings", "ConfigMap")], override=ordered("ForceFallback") | {"reason": SENTENCE}
    )
    events = wait_until(lambda: [one for one in shop.events() if "script" in one["note"]], "an event with the reason")
    told = [*strings([status, shop.status("odd")]), *strings([[event["reason"], event["note"]] for event in events])]
    assert [text for text in told if not text.isprintable()] == []
    shown(shop.namespace, str(shop.cluster.kubeconfig))
    lines = operator.log_text().splitlines()
    assert all(json.loads(line)["level"] for line in lines), "each line is one entry"
    series = [one for family in text_string_to_metric_families(operator.metrics()) for one in family.samples]
    own = [one for one in series if one.labels.get("name") == LONGEST_NAME]
    assert 0 < len(own) < 60
    operator.must_live()


def asked_again(status: Json) -> str | None:
    found: str | None = status.get("preflight", {}).get("lastHandledRequest")
    return found


def shown(namespace: str, kubeconfig: str) -> None:
    """What people read it with: a table, Markdown, JUnit and JSON, none of which it breaks."""
    script = Path(sysconfig.get_path("scripts")) / "kubectl-ideogram"
    for form in ("table", "markdown", "junit", "json"):
        command = ["preflight", LONGEST_NAME, "-n", namespace, "--kubeconfig", kubeconfig, "-o", form]
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, script, *command], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 1, done.stderr
        assert [line for line in done.stdout.split("\n") if not line.isprintable()] == []
        assert "<script>" not in done.stdout or form in {"table", "json"}
        if form == "junit":
            assert ET.fromstring(done.stdout).tag == "testsuites"  # noqa: S314 - of our own making
        if form == "json":
            assert json.loads(done.stdout)


def test_what_is_too_long_or_has_too_many_is_not_stored(tenant: Tenant) -> None:
    longer = {
        "targets": [target(f"web-{number}") for number in range(21)],
        "notify": [{"severities": ["P1"], "urlSecretRef": {"name": "a"}}] * 11,
        "override": ordered("Freeze") | {"reason": "x" * 257},
        "traffic": {"prometheus": {"url": "http://a.b.svc", "queries": {f"q{n}": "up" for n in range(17)}}},
        "storage": {"url": "s3://" + "b" * 508},
        "database": {"urlSecretRef": {"name": "a"}, "table": "t" * 129},
    }
    for field, value in longer.items():
        with pytest.raises(KubeError, match=f"422: .*{field}"):
            tenant.create(**{field: value})
    steering = ("\x1b]0;owned\x07", "\x9b31m", "a\rb", "a\x00b", "a\nb")
    for text in steering:
        with pytest.raises(KubeError, match=r"^(400|422):"):
            tenant.create(override=ordered("Freeze") | {"reason": text + "xxx"})


def test_patterns_take_no_time_whatever_they_are_given(tenant: Tenant) -> None:
    """Expressions that would take years if they went back: the API server's do not, and neither do the operator's."""
    texts = [PERIOD[:127] + "!", "a" * 128, ("a." * 64)[:127] + "!", "-" * 128, "a-" * 63 + "!", "http://" + "a." * 250]
    fields = ("name", "path", "url")
    began = datetime.now(UTC)
    for text, field in islice(product(texts, fields), 18):
        verify = {"url": "http://a.b.svc", "path": "a", "fallbackValue": "b"}
        entry = target(name=text) if field == "name" else target(verify={**verify, field: text})
        # Stored or not: some are of a good form.
        with contextlib.suppress(KubeError):
            tenant.create(f"{abs(hash((text, field)))}", targets=[entry])
    assert (datetime.now(UTC) - began).total_seconds() < 20
