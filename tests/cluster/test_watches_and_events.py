"""What the operator hears from the cluster about held targets, and what it tells there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ideogram_operator.cluster import errors, kinds
from ideogram_operator.cluster.addresses import EVENTS, Address, Resource
from ideogram_operator.cluster.answers import Object
from ideogram_operator.cluster.events import Events, Note, document
from ideogram_operator.cluster.gateway import Gateway, Listing, Patience
from ideogram_operator.cluster.reasons import Reason
from ideogram_operator.cluster.secrets import Finding, read_secret
from ideogram_operator.cluster.targets import switch
from ideogram_operator.cluster.watches import Change, Rhythm, Watches
from ideogram_operator.resource.words import TargetKind
from lab.cluster import Cluster
from lab.tokens import service_account_kubeconfig
from tests.cluster.conftest import Make, now
from tests.cluster.shapes import claim

MAPS = TargetKind.CONFIG_MAP


class Heard:
    """The changes heard, and a way to wait for one."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._more = asyncio.Condition()
        self._pending: set[asyncio.Task[None]] = set()

    def __call__(self, change: Change) -> None:
        self.changes.append(change)
        task = asyncio.get_running_loop().create_task(self._wake())
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _wake(self) -> None:
        async with self._more:
            self._more.notify_all()

    async def until(self, name: str, *, deleted: bool = False, version: str = "") -> Change:
        def found() -> Change | None:
            return next(
                (
                    one
                    for one in self.changes
                    if (one.name, one.deleted) == (name, deleted) and version in {"", one.resource_version}
                ),
                None,
            )

        async with asyncio.timeout(20), self._more:
            await self._more.wait_for(found)
        change = found()
        assert change is not None
        return change


@pytest.mark.cluster
async def test_a_change_of_a_watched_target_is_heard_and_its_end_too(
    gateway: Gateway, make: Make, namespace: str
) -> None:
    await make(MAPS, "early", data={"enabled": "true"})
    heard = Heard()
    watches = Watches(gateway, heard, rhythm=Rhythm(turn=1.0))
    try:
        watches.want(frozenset({(namespace, MAPS)}))
        await heard.until("early")
        target = await make(MAPS, "late", data={"enabled": "true"})
        await heard.until("late")
        outcome = await switch(gateway, target, claim(enabled="false"), now=now)
        await heard.until("late", version=outcome.resource_version)
        await gateway.delete(kinds.address(MAPS, namespace, "late"))
        await heard.until("late", deleted=True)
        watches.want(frozenset())
        assert watches.running == frozenset()
    finally:
        await watches.close()


class Script(Gateway):
    """A list and a watch that fail as they are told."""

    def __init__(self, turns: list[list[Object] | errors.ClusterError]) -> None:
        self.turns = turns
        self.lists = 0
        self.asked: list[str] = []
        self.over = asyncio.Event()

    async def list(self, address: Address, **_: Any) -> Listing:  # noqa: ARG002 - the gateway's signature
        self.lists += 1
        return Listing(items=(), resource_version=f"listed-{self.lists}")

    async def watch(self, address: Address, *, resource_version: str, **_: Any) -> AsyncIterator[Object]:  # noqa: ARG002 - as above
        self.asked.append(resource_version)
        if not self.turns:
            self.over.set()
            await asyncio.Event().wait()
        turn = self.turns.pop(0)
        if isinstance(turn, errors.ClusterError):
            raise turn
        for event in turn:
            yield event


def event(kind: str, version: str) -> Object:
    return {"type": kind, "object": {"metadata": {"name": "x", "resourceVersion": version}}}


async def test_a_watch_goes_on_from_where_it_was_and_lists_anew_after_a_break() -> None:
    where = kinds.address(MAPS, "shop")
    gone = errors.Gone("too old", address=where, verb="watch")
    lost = errors.Unavailable("lost", address=where, verb="watch")
    script = Script([[event("MODIFIED", "5")], [event("BOOKMARK", "9")], gone, [], lost, lost])
    heard = Heard()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    watches = Watches(script, heard, rhythm=Rhythm(backoff=1.0), sleep=sleep, jitter=lambda: 1.0)
    watches.want(frozenset({("shop", MAPS)}))
    async with asyncio.timeout(5):
        await script.over.wait()
    await watches.close()
    assert script.asked == ["listed-1", "5", "9", "listed-2", "listed-2", "listed-3", "listed-4"]
    assert [change.resource_version for change in heard.changes] == ["5"]
    assert slept == [1.0, 1.0, 1.0, 2.0]


async def test_what_nobody_foresaw_does_not_end_a_watch_and_it_is_begun_anew_ever_more_rarely() -> None:
    script, slept = Script([[event("MODIFIED", "5")] for _ in range(4)]), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def fail(_: Change) -> None:
        raise ZeroDivisionError("not foreseen")

    watches = Watches(script, fail, rhythm=Rhythm(backoff=1.0), sleep=sleep, jitter=lambda: 1.0)
    watches.want(frozenset({("shop", MAPS)}))
    async with asyncio.timeout(5):
        await script.over.wait()
    await watches.close()
    assert slept == [1.0, 2.0, 4.0, 8.0]
    assert script.lists == 5


