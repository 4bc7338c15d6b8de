"""``ideogram-operator preflight`` against a real control plane and a real provider, as people and pipelines type it."""

import os
import pty
import signal
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from ideogram_operator.cli.table import MARKS
from ideogram_operator.resource.checklist import CheckResult
from lab.operator import grant_rights
from tests.cli.conftest import As, Desk, Done, Json, clean, script
from tests.e2e.shop import target

IMAGE = "image-download"
RULES = {"verbs": ["get", "list"], "apiGroups": ["", "apps", "autoscaling", "ideogram-operator.io"]}
READER = {**RULES, "resources": ["configmaps", "deployments", "horizontalpodautoscalers", "ideogramintegrations"]}
SECRETS = {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}
TEXT = {"type": "string", "minLength": 1}
MAYBE = {"type": ["string", "null"]}
CHECK = {
    "id": TEXT,
    "section": TEXT,
    "result": {"enum": ["Pass", "Warn", "Fail", "Unknown", "Skipped"]},
    "evidence": {"enum": ["Probed", "Inspected", "Observed", "Attested", None]},
    "message": TEXT,
    "hint": MAYBE,
    "required": {"type": "boolean"},
    "since": MAYBE,
}
INTEGRATION = {
    "namespace": TEXT,
    "name": TEXT,
    "environment": {"enum": ["Production", "Staging", "Development"]},
    "passed": {"type": "boolean"},
    "summary": {"type": "string", "pattern": r"^\d+/\d+$"},
    "missing": {"type": "array", "items": TEXT},
    "asOf": TEXT,
    "remarks": {"type": "array", "items": TEXT},
}


def closed(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


CHECKS = {"checks": {"type": "array", "minItems": 28, "items": closed(CHECK)}}
SCHEMA = closed({"integrations": {"type": "array", "items": closed(INTEGRATION | CHECKS)}})


def result(done: Done, check: str) -> Json:
    """What one check of the first integration came to."""
    return next(one for one in done.json()[0]["checks"] if one["id"] == check)


def generations(desk: Desk) -> int:
    return len(desk.shop.simulator.admin.requests(route="generate"))


def no_cluster(tmp_path: Path) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{free.getsockname()[1]}"
    path = tmp_path / "nowhere.yaml"
    path.write_text(
        f"{{clusters: [{{name: c, cluster: {{server: '{server}'}}}}], users: [{{name: u, user: {{token: canary-token}}}}],"
        " contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}"
    )
    return path


def test_what_holds_passes_with_0_and_one_plain_table(desk: Desk) -> None:
    done = desk.preflight(desk.file(desk.integration()), FORCE_COLOR="1")
    assert done.code == 0, done.everything
    assert f"{desk.shop.namespace}/shop (Development), as of " in done.out
    assert "\n ✔ key-in-secret          Inspected " in done.out
    assert (
        f"\n {MARKS[CheckResult.SKIPPED][0]} image-download                   It costs 0.05 USD; run with --paid."
        in done.out
    )
    assert done.out.endswith(" skipped.\nAll that Development requires passed.\n")
    assert all(character.isprintable() or character == "\n" for character in done.everything)
    assert max(map(len, done.out.splitlines())) <= 100
    assert f"{desk.shop.namespace}/shop: key asked (" in done.err
    assert generations(desk) == 0


def test_what_is_required_and_missing_ends_with_1_and_is_named(desk: Desk) -> None:
    done = desk.preflight(desk.file(desk.integration(environment="Production")), "-o", "json")
    assert done.code == 1
    Draft202012Validator(SCHEMA).validate({"integrations": done.json()})
    (found,) = done.json()
    assert not found["passed"]
    assert {"auth-alert", "base-url", "durable-storage", "rollback-tested"} <= set(found["missing"])
    assert set(found["missing"]) <= {one["id"] for one in found["checks"] if one["required"]}
    assert result(done, "circuit-breaker")["message"] == "No operator tends it yet."
    assert result(done, "permissions")["result"] == result(done, "image-download")["result"] == "Skipped"


def test_junit_draws_each_result_by_the_rules_of_ci_servers(desk: Desk) -> None:
    done = desk.preflight(desk.file(desk.integration(environment="Production")), "-o", "junit")
    root = ET.fromstring(done.out)  # noqa: S314 - our own document
    (suite,) = root.findall("testsuite")
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert suite.get("name") == f"{desk.shop.namespace}/shop"
    assert int(suite.get("tests", "")) == len(cases) >= 28
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure")) > 0
    assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped")) > 0
    assert cases["auth-alert"].find("failure") is not None
    assert (unknown := cases["moderation-layer"].find("failure")) is not None
    assert unknown.get("type") == "Unknown"
    assert cases[IMAGE].find("skipped") is not None
    assert cases["targets-exist"].find("failure") is None


def test_markdown_has_a_table_for_each_section(desk: Desk) -> None:
    done = desk.preflight(desk.file(desk.integration()), "-o", "markdown")
    assert done.out.startswith(f"## :white_check_mark: {desk.shop.namespace}/shop (Development): ")
    for section in ("API configuration", "Request handling", "Image persistence", "Going live", "Platform"):
        assert f"\n### {section}\n\n| | Check | Evidence | What was seen |\n|---|---|---|---|\n| :" in done.out
    assert "| :white_check_mark: | **targets-exist** | Inspected | 1 target: Deployment/web. |" in done.out


def test_several_documents_come_from_files_and_standard_input_and_the_worst_counts(desk: Desk) -> None:
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}
    good, bad = desk.integration("good"), desk.integration("bad", targets=[target("missing")])
    del good["metadata"]["namespace"]
    listed = {"apiVersion": "v1", "kind": "List", "items": [settings, bad]}
    path = desk.file(settings, good)
    done = desk.preflight(
        path,
        "-",
        "-n",
        desk.shop.namespace,
        "-o",
        "json",
        "--check",
        "targets-exist",
        stdin=desk.file(listed, name="2").read_text(),
    )
    assert [(one["name"], one["namespace"], one["passed"]) for one in done.json()] == [
        ("good", desk.shop.namespace, True),
        ("bad", desk.shop.namespace, False),
    ]
    assert [[check["id"] for check in one["checks"]] for one in done.json()] == [["targets-exist"]] * 2
    assert done.code == 1


