"""The rules of a switch, one by one: duplicates, drift, several claimants, what is missing, what is lost."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from ideogram_operator.cluster.claims import LARGEST, MOST_CLAIMS, Claim, read_ledger
from ideogram_operator.cluster.reasons import Reason
from ideogram_operator.cluster.switch import Plan, plan
from ideogram_operator.cluster.wishes import Release
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind
from tests.cluster.shapes import claim, served, values, workload

DEPLOYMENT = TargetKind.DEPLOYMENT
NAME = "IDEOGRAM_ENABLED"
ON = {"name": NAME, "value": "true"}
OFF = {"name": NAME, "value": "false"}
SECRET = {"name": NAME, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
PATH = {"name": "PATH", "value": "/bin"}


def app(*env: dict[str, Any]) -> dict[str, Any]:
    return workload([{"name": "web", "image": "app:1"} | ({"env": [*env]} if env else {})])


def env(live: dict[str, Any], container: int = 0) -> Any:
    return live["spec"]["template"]["spec"]["containers"][container].get("env")


def does(live: dict[str, Any], change: Any = None) -> tuple[dict[str, Any], Plan]:
    planned = plan(DEPLOYMENT, live, change)
    return served(live, planned.operations), planned


def edited(live: dict[str, Any], *entries: dict[str, Any]) -> dict[str, Any]:
    """Somebody writes this env list."""
    after = copy.deepcopy(live)
    after["spec"]["template"]["spec"]["containers"][0]["env"] = [*entries]
    return after


@pytest.mark.parametrize(
    ("before", "held"),
    [
        ([], [OFF]),
        ([PATH], [PATH, OFF]),
        ([ON], [OFF]),
        ([{"name": NAME}], [OFF]),
        ([SECRET, PATH], [OFF, PATH]),
        ([ON, PATH, SECRET], [OFF, PATH, OFF]),
        ([OFF, PATH, ON], [OFF, PATH, OFF]),
        ([OFF], [OFF]),
    ],
)
def test_every_entry_of_the_name_is_switched_in_its_place(before: list[Any], held: list[Any]) -> None:
    there, planned = does(app(*before), claim())
    assert env(there) == held
    assert planned.rolls == (before != held)
    back, _ = does(there, Release(integration="shop"))
    assert env(back) == (before or None)


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ([ON], [{"name": NAME, "value": "maybe"}], [{"name": NAME, "value": "maybe"}]),
        ([ON], [PATH, OFF], [PATH, ON]),
        ([ON], [PATH], [PATH]),
        ([], [OFF, PATH], [PATH]),
        ([ON, SECRET], [OFF], [SECRET]),
        ([ON, SECRET], [OFF, {"name": NAME, "value": "x"}], [ON, {"name": NAME, "value": "x"}]),
        ([ON], [OFF, {"name": NAME, "value": "x"}], [ON, {"name": NAME, "value": "x"}]),
        ([SECRET], [OFF, OFF], [SECRET]),
    ],
)
def test_what_somebody_wrote_meanwhile_stays(before: list[Any], edit: list[Any], after: list[Any]) -> None:
    held, _ = does(app(*before), claim())
    back, _ = does(edited(held, *edit), Release(integration="shop"))
    assert env(back) == after


def test_put_back_while_held_it_is_switched_again_and_theirs_is_the_new_baseline() -> None:
    held, _ = does(app(ON, PATH), claim())
    theirs = {"name": NAME, "value": "on"}
    again, planned = does(edited(held, theirs, PATH), claim())
    assert env(again) == [OFF, PATH]
    assert [(one.container, one.name) for one in planned.put_back] == [("web", NAME)]
    back, _ = does(again, Release(integration="shop"))
    assert env(back) == [theirs, PATH]


def test_a_container_that_a_deploy_adds_is_switched_too() -> None:
    held, _ = does(app(ON), claim())
    held["spec"]["template"]["spec"]["containers"].append({"name": "new", "env": [SECRET]})
    again, _ = does(held)
    assert values(again, "new", NAME) == ["false"]
    back, _ = does(again, Release(integration="shop"))
    assert (env(back, 0), env(back, 1)) == ([ON], [SECRET])


def test_a_container_that_is_renamed_is_left_to_its_deploy() -> None:
    held, _ = does(app(ON), claim())
    held["spec"]["template"]["spec"]["containers"][0]["name"] = "site"
    back, planned = does(held, Release(integration="shop"))
    assert env(back) == [OFF]
    assert [note.reason for note in planned.notes] == [Reason.CONTAINER_GONE]
    assert FALLBACK_ANNOTATION not in back["metadata"]["annotations"]


def test_only_named_containers_are_switched_and_a_missing_one_is_told() -> None:
    live = workload([{"name": "web", "env": [ON]}, {"name": "side", "env": [ON]}])
    held, planned = does(live, claim(containers=("web", "gone")))
    assert (env(held, 0), env(held, 1)) == ([OFF], [ON])
    assert [problem.reason for problem in planned.problems] == [Reason.CONTAINER_NOT_FOUND]
    assert "gone" in planned.problems[0].message
    assert "web, side" in planned.problems[0].message


def test_a_target_without_containers_is_a_problem_and_no_crash() -> None:
    _, planned = does({"metadata": {"name": "x", "resourceVersion": "1"}, "spec": {}}, claim())
    assert [problem.reason for problem in planned.problems] == [Reason.CONTAINER_NOT_FOUND]


def test_the_target_stays_off_until_the_last_integration_lets_go() -> None:
    live = app(ON)
    one, _ = does(live, claim("shop"))
    both, joined = does(one, claim("batch"))
    assert not joined.switches
    left, leaving = does(both, Release(integration="shop"))
    assert not leaving.switches
    assert env(left) == [OFF]
    assert [one.integration for one in leaving.claims] == ["batch"]
    back, _ = does(left, Release(integration="batch"))
    assert back["spec"] == live["spec"]


def test_of_two_values_the_earliest_wins_and_the_next_takes_over() -> None:
    live = app(SECRET)
    first, _ = does(live, claim("shop", **{NAME: "false"}))
    both, _ = does(first, claim("batch", **{NAME: "off"}))
    assert values(both, "web", NAME) == ["false"]
    second, _ = does(both, Release(integration="shop"))
    assert values(second, "web", NAME) == ["off"]
    back, _ = does(second, Release(integration="batch"))
    assert back["spec"] == live["spec"]


def test_a_switch_renamed_while_held_changes_over_in_one_patch() -> None:
    live = app(ON, PATH)
    held, _ = does(live, claim())
    renamed, planned = does(held, claim(IDEOGRAM_ON="0"))
    assert planned.rolls
    assert env(renamed) == [ON, PATH, {"name": "IDEOGRAM_ON", "value": "0"}]
    back, _ = does(renamed, Release(integration="shop"))
    assert back["spec"] == live["spec"]


def test_throttled_first_and_then_in_fallback_it_comes_back_exactly() -> None:
    live = app()
    throttled, _ = does(live, claim(IDEOGRAM_CONCURRENCY="2"))
    fallback, _ = does(throttled, claim(flip=2, IDEOGRAM_CONCURRENCY="2", IDEOGRAM_ENABLED="false"))
    assert len(env(fallback)) == 2
    back, _ = does(fallback, Release(integration="shop"))
    assert back["spec"] == live["spec"]


def test_the_same_wish_keeps_its_time_and_a_new_flip_brings_its_own() -> None:
    held, _ = does(app(ON), claim(flip=1))
    ledger = read_ledger(DEPLOYMENT, held)
    assert ledger is not None
    later = type(ledger.claims[0])(
        integration="shop",
        uid="u",
        flip=1,
        since="2030-01-01T00:00:00Z",
        trigger="authFailure",
        message="other",
        overrides=ledger.claims[0].overrides,
    )
    assert not plan(DEPLOYMENT, held, later).changed
    new_flip = plan(DEPLOYMENT, held, claim(flip=2))
    assert new_flip.changed
    assert not new_flip.switches


def test_an_integration_made_anew_takes_over_from_the_one_that_is_gone() -> None:
    live = app(ON)
    held, _ = does(live, claim(uid="old"))
    taken, planned = does(held, claim(uid="new"))
    assert [one.uid for one in planned.claims] == ["new"]
    back, _ = does(taken, Release(integration="shop"))
    assert back["spec"] == live["spec"]


def test_a_switch_that_was_off_before_stays_off_and_says_so() -> None:
    held, planned = does(app(OFF), claim())
    assert not planned.switches
    assert [note.reason for note in planned.notes] == [Reason.ALREADY_OFF]
    back, _ = does(held, Release(integration="shop"))
    assert env(back) == [OFF]


def test_a_lost_annotation_leaves_the_switch_as_it_is_and_says_that_the_baseline_is_lost() -> None:
    held, _ = does(app(ON), claim())
    del held["metadata"]["annotations"][FALLBACK_ANNOTATION]
    owned = {"f:env": {'k:{"name":"IDEOGRAM_ENABLED"}': {}}}
    held["metadata"]["managedFields"] = [
        {
            "manager": "ideogram-operator",
            "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': owned}}}}},
        }
    ]
    again, planned = does(held, claim())
    assert [note.reason for note in planned.notes] == [Reason.BASELINE_LOST]
    back, _ = does(again, Release(integration="shop"))
    assert env(back) == [OFF]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"version":1,"claims":5}', "x" * 70_000])
def test_a_mangled_annotation_does_not_keep_an_application_from_being_switched(text: str) -> None:
    live = app(ON)
    live["metadata"]["annotations"] = {FALLBACK_ANNOTATION: text}
    held, planned = does(live, claim())
    assert env(held) == [OFF]
    assert planned.notes[0].reason is Reason.ANNOTATION_UNREADABLE
    assert env(does(held, Release(integration="shop"))[0]) == [ON]


def test_giving_back_with_a_mangled_annotation_touches_nothing_and_says_what_to_do() -> None:
    live = app(OFF)
    live["metadata"]["annotations"] = {FALLBACK_ANNOTATION: "nonsense"}
    planned = plan(DEPLOYMENT, live, Release(integration="shop"))
    assert not planned.changed
    assert "remove the annotation" in planned.problems[0].message


def test_an_annotation_of_a_newer_operator_is_never_overwritten() -> None:
    live = app(ON)
    live["metadata"]["annotations"] = {FALLBACK_ANNOTATION: '{"version": 2}'}
    planned = plan(DEPLOYMENT, live, claim())
    assert not planned.changed
    assert "newer" in planned.problems[0].message


def test_a_baseline_under_a_foreign_name_is_not_put_back() -> None:
    held, _ = does(app(ON), claim())
    text = held["metadata"]["annotations"][FALLBACK_ANNOTATION]
    evil = text.replace('"was":[{"name":"IDEOGRAM_ENABLED"', '"was":[{"name":"LD_PRELOAD"')
    assert evil != text
    held["metadata"]["annotations"][FALLBACK_ANNOTATION] = evil
    planned = plan(DEPLOYMENT, held, Release(integration="shop"))
    assert not planned.changed


def test_a_ledger_too_large_for_an_annotation_is_refused_before_anything_is_sent() -> None:
    huge = workload([{"name": "web", "env": [{"name": NAME, "value": "x" * 70_000}]}])
    planned = plan(DEPLOYMENT, huge, claim())
    assert not planned.changed
    assert [problem.reason for problem in planned.problems] == [Reason.ANNOTATION_TOO_LARGE]


def test_more_than_a_ledger_can_hold_is_a_problem_and_no_crash() -> None:
    crowd = app(ON)
    for number in range(MOST_CLAIMS):
        crowd, _ = does(crowd, claim(f"shop-{number}"))
    for planned in (
        plan(DEPLOYMENT, crowd, claim("one-too-many")),
        plan(DEPLOYMENT, app(*[{"name": NAME, "value": "x"}] * 1001), claim()),
    ):
        assert not planned.changed
        assert [problem.reason for problem in planned.problems] == [Reason.ANNOTATION_TOO_LARGE]


def test_a_crowd_is_held_by_one_switch_and_given_back_by_the_last_in_an_annotation_of_bounded_size() -> None:
    """Each writes as much as it may; what gives way is what is for people only."""
    crowd = before = app(ON, PATH)
    names = [f"{number:0>63}" for number in range(200)]
    for name in names:
        crowd, planned = does(crowd, replace(claim(name), message="m" * 300))
        assert planned.problems == ()
        assert planned.switches is (name == names[0]), "one rollout, however many ask"
    assert len(crowd["metadata"]["annotations"][FALLBACK_ANNOTATION]) < LARGEST
    assert not plan(DEPLOYMENT, crowd, replace(claim(names[7]), message="m" * 300)).changed, (
        "asked again, nothing is sent"
    )
    for name in names:
        crowd, planned = does(crowd, Release(integration=name))
        assert planned.switches is (name == names[-1])
    assert crowd["spec"] == before["spec"]


def test_a_long_message_does_not_keep_an_application_from_being_switched() -> None:
    long = Claim(
        integration="shop", uid="u", flip=1, since="", trigger="t", message="m" * 9999, overrides=claim().overrides
    )
    held, _ = does(app(ON), long)
    assert env(held) == [OFF]
    assert not plan(DEPLOYMENT, held, long).changed


@pytest.mark.parametrize(
    ("kind", "spec", "told"),
    [
        (DEPLOYMENT, {"paused": True}, "paused"),
        (DEPLOYMENT, {"replicas": 0}, "scaled to 0"),
        (TargetKind.STATEFUL_SET, {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
        (TargetKind.STATEFUL_SET, {"updateStrategy": {"rollingUpdate": {"partition": 2}}}, "partition"),
        (TargetKind.DAEMON_SET, {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
    ],
)
def test_pods_that_will_not_follow_are_told_and_the_switch_is_set(
    kind: TargetKind, spec: dict[str, Any], told: str
) -> None:
    live = app(ON)
    live["spec"] |= spec
    planned = plan(kind, live, claim())
    assert planned.rolls
    assert [note.reason for note in planned.notes] == [Reason.PODS_WILL_NOT_FOLLOW]
    assert told in planned.notes[0].message


def test_a_key_held_in_binary_data_is_refused() -> None:
    live = {"metadata": {"name": "c", "resourceVersion": "1"}, "binaryData": {"enabled": "AA=="}}
    planned = plan(TargetKind.CONFIG_MAP, live, claim(enabled="false"))
    assert [problem.reason for problem in planned.problems] == [Reason.KEY_IS_BINARY]


def test_the_patch_is_guarded_by_the_version_that_was_read() -> None:
    planned = plan(DEPLOYMENT, app(ON), claim())
    assert planned.operations[0] == {"op": "test", "path": "/metadata/resourceVersion", "value": "1"}
    assert [operation["path"] for operation in planned.operations[1:]] == [
        "/spec/template/spec/containers/0/env/0",
        "/metadata/annotations",
    ]
