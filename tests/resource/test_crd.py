"""The CRD: made from the models, bounded everywhere, and small enough in the largest case."""

import json
from pathlib import Path

import pytest
import yaml

from ideogram_operator.cli.crd import render
from ideogram_operator.resource.crd import crd
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from tests.resource.examples import FULL, MINIMAL, REJECTED, changed
from tests.resource.schemas import Json, fullest, nodes, spoiled

GOLDEN = Path(__file__).parents[2] / "crds" / "ideogramintegrations.ideogram-operator.io.yaml"
ROOT = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
SPEC: Json = ROOT["properties"]["spec"]
STATUS: Json = ROOT["properties"]["status"]
PODS = changed(MINIMAL, traffic={"pods": {"port": 9090, "path": "/metrics"}})
SPOILED = [*spoiled(SPEC, FULL), *spoiled(SPEC, PODS)]


def test_file_in_crds_is_what_the_models_say() -> None:
    assert GOLDEN.read_text() == render(), "run: ideogram-operator crd > crds/" + GOLDEN.name


def test_rendered_yaml_is_the_crd() -> None:
    assert yaml.safe_load(render()) == crd()


def test_everything_is_bounded_and_structural() -> None:
    bounds = {
        "string": {"maxLength", "enum"},
        "array": {"maxItems"},
        "integer": {"minimum"},
        "object": {"properties", "maxProperties"},
        "boolean": {"type"},
    }
    boundless = [path for path, node in [*nodes(SPEC), *nodes(STATUS)] if not bounds[node["type"]] & set(node)]
    assert boundless == []


def test_every_field_explains_itself() -> None:
    fields = [(path, node) for path, node in nodes(ROOT) if path[:1] in {("spec",), ("status",)}]
    named = [(path, node) for path, node in fields if path[-1] not in {"[]", "{}"}]
    assert [path for path, node in named if not node.get("description", "").endswith(".")] == []


def test_every_rule_has_a_refused_example() -> None:
    rules = {(path, rule["message"]) for path, node in nodes(SPEC) for rule in node.get("x-kubernetes-validations", ())}
    shown = {example.says for example in REJECTED}
    unshown = {(path, says) for path, says in rules if says not in shown}
    assert not unshown


def test_the_full_example_shows_every_field() -> None:
    missing = [path for path, _ in nodes(SPEC) if not _shows(path, FULL) and not _shows(path, PODS)]
    assert missing == []


def _shows(path: tuple[str, ...], value: object) -> bool:
    if not path:
        return True
    first, rest = path[0], path[1:]
    if first == "[]":
        return isinstance(value, list) and any(_shows(rest, item) for item in value)
    if first == "{}":
        return isinstance(value, dict) and any(_shows(rest, item) for item in value.values())
    return isinstance(value, dict) and first in value and _shows(rest, value[first])


@pytest.mark.parametrize("spec", [spec for _, spec in SPOILED], ids=[name for name, _ in SPOILED])
def test_every_bound_is_kept_by_the_operator_too(spec: Json) -> None:
    with pytest.raises(SpecError):
        IntegrationSpec.parse(spec)


def test_largest_status_stays_below_32_kib() -> None:
    status = fullest(STATUS)
    assert len(status["targets"]) == 20
    assert len(status["preflight"]["checks"]) == 30
    # The texts of all checks together have one bound, which the model keeps.
    checks = [check | {"id": "concurrency", "message": "x" * 160, "hint": "x" * 240} for check in _fullest_checks()]
    status["preflight"]["checks"] = IntegrationStatus.parse({"preflight": {"checks": checks}}).to_wire()["preflight"][
        "checks"
    ]
    assert len(status["preflight"]["checks"]) == 30
    assert len(json.dumps(status, separators=(",", ":"), ensure_ascii=False).encode()) < 32 * 1024


def _fullest_checks() -> list[Json]:
    checks: list[Json] = fullest(STATUS["properties"]["preflight"]["properties"]["checks"])
    return checks


def test_texts_of_checks_are_cut_alike_and_only_when_they_have_to_be() -> None:
    few = [{"id": "concurrency", "result": "Fail", "message": "x" * 160, "hint": "y" * 240}] * 5
    assert IntegrationStatus.parse({"preflight": {"checks": few}}).to_wire()["preflight"]["checks"] == few
    many = [{"id": "concurrency", "result": "Fail", "message": "short", "hint": "y" * 240}] * 30
    kept = IntegrationStatus.parse({"preflight": {"checks": many}}).to_wire()["preflight"]["checks"]
    assert len(kept) == 30
    assert {check["message"] for check in kept} == {"short"}
    assert all(100 < len(check["hint"]) < 240 and check["hint"].endswith("…") for check in kept)


def test_status_asks_nothing_of_the_server() -> None:
    assert "required" not in STATUS
    assert not [path for path, node in nodes(STATUS) if "default" in node]


def test_columns_read_fields_that_there_are() -> None:
    known = {".".join(("", "status", *path)) for path, _ in nodes(STATUS)} | {
        ".".join(("", "spec", *path)) for path, _ in nodes(SPEC)
    }
    columns = {
        column["name"]: column["jsonPath"] for column in crd()["spec"]["versions"][0]["additionalPrinterColumns"]
    }
    conditions = columns.pop("Ready")
    assert columns.pop("Age") == ".metadata.creationTimestamp"
    assert conditions.startswith(".status.conditions[?")
    assert set(columns.values()) <= known


def test_running_numbers_do_not_overflow() -> None:
    for name in ("observedGeneration", "flips"):
        (node,) = [node for path, node in nodes(STATUS) if path in {(name,), ("breaker", name)}]
        assert node["format"] == "int64"
    assert IntegrationStatus.parse({"observedGeneration": 2**40}).observed_generation == 2**40