def test_a_file_that_cannot_be_used_ends_with_2_and_quotes_nothing(desk: Desk) -> None:
    spoilt = desk.integration(mode="Sometimes", colour="canary-value")
    done = desk.preflight(desk.file(desk.integration(), spoilt), "-o", "json")
    assert (done.code, done.out) == (2, "")
    (first, second) = done.err.splitlines()
    assert first.startswith(f"ideogram-operator preflight: {desk.folder}/shop.yaml, document 2: spec.")
    assert "spec.colour: unknown field" in first + second
    assert "canary-value" not in done.err


def test_a_cluster_that_does_not_answer_ends_with_2(desk: Desk, tmp_path: Path) -> None:
    desk.kubeconfig = no_cluster(tmp_path)
    done = desk.preflight(desk.file(desk.integration()))
    assert (done.code, done.out) == (2, "")
    assert "does not answer" in done.err
    assert "--kubeconfig" in done.err
    assert "canary-token" not in done.err


def test_a_secret_that_may_not_be_read_is_unknown_and_not_accused(desk: Desk, account: As) -> None:
    desk.kubeconfig = account("reader", READER)
    done = desk.preflight(desk.file(desk.integration()), "-o", "json")
    assert done.code == 1
    found = result(done, "key-in-secret")
    assert found["result"] == "Unknown"
    assert "secrets" in found["message"]


def test_a_host_that_is_not_allowed_gets_no_key(desk: Desk) -> None:
    elsewhere = {"baseURL": "http://localhost:1", "keySecretRef": {"name": "ideogram"}}
    done = desk.preflight(desk.file(desk.integration(api=elsewhere)), "--paid", "-o", "json")
    assert done.code == 1
    assert result(done, "base-url")["result"] == "Fail"
    assert "--allow-host" in str(result(done, "base-url"))
    assert result(done, IMAGE)["result"] == "Unknown"


def test_a_paid_check_is_one_request_for_all_that_share_the_key(desk: Desk) -> None:
    done = desk.preflight(
        desk.file(desk.integration("one"), desk.integration("two")), "--paid", "--check", IMAGE, "-o", "json"
    )
    assert [one["checks"][0]["result"] for one in done.json()] == ["Pass", "Pass"], done.everything
    assert generations(desk) == 1


@pytest.mark.parametrize(("spent", "made"), [("0.93", 0), ("0.92", 1)])
def test_a_paid_check_stays_within_what_the_operator_has_left_of_the_day(desk: Desk, spent: str, made: int) -> None:
    spec = desk.integration()["spec"] | {"probe": {"generate": {"dailyBudgetUSD": "1.00"}}}
    desk.shop.integrate("other", **spec)
    probe = {"spentTodayUSD": spent, "spentOn": f"{datetime.now(UTC):%Y-%m-%d}"}
    desk.shop.kube.patch(f"{desk.shop.at('other')}/status", {"status": {"probe": probe}})
    done = desk.preflight(desk.file(desk.integration()), "--paid", "--check", IMAGE, "-o", "json")
    assert generations(desk) == made, done.everything
    if not made:
        assert result(done, IMAGE)["message"] == (
            "A check of 0.08 USD would exceed the day's 1.00 USD, of which 0.93 are spent."
        )


