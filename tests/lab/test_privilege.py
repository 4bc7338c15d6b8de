"""A run fails, and says why, when the operator has asked for what its chart does not grant."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.privilege import DRIVING, TESTS, WANTED, Privilege, is_whole

USER = "system:serviceaccount:shop:ideogram-operator"
BOUND = {"resource": "rolebindings", "namespace": "shop", "name": "shop-ideogram-operator"}
ALL_FILES = {str(path.relative_to(TESTS)) for name in DRIVING for path in (TESTS / name).glob("**/test_*.py")}


class Kube:
    """An API server whose own roles grant nothing."""

    def get(self, _: str) -> dict[str, list[Any]]:
        return {"items": []}


def entry(user: str, verb: str, **about: str) -> str:
    told = {"user": {"username": user}, "verb": verb, "objectRef": about, "responseStatus": {"code": 200}}
    return json.dumps({**told, "userAgent": "kopf"}, separators=(",", ":"))


def session(**option: Any) -> Any:
    config = SimpleNamespace(option=SimpleNamespace(**option), args=["tests"])
    return SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)


def finished(tmp_path: Path, *entries: str, files: set[str] = frozenset()) -> tuple[Any, Privilege]:  # type: ignore[assignment] # never written to
    log = tmp_path / "audit.log"
    log.write_text("\n".join([entry("admin", "patch", **BOUND), *entries]))
    plugin = Privilege(lambda _: SimpleNamespace(audit_log=log, kube=Kube()))  # type: ignore[arg-type,return-value] # what is used of one
    plugin.pytest_testnodedown(SimpleNamespace(workeroutput={"privilege_collected": [WANTED, *files]}))
    run = session()
    plugin.pytest_sessionfinish(run, pytest.ExitCode.OK)
    return run, plugin


GET = entry(USER, "get", resource="secrets", namespace="shop", name="ideogram")
LIST = entry(USER, "list", resource="secrets", namespace="shop")


def test_what_is_granted_passes(tmp_path: Path) -> None:
    run, plugin = finished(tmp_path, GET)
    assert run.exitstatus == pytest.ExitCode.OK
    (told,) = plugin._told
    assert "1 operators asked for nothing that the chart does not grant; not judged" in told


def test_what_is_not_granted_fails_the_run(tmp_path: Path) -> None:
    run, plugin = finished(tmp_path, GET, LIST)
    assert run.exitstatus == pytest.ExitCode.TESTS_FAILED
    assert plugin._told == ["list secrets is used and not granted"]


def test_what_is_never_used_fails_a_whole_run(tmp_path: Path) -> None:
    run, plugin = finished(tmp_path, GET, files=ALL_FILES)
    assert run.exitstatus == pytest.ExitCode.TESTS_FAILED
    assert "list pods is granted and was never used" in plugin._told
    assert not any("get secrets" in line for line in plugin._told)


def test_a_run_in_which_no_operator_ran_says_nothing(tmp_path: Path) -> None:
    run, plugin = finished(tmp_path)
    assert (run.exitstatus, plugin._told) == (pytest.ExitCode.OK, [])


@pytest.mark.parametrize(
    ("files", "option", "arguments", "whole"),
    [
        (ALL_FILES, {}, ["tests"], True),
        (ALL_FILES | {"lab/test_audit.py"}, {"keyword": "", "markexpr": ""}, ["tests"], True),
        (ALL_FILES - {"e2e/test_return.py"}, {}, ["tests"], False),
        (ALL_FILES, {"keyword": "not slow"}, ["tests"], False),
        (ALL_FILES, {"markexpr": "not e2e"}, ["tests"], False),
        (ALL_FILES, {}, ["tests", "tests/e2e/test_return.py::test_one"], False),
    ],
)
def test_what_counts_as_whole(files: set[str], option: dict[str, str], arguments: list[str], whole: bool) -> None:
    run = session(**option)
    run.config.args = arguments
    assert is_whole(files, run.config) is whole
