"""The ledger on a target, which whoever may edit the target may write: read or refused, and no setting is ever lost."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.cluster.claims import LARGEST, Ledger, Unreadable, encode, parse
from ideogram_operator.cluster.switch import Plan, plan
from ideogram_operator.cluster.wishes import Release
from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, State, TargetKind, TargetMode
from ideogram_operator.runtime.order import Order, our_claim
from tests.cluster.shapes import claim, served, workload
from tests.hostile.policies import policy
from tests.hostile.strategies import assert_clear, bounded, examples, hostile_texts

KIND = TargetKind.DEPLOYMENT
SWITCH = "IDEOGRAM_ENABLED"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEDGER: dict[str, Any] = {
    "version": 1,
    "claims": [
        {
            "integration": "shop",
            "uid": "u",
            "flip": 3,
            "since": "2026-11-22T03:00:00Z",
            "trigger": "apiUnreachable",
            "message": "3 failed checks",
            "overrides": {"values": {SWITCH: "false"}, "containers": ["web"]},
        },
        {
            "integration": "other",
            "uid": "v",
            "flip": 1,
            "since": "2026-11-22T03:00:00Z",
            "trigger": "override",
            "message": "by hand",
            "overrides": {"values": {SWITCH: "off", "IDEOGRAM_CONCURRENCY": "2"}, "containers": None},
        },
    ],
    "baseline": [
        {
            "container": "web",
            "name": SWITCH,
            "value": "false",
            "was": [{"name": SWITCH, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
        },
        {"container": "web", "name": "IDEOGRAM_CONCURRENCY", "value": "2", "was": []},
    ],
    "env_absent": ["side"],
}
WITH_NAN = json.dumps(LEDGER).replace('"key": "k"', '"key": NaN')
WITH_INFINITY = json.dumps(LEDGER).replace('"key": "k"', '"key": 1e999')
ESCAPING = json.dumps(LEDGER).replace(f'{{"{SWITCH}": "off"', '{"\\u001b[31m\\n": 5')
BEYOND_COUNTING = json.dumps(LEDGER).replace('"flip": 3', f'"flip": {2**53}')
BEFORE_ALL_TIMES = json.dumps(LEDGER).replace("2026-11-22T03:00:00Z", "0001-01-01T00:00:00+14:00")
MUCH_NEWER = json.dumps(LEDGER).replace('"version": 1', f'"version": {10**4000}')
DEEP = json.dumps(LEDGER)[:-1] + ', "more": ' + "[" * 5000 + "]" * 5000 + "}"
NASTIEST = (WITH_NAN, WITH_INFINITY, ESCAPING, BEYOND_COUNTING, BEFORE_ALL_TIMES, MUCH_NEWER, DEEP)


def live(text: str, *, env: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    web = {
        "name": "web",
        "image": "shop:1",
        "env": env or [{"name": "PATH", "value": "/bin"}, {"name": SWITCH, "value": "true"}],
    }
    return workload([web, {"name": "side", "image": "log:1"}], annotations={FALLBACK_ANNOTATION: text})


def untouched(planned: Plan) -> bool:
    return not planned.operations


@given(text=hostile_texts(LEDGER), kind=st.sampled_from(TargetKind))
@example(text=WITH_NAN, kind=KIND)
@example(text=WITH_INFINITY, kind=KIND)
@example(text=ESCAPING, kind=KIND)
@example(text=MUCH_NEWER, kind=KIND)
@example(text=DEEP, kind=KIND)
@examples(250)
def test_a_ledger_is_read_or_refused_in_clear_words(text: str, kind: TargetKind) -> None:
    with bounded():
        try:
            ledger = parse(kind, text)
        except Unreadable as error:
            assert_clear(str(error), longest=200)
            return
    assert isinstance(ledger, Ledger)
    json.loads(encode(ledger), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


@given(text=hostile_texts(LEDGER))
@example(text=WITH_NAN)
@example(text=BEYOND_COUNTING)
@example(text=DEEP)
@examples(150)
def test_whatever_stands_there_a_flip_and_its_return_lose_nothing(text: str) -> None:
    """The switch is told, nothing but switches changes, and given back it is as it was or as a readable ledger says."""
    before = live(text)
    told = plan(KIND, before, claim("mine", flip=1))
    everything_clear(told)
    fallen = served(before, told.operations)
    if not told.problems:
        assert parse(KIND, fallen["metadata"]["annotations"][FALLBACK_ANNOTATION]).claims
        assert values_of(fallen) != ["true"]
    elsewhere_is_untouched(before, fallen)
    back = fallen
    for integration in ("mine", "shop", "other"):
        released = plan(KIND, back, Release(integration=integration))
        everything_clear(released)
        back = served(back, released.operations)
    elsewhere_is_untouched(before, back)
    if not readable(text) and not told.problems:
        assert back["spec"] == before["spec"]


@given(text=hostile_texts(LEDGER))
@example(text=BEYOND_COUNTING)
@example(text=BEFORE_ALL_TIMES)
@example(text=MUCH_NEWER)
@examples(250)
def test_what_is_taken_over_from_a_claim_can_be_decided_with_and_claimed_with(text: str) -> None:
    """After a restart a claim in our own name may tell of a flip; what it tells must never stop the deciding."""
    order = Order(namespace="n", integration="shop", uid="u", claim=None, wanted=TargetMode.LIVE, version=(0, 1))
    found = our_claim(order, KIND, live(text))
    if found is None:
        return
    memory = Memory(state=State.LIVE, since=NOW - timedelta(hours=1), flips=2)
    tale = Tale(
        flip=found.flip,
        since=found.since or NOW,
        cause=found.trigger,
        alert=found.alert,
        strength=found.strength,
        message=found.message,
    )
    adopted = adopt(policy(), memory, tale, NOW)
    decision = decide(policy(), adopted, Observed(), NOW)
    for further in range(3):
        claim(flip=decision.memory.flips + further)


@pytest.mark.parametrize("text", NASTIEST)
@pytest.mark.parametrize("change", [None, Release(integration="shop")])
def test_without_a_wish_of_ours_nothing_unreadable_moves_anything(text: str, change: Release | None) -> None:
    planned = plan(KIND, live(text), change)
    everything_clear(planned)
    if not readable(text):
        assert untouched(planned)
        assert planned.problems


def test_reading_time_does_not_explode_with_size() -> None:
    held = {"container": "web", "name": SWITCH, "value": "false", "was": [{"name": SWITCH, "value": "x" * 100}] * 200}
    text = json.dumps({"version": 1, "baseline": [held]})
    assert len(text) < LARGEST
    with bounded(seconds=2, mebibytes=16):
        parse(KIND, text)
        plan(KIND, live(text), claim())


def readable(text: str) -> bool:
    try:
        return bool(parse(KIND, text))
    except Unreadable:
        return False


def everything_clear(planned: Plan) -> None:
    for remark in (*planned.problems, *planned.notes):
        assert_clear(remark.message, longest=3000)
    json.loads(json.dumps(planned.operations), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


def values_of(item: dict[str, Any]) -> list[Any]:
    env = item["spec"]["template"]["spec"]["containers"][0]["env"]
    return [entry.get("value") for entry in env if entry["name"] == SWITCH]


def elsewhere_is_untouched(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Nothing but entries that the ledger or the wish may name has changed."""

    def rest(item: dict[str, Any]) -> Any:
        left = copy.deepcopy(item["spec"])
        for container in left["template"]["spec"]["containers"]:
            container["env"] = [one for one in container.get("env") or [] if one["name"] == "PATH"]
        return left

    assert rest(after) == rest(before)