async def test_after_a_break_it_is_told_which_there_are() -> None:
    where = kinds.address(MAPS, "shop")
    script, listed = Script([errors.Gone("too old", address=where, verb="watch")]), list[object]()
    watches = Watches(script, Heard(), on_list=lambda *what: listed.append(what), sleep=lambda _: asyncio.sleep(0))
    watches.want(frozenset({("shop", MAPS)}))
    async with asyncio.timeout(5):
        await script.over.wait()
    await watches.close()
    assert listed == [("shop", MAPS, frozenset())] * 2


NOTE = Note(
    regarding={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": "n", "uid": "u"}},
    type="Warning",
    reason="Fallback",
    action="Switch",
    text="the API is down",
)


@pytest.mark.cluster
async def test_an_event_is_told_once_and_its_repeats_are_counted(gateway: Gateway, make: Make, namespace: str) -> None:
    target = await make(MAPS, data={})
    live = await gateway.get(kinds.address(MAPS, namespace, target.name))
    events = Events(gateway, instance="pod-1")
    running = asyncio.create_task(events.run())
    note = Note(regarding=live, type="Warning", reason="Fallback", action="Switch", text="down " * 500)
    for _ in range(3):
        events.tell(note)
    await events.flush(seconds=20)
    running.cancel()
    listing = await gateway.list(Address(resource=EVENTS, namespace=namespace))
    found = [one for one in listing.items if one["reason"] == "Fallback"]
    assert [one["series"]["count"] for one in found] == [3]
    assert found[0]["reportingController"] == "ideogram-operator"
    assert events.dropped == 0


async def test_a_full_queue_drops_and_counts_and_never_raises() -> None:
    events = Events(Script([]), instance="pod-1", limit=2)
    for _ in range(5):
        events.tell(NOTE)
    assert events.dropped > 0
    await events.flush(seconds=0.01)


async def test_one_object_whose_event_hangs_keeps_no_other_waiting_but_its_own_in_order() -> None:
    posted: list[str] = []
    hang = asyncio.Event()

    class Slow(Gateway):
        def __init__(self) -> None:
            pass

        async def post(self, address: Address, body: Object) -> Object:  # noqa: ARG002 - the signature
            if body["regarding"]["uid"] == "0" and body["note"] == "first":
                await hang.wait()
            posted.append(f"{body['regarding']['uid']} {body['note']}")
            return body

    events = Events(Slow(), instance="pod-1")
    running = asyncio.create_task(events.run())
    for uid in range(20):
        about = {**NOTE.regarding, "metadata": {**NOTE.regarding["metadata"], "uid": str(uid)}}
        for text in ("first", "second"):
            events.tell(replace(NOTE, regarding=about, text=text))
    async with asyncio.timeout(20):
        while len(posted) < 20:  # noqa: ASYNC110 - turns of the loop
            await asyncio.sleep(0)
    assert not [one for one in posted if one.startswith("0 ")]
    hang.set()
    await events.flush(seconds=10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(posted) == 40
    assert posted.index("0 first") < posted.index("0 second")


def test_a_note_never_exceeds_what_the_api_server_takes() -> None:
    long = Note(regarding=NOTE.regarding, type="Normal", reason="R" * 200, action="A", text="ü" * 2000)
    body = document(long, name="x", now=datetime(2026, 1, 1, tzinfo=UTC), instance="p")
    assert len(body["note"].encode()) <= 1024
    assert len(body["reason"]) <= 128
    assert body["eventTime"] == "2026-01-01T00:00:00.000000Z"


@pytest.mark.cluster
async def test_a_refusal_by_rbac_names_the_rule_that_would_fix_it(
    gateway: Gateway, make: Make, namespace: str, cluster: Cluster, tmp_path: Path
) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    rbac = {"group": "rbac.authorization.k8s.io", "version": "v1"}
    rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    role = {"apiGroup": rbac["group"], "kind": "Role", "name": "reader"}
    await gateway.post(
        Address(resource=Resource(plural="roles", **rbac), namespace=namespace),
        {"metadata": {"name": "reader"}, "rules": rules},
    )
    await gateway.post(
        Address(resource=Resource(plural="rolebindings", **rbac), namespace=namespace),
        {"metadata": {"name": "reader"}, "roleRef": role, "subjects": [subject]},
    )
    config = service_account_kubeconfig(cluster.access, namespace, "default", tmp_path / "config")
    async with await Gateway.open(config, patience=Patience(forbidden_again_after=0.3)) as narrow:
        outcome = await switch(narrow, target, claim(), now=now)
        key = await read_secret(narrow, namespace, "ideogram", "api-key")
    assert (outcome.done, outcome.again) == (False, False)
    assert outcome.problems[0].reason is Reason.FORBIDDEN
    assert '{apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}' in outcome.problems[0].message
    assert key.finding is Finding.FORBIDDEN
