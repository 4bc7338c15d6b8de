"""An integration is edited, deleted and made again while its targets are in fallback."""

import json
from typing import Any

import pytest

from lab.kube import Json, KubeError
from lab.waiting import wait_until
from tests.e2e.shop import ON, QUICK_RECOVERY, claimed, condition, env, held_by_finalizer, target
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import integration
from tests.faults.standing import Stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

MODE = {"name": "IDEOGRAM_MODE", "value": "full"}


def fallen(stall: Stall, *, others: tuple[str, ...] = (), **spec: Any) -> Json:
    """In fallback, with more targets; the Deployment as it was before."""
    stall.deploy(containers=[env(ON, MODE)])
    for name in others:
        stall.shop.deploy(f"{stall.name}-{name}", replicas=1)
    targets = [target(stall.name), *(target(f"{stall.name}-{name}") for name in others)]
    stall.open(targets=targets, **spec)
    before = stall.shop.settled(stall.name)
    stall.admin.fault("refused")
    stall.fallen()
    return before


def entries(item: Json) -> list[Json]:
    found: list[Json] = item["spec"]["template"]["spec"]["containers"][0]["env"]
    return found


def returns(stall: Stall, row: Measuring, before: Json) -> None:
    """The provider is back: Live, and the application as it was, to the bit."""
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    assert stall.shop.settled(stall.name)["spec"]["template"] == before["spec"]["template"]
    assert claimed(stall.shop.get("Deployment", stall.name)) == []


@measures(integration.ADDED)
def test_a_target_added(stall: Stall, row: Measuring) -> None:
    before = fallen(stall)
    comes = f"{stall.name}-comes"
    stall.shop.deploy(comes, replicas=1)
    row.begins()
    stall.shop.edit(stall.name, targets=[target(stall.name), target(comes)])
    stall.shop.reads("false", name=comes)
    row.acted()
    returns(stall, row, before)
    assert stall.shop.told(name=comes) == "true"


@measures(integration.REMOVED)
def test_a_target_removed(stall: Stall, row: Measuring) -> None:
    before = fallen(stall, others=("leaves",))
    leaves = f"{stall.name}-leaves"
    row.begins()
    stall.shop.edit(stall.name, targets=[target(stall.name)])
    stall.shop.reads("true", name=leaves)
    row.acted()
    assert claimed(stall.shop.get("Deployment", leaves)) == []
    assert stall.shop.told(name=stall.name) == "false"
    returns(stall, row, before)
    assert stall.shop.generation(leaves) == 3, "there and back"


@each(
    {
        integration.RENAMED: ({"name": "IDEOGRAM_MODE", "fallbackValue": "none"}, [ON, {**MODE, "value": "none"}]),
        integration.REVALUED: (
            {"name": "IDEOGRAM_ENABLED", "fallbackValue": "cached"},
            [{**ON, "value": "cached"}, MODE],
        ),
    }
)
def test_the_switch_edited(stall: Stall, row: Measuring, case: tuple[Json, list[Json]]) -> None:
    switch, wanted = case
    before = fallen(stall)
    held = stall.generation
    row.begins()
    stall.shop.edit(stall.name, targets=[target(stall.name, switch=switch)])
    path = stall.shop.path("Deployment", stall.name)
    stall.shop.kube.wait_for(path, lambda item: entries(item) == wanted, "the switch to move")
    row.acted()
    assert stall.generation == held + 1
    returns(stall, row, before)
    assert stall.generation == held + 2


@measures(integration.BROKEN)
def test_the_host_edited_to_one_that_is_not_allowed(stall: Stall, row: Measuring) -> None:
    before = fallen(stall)
    row.begins()
    stall.shop.edit(stall.name, api={"baseURL": "https://another.example"})
    status = stall.shop.until(
        lambda status: condition(status, "Ready")["reason"] == "HostNotAllowed", "the refusal", name=stall.name
    )
    row.detected()
    assert status["state"] == "Fallback"
    assert stall.shop.told(name=stall.name) == "false"
    row.left_alone()
    stall.shop.edit(stall.name, api={"baseURL": stall.shop.simulator.url})
    returns(stall, row, before)


@measures(integration.REMADE)
def test_deleted_and_made_again_at_once(stall: Stall, row: Measuring) -> None:
    before = fallen(stall, recovery={**QUICK_RECOVERY, "hold": "3s"})
    old = stall.shop.kube.get(stall.shop.at(stall.name))
    row.begins()
    stall.shop.kube.delete(stall.shop.at(stall.name))
    # What `kubectl replace --force` does: made again as soon as the name is free.
    new = wait_until(lambda: made_again(stall, old), "the name to be free")
    stall.shop.until(lambda status: status.get("state") is not None, "the new one to be seen", name=stall.name)
    row.detected()
    wait_until(lambda: claims_of(stall) == [new["metadata"]["uid"]], "the new one to hold the target")
    stall.fallen()
    row.acted()
    assert stall.shop.told(name=stall.name) == "false"
    returns(stall, row, before)


@measures(integration.FORCED)
def test_deleted_with_its_finalizer_taken_off_and_made_again(stall: Stall, row: Measuring) -> None:
    before = fallen(stall)
    old = stall.shop.kube.get(stall.shop.at(stall.name))
    assert held_by_finalizer(old)
    held = stall.generation
    row.begins()
    stall.shop.kube.patch(stall.shop.at(stall.name), {"metadata": {"finalizers": None}})
    stall.shop.kube.delete(stall.shop.at(stall.name))
    new = wait_until(lambda: made_again(stall, old), "the name to be free")
    wait_until(lambda: claims_of(stall) == [new["metadata"]["uid"]], "the new one to hold the target")
    stall.fallen()
    row.acted()
    assert stall.generation <= held + 2
    returns(stall, row, before)


def made_again(stall: Stall, old: Json) -> Json | None:
    body = {"metadata": {"name": stall.name}, "spec": old["spec"]}
    head = {"apiVersion": old["apiVersion"], "kind": old["kind"]}
    try:
        return stall.shop.kube.create(stall.shop.at(stall.name).rpartition("/")[0], head | body)
    except KubeError as error:
        if error.status != 409:
            raise
        return None


def claims_of(stall: Stall) -> list[str]:
    """The uids of those that hold the target."""
    found = stall.shop.get("Deployment", stall.name)["metadata"].get("annotations", {})
    text = found.get("ideogram-operator.io/fallback")
    return [claim["uid"] for claim in json.loads(text)["claims"]] if text else []