def test_people_are_disturbed_only_when_asked_for(desk: Desk) -> None:
    notify = [{"severities": ["P1"], "urlSecretRef": {"name": "nobody", "key": "url"}}]
    file, check = desk.file(desk.integration(notify=notify)), ("--check", "auth-alert", "-o", "json")
    quiet = result(desk.preflight(file, *check), "auth-alert")
    assert quiet["result"] == "Skipped"
    assert "--send-test-messages" in quiet["message"]
    asked = result(desk.preflight(file, *check, "--send-test-messages"), "auth-alert")
    assert asked["result"] == "Fail"
    assert "no Secret nobody" in asked["message"]


def test_permissions_are_those_of_the_account_that_is_named(desk: Desk, account: As) -> None:
    grant_rights(desk.shop.cluster, desk.shop.namespace)
    file, home = desk.file(desk.integration()), desk.shop.namespace
    check = ("--check", "permissions", "-o", "json", "--operator-account")
    assert result(desk.preflight(file, *check, f"{home}/ideogram-operator"), "permissions")["result"] == "Pass"
    assert result(desk.preflight(file, *check, f"{home}/default"), "permissions")["result"] == "Fail"
    desk.kubeconfig = account("reader", READER)
    unasked = result(desk.preflight(file, *check, f"{home}/ideogram-operator"), "permissions")
    assert unasked["result"] == "Unknown"
    assert "subjectaccessreviews" in unasked["hint"]


def test_a_key_of_another_environment_is_found_and_what_is_out_of_sight_is_not_claimed(desk: Desk, account: As) -> None:
    file, check = desk.file(desk.integration()), ("--check", "key-separate", "-o", "json")
    namespaced = account("developer", READER, SECRETS)
    admin, desk.kubeconfig = desk.kubeconfig, namespaced
    unseen = result(desk.preflight(file, *check), "key-separate")
    assert unseen["result"] == "Unknown"
    assert unseen["message"] == f"You may not list integrations outside of {desk.shop.namespace}."
    desk.kubeconfig = admin
    desk.shop.integrate("trial", **desk.integration(environment="Staging")["spec"])
    found = result(desk.preflight(file, *check), "key-separate")
    assert found["result"] == "Fail"
    assert f"{desk.shop.namespace}/trial" in found["message"]


def test_breaker_drill_and_predecessor_are_read_from_status(desk: Desk) -> None:
    shop, now = desk.shop, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    shop.integrate("shop", **desk.integration()["spec"])
    tended = {"lastUpdate": now, "drill": {"lastTime": now, "result": "Succeeded", "lastSuccessTime": now}}
    shop.kube.patch(f"{shop.at('shop')}/status", {"status": tended})
    shop.integrate("trial", **desk.integration(environment="Staging", targets=[target("other")])["spec"])
    passed = {"type": "PreflightPassed", "status": "True", "reason": "ChecksPassed", "lastTransitionTime": now}
    shop.kube.patch(f"{shop.at('trial')}/status", {"status": {"health": "Healthy", "conditions": [passed]}})
    spec = {"environment": "Production", "preflight": {"predecessor": {"name": "trial"}}}
    done = desk.preflight(desk.file(desk.integration(**spec)), "-o", "json")
    for check in ("circuit-breaker", "rollback-tested", "staging-tested"):
        assert result(done, check)["result"] == "Pass", result(done, check)["message"]


def test_ctrl_c_ends_it_with_130_and_no_traceback(desk: Desk) -> None:
    desk.shop.simulator.admin.fault("hang")
    # A shell that starts the tests in the background hands an ignored SIGINT on to all of them.
    command = ["env", "--default-signal=INT", script("ideogram-operator"), "preflight"]
    flags = ["--kubeconfig", str(desk.kubeconfig), "--allow-host", desk.shop.simulator.url]
    command += [str(desk.file(desk.integration())), *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean()) as running:  # noqa: S603 - our own words
        assert running.stderr is not None
        while "targets asked" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        told = running.stderr.read()
        assert running.wait(20) == 130
    assert told.splitlines()[-1] == "ideogram-operator preflight: interrupted"
    assert "Traceback" not in told


@pytest.mark.parametrize("no_color", [False, True])
def test_colour_is_for_terminals_and_for_who_wants_it(desk: Desk, *, no_color: bool) -> None:
    environment = clean() | {"TERM": "xterm-256color"} | ({"NO_COLOR": "1"} if no_color else {})
    command = [script("ideogram-operator"), "preflight", str(desk.file(desk.integration())), "--check", "targets-exist"]
    ours, theirs = pty.openpty()
    done = subprocess.run(  # noqa: S603 - our own words
        [*command, "--kubeconfig", str(desk.kubeconfig)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
        check=False,
    )
    os.close(theirs)
    out = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0, out
    assert "✔" in out
    assert ("\x1b[32m" in out) is not no_color
