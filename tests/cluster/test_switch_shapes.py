"""Ten thousand random targets: one patch there, one patch back, and nothing is left behind."""

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.cluster.switch import plan
from ideogram_operator.cluster.wishes import Release
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind
from tests.cluster.shapes import ROLLING, SWITCHES, claim, random_workload, served, values, workloads

WANTED = st.sampled_from([{SWITCHES[0]: "false"}, {SWITCHES[0]: ""}, {SWITCHES[0]: "false", SWITCHES[1]: "2"}])


@settings(max_examples=300, deadline=None)
@given(live=workloads(), wanted=WANTED, kind=st.sampled_from(ROLLING))
def test_one_patch_switches_every_container_and_one_patch_restores_it_exactly(
    live: dict[str, Any], wanted: dict[str, str], kind: TargetKind
) -> None:
    there_and_back(live, wanted, kind)


@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_random_targets_come_back_exactly(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - shapes, not secrets
    for _ in range(1_000):
        wanted = rng.choice([{SWITCHES[0]: "false"}, {SWITCHES[0]: ""}, {SWITCHES[0]: "false", SWITCHES[1]: "2"}])
        there_and_back(random_workload(rng), wanted, rng.choice(ROLLING))


def there_and_back(live: dict[str, Any], wanted: dict[str, str], kind: TargetKind) -> None:
    before = copy.deepcopy(live)
    held = served(live, plan(kind, live, claim(**wanted)).operations)
    for container in held["spec"]["template"]["spec"]["containers"]:
        for name, value in wanted.items():
            found = values(held, container["name"], name)
            assert found
            assert all((one or "") == value for one in found)
    assert live == before, "planning must not change what it looks at"
    assert not plan(kind, held, claim(**wanted)).changed, "asked again, there is nothing to send"
    assert not plan(kind, held).changed
    after = served(held, plan(kind, held, Release(integration="shop")).operations)
    assert after["spec"] == before["spec"]
    assert FALLBACK_ANNOTATION not in after["metadata"].get("annotations", {})
    assert after["metadata"]["generation"] <= before["metadata"]["generation"] + 2


VALUES = st.dictionaries(
    st.sampled_from(["enabled", "a~b", "a/b", "x"]), st.sampled_from(["true", "false", ""]), max_size=4
)


@settings(max_examples=200, deadline=None)
@given(data=st.none() | VALUES, key=st.sampled_from(["enabled", "a~b", "a/b"]))
def test_a_config_map_comes_back_exactly(data: dict[str, str] | None, key: str) -> None:
    live: dict[str, Any] = {"metadata": {"name": "c", "resourceVersion": "1"}} | (
        {} if data is None else {"data": data}
    )
    held = served(live, plan(TargetKind.CONFIG_MAP, live, claim(**{key: "false"})).operations)
    assert held["data"][key] == "false"
    after = served(held, plan(TargetKind.CONFIG_MAP, held, Release(integration="shop")).operations)
    assert after.get("data") == data


@given(suspend=st.sampled_from([None, False, True]))
def test_a_cron_job_comes_back_exactly(suspend: bool | None) -> None:
    spec: dict[str, Any] = {"schedule": "* * * * *"} | ({} if suspend is None else {"suspend": suspend})
    live = {"metadata": {"name": "c", "resourceVersion": "1", "generation": 1}, "spec": spec}
    held = served(live, plan(TargetKind.CRON_JOB, live, claim(suspend=True)).operations)
    assert held["spec"]["suspend"] is True
    after = served(held, plan(TargetKind.CRON_JOB, held, Release(integration="shop")).operations)
    assert after["spec"] == spec
