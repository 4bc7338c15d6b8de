"""The Lease: whatever freezes, dies, is slow or is lost, two never write, and somebody always does in the end."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.election import DEADLINE, RETRY, Deposed, Elector
from ideogram_operator.cluster.errors import Conflict, Forbidden, NotFound, Unavailable
from ideogram_operator.cluster.lease import LEASES, Term
from tests.probing.world import in_virtual_time

WHERE = Address(resource=LEASES, namespace="ops", name="ideogram-operator")
DURATION = 15
END = 240.0
WRITES_EVERY = 0.25
INSTANT = 0.001
"""No shorter wait: floats of some hundred seconds could swallow it."""


def loop_time() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Server:
    """An API server with one Lease; slow, or away for some time."""

    lease: dict[str, Any] | None = None
    version: int = 0
    away: list[tuple[float, float]] = field(default_factory=list)
    swallowed: list[tuple[float, float]] = field(default_factory=list)
    """When requests are carried out but their answers are lost."""

    def take(self, action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if within(self.away, loop_time()):
            raise Unavailable("away", address=WHERE, verb="any")
        done = action()
        if within(self.swallowed, loop_time()):
            raise Unavailable("lost", address=WHERE, verb="any")
        return done

    def read(self) -> dict[str, Any]:
        if self.lease is None:
            raise NotFound("none", address=WHERE, verb="get")
        return dict(json.loads(json.dumps(self.lease)))

    def write(self, body: dict[str, Any], *, create: bool) -> dict[str, Any]:
        if self.lease is None and not create:
            raise NotFound("none", address=WHERE, verb="update")
        if self.lease is not None and (
            create or body["metadata"].get("resourceVersion") != self.lease["metadata"]["resourceVersion"]
        ):
            raise Conflict("changed", address=WHERE, verb="update")
        self.version += 1
        self.lease = json.loads(json.dumps(body))
        assert self.lease is not None
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return self.read()


@dataclass
class Machine:
    """Where a candidate runs: it freezes as a whole, and its requests take their time."""

    server: Server
    latency: float = 0.05
    frozen: list[tuple[float, float]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # What is due while the machine is frozen happens when it goes on.
        if thaw := within(self.frozen, loop_time()):
            await self.sleep(max(thaw - loop_time(), INSTANT))

    async def ask(self, action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self.latency > DURATION / 3:
            asyncio.get_running_loop().call_later(self.latency / 2, self.unheard, action)
            await self.sleep(DURATION / 3)
            raise Unavailable("no answer in time", address=WHERE, verb="any")
        await asyncio.sleep(self.latency / 2)  # on the wire: no freeze of ours holds it up
        try:
            return self.server.take(action)
        finally:
            await self.sleep(self.latency / 2)

    def unheard(self, action: Callable[[], dict[str, Any]]) -> None:
        with contextlib.suppress(Unavailable, NotFound, Conflict):
            self.server.take(action)

    async def get(self, _: Address) -> dict[str, Any]:
        return await self.ask(self.server.read)

    async def put(self, _: Address, body: dict[str, Any]) -> dict[str, Any]:
        return await self.ask(lambda: self.server.write(body, create=False))

    async def post(self, _: Address, body: dict[str, Any]) -> dict[str, Any]:
        return await self.ask(lambda: self.server.write(body, create=True))


def within(spans: list[tuple[float, float]], now: float) -> float | None:
    """The end of the span that we are in."""
    return next((end for begin, end in spans if begin <= now < end), None)


def elector(machine: Machine, identity: str, **changes: Any) -> Elector:
    parts: dict[str, Any] = {
        "gateway": machine,
        "address": WHERE,
        "identity": identity,
        "duration": DURATION,
        "seconds": loop_time,
        "sleep": machine.sleep,
    }
    return Elector(**parts | changes)


@dataclass
class Candidate:
    """An operator that is started again when it ends, and writes whatever it may."""

    machine: Machine
    identity: str
    skew: float = 0.0
    kills: list[float] = field(default_factory=list)
    writes: list[tuple[float, str]] = field(default_factory=list)

    async def lives(self) -> None:
        for life, end in enumerate([*self.kills, END]):
            while loop_time() < end:
                task = asyncio.ensure_future(self.live(f"{self.identity}.{life}.{loop_time():.3f}"))
                await asyncio.wait([task], timeout=max(end - loop_time(), INSTANT))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def live(self, name: str) -> None:
        mine = elector(
            self.machine,
            self.identity,
            now=lambda: datetime.fromtimestamp(1e9 + loop_time() * self.skew, UTC),
        )
        await mine.acquire()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(mine.keep())
                both.create_task(self.work(mine, name))
        except* Deposed:
            await self.machine.sleep(1.0)

    async def work(self, mine: Elector, name: str) -> None:
        while True:
            left = mine.tenure()
            if left > 0 and self.machine.latency / 2 <= left:
                # The write is on its way; a freeze of ours does not stop it.
                asyncio.get_running_loop().call_later(
                    self.machine.latency / 2, lambda: self.writes.append((loop_time(), name))
                )
            await self.machine.sleep(WRITES_EVERY)


spans = st.lists(
    st.tuples(st.floats(1, 150), st.floats(0.1, 60)).map(lambda span: (span[0], span[0] + span[1])), max_size=3
)
machines = st.tuples(spans, st.sampled_from([0.01, 0.4, 2.0, 4.9, 9.0]), st.lists(st.floats(1, 150), max_size=2))


@settings(deadline=None, max_examples=60)
@example(machines=[([(20.0, 36.0)], 0.01, []), ([], 0.01, [])], away=[], swallowed=[])
@example(machines=[([(20.0, 29.9)], 9.0, []), ([], 0.01, [])], away=[(10.0, 60.0)], swallowed=[(60.0, 70.0)])
@given(machines=st.lists(machines, min_size=2, max_size=3), away=spans, swallowed=spans)
def test_two_never_write_and_one_does_in_the_end(machines: Any, away: Any, swallowed: Any) -> None:
    server = Server(away=away, swallowed=swallowed)
    candidates = [
        Candidate(Machine(server, latency, frozen), f"pod-{index}", skew=(1, -1, 3)[index], kills=sorted(kills))
        for index, (frozen, latency, kills) in enumerate(machines)
    ]

    async def story() -> None:
        await asyncio.gather(*(one.lives() for one in candidates))

    in_virtual_time(story())
    writes = sorted(write for one in candidates for write in one.writes)
    terms = [name for name, _ in groupby(name for _, name in writes)]
    assert len(terms) == len(set(terms)), f"one who had been succeeded wrote again: {terms}"
    # Whatever happens is over at 210 s at the latest: 150 and a span of 60.
    if min(latency for _, latency, _ in machines) < 1:
        late = [at for at, _ in writes if at > 210]
        assert late, "nobody works though nothing is wrong any more"


def test_one_that_is_stopped_lets_go_and_is_succeeded_at_the_next_look() -> None:
    async def story() -> float:
        server = Server()
        first, second = elector(Machine(server), "one"), elector(Machine(server), "two")
        await first.acquire()
        waiting = asyncio.ensure_future(second.acquire())
        await asyncio.sleep(5)
        began = loop_time()
        await first.release()
        assert first.tenure() < 0
        await waiting
        assert Term.read(server.read()).transitions == 1
        return loop_time() - began

    assert in_virtual_time(story()) <= DURATION * RETRY * 1.2 + 0.2


def test_one_that_died_is_succeeded_after_the_duration() -> None:
    async def story() -> float:
        server = Server()
        await elector(Machine(server), "one").acquire()
        began = loop_time()
        await elector(Machine(server), "two").acquire()
        return loop_time() - began

    assert DURATION <= in_virtual_time(story()) <= DURATION + DURATION * RETRY * 1.2 + 0.3


def test_the_same_pod_begins_again_at_once_after_a_crash() -> None:
    async def story() -> float:
        server = Server()
        await elector(Machine(server), "one").acquire()
        began = loop_time()
        await elector(Machine(server), "one").acquire()
        return loop_time() - began

    assert in_virtual_time(story()) < 1


def test_two_of_one_name_do_not_both_work() -> None:
    async def story() -> None:
        server = Server()
        first, second = elector(Machine(server), "same"), elector(Machine(server), "same")
        await first.acquire()
        await second.acquire()
        with pytest.raises(Deposed):
            await first.keep()
        assert second.tenure() > 0

    in_virtual_time(story())


def test_a_lease_that_is_deleted_is_made_again_by_its_holder_and_by_nobody_who_saw_it_held() -> None:
    async def story() -> None:
        server = Server()
        first, second = elector(Machine(server), "one"), elector(Machine(server), "two")
        await first.acquire()
        waiting = asyncio.ensure_future(second.acquire())
        await asyncio.sleep(1.9)
        server.lease = None
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(8)
        assert not waiting.done()
        assert not keeping.done()
        assert Term.read(server.read()).holder == "one"
        for task in (waiting, keeping):
            task.cancel()
        await asyncio.gather(waiting, keeping, return_exceptions=True)

    in_virtual_time(story())


def test_a_label_that_somebody_puts_on_it_deposes_nobody() -> None:
    async def story() -> None:
        server = Server()
        first = elector(Machine(server), "one")
        await first.acquire()
        edited = server.read()
        edited["metadata"]["labels"] = {"team": "platform"}
        server.write(edited, create=False)
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(DURATION * 2)
        assert not keeping.done()
        assert server.read()["metadata"]["labels"] == {"team": "platform"}
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    in_virtual_time(story())


def test_while_the_cluster_is_away_nothing_is_written_and_then_it_goes_on_with_what_it_knows() -> None:
    async def story() -> list[float]:
        server, regained = Server(away=[(10.0, 100.0)]), []
        first = elector(Machine(server), "one", regained=lambda: regained.append(loop_time()))
        await first.acquire()
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(10 + DURATION * DEADLINE)
        assert first.tenure() <= 0
        assert first.trouble is not None
        await asyncio.sleep(100)
        assert first.tenure() > 0
        assert first.trouble is None
        assert not keeping.done()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        return regained

    (at,) = in_virtual_time(story())
    assert 100 <= at <= 100 + DURATION * RETRY + 0.5


def test_what_may_not_be_read_is_told_with_its_rule_and_tried_again() -> None:
    async def story() -> None:
        server = Server()
        machine = Machine(server)
        refused = True

        async def get(where: Address) -> dict[str, Any]:
            if refused:
                raise Forbidden("may not", address=where, verb="get", rule="{…}")
            return await Machine.get(machine, where)

        machine.get = get  # type: ignore[method-assign]
        first = elector(machine, "one")
        waiting: Awaitable[None] = asyncio.ensure_future(first.acquire())
        await asyncio.sleep(3)
        assert first.trouble is not None
        assert "may not" in first.trouble
        refused = False
        await waiting
        assert first.trouble is None

    in_virtual_time(story())


@pytest.mark.parametrize(
    "spec",
    [None, [], "x", {"holderIdentity": 5, "leaseDurationSeconds": "many", "leaseTransitions": True}, {}],
    ids=str,
)
def test_a_lease_of_nonsense_is_nobodys(spec: Any) -> None:
    async def story() -> None:
        server = Server()
        server.write({"metadata": {}, "spec": spec}, create=True)
        first = elector(Machine(server), "one")
        await first.acquire()
        assert Term.read(server.read()).holder == "one"

    in_virtual_time(story())


def test_one_that_is_stopped_in_the_middle_of_a_renewal_lets_go_all_the_same() -> None:
    async def story() -> None:
        server = Server()
        machine = Machine(server, latency=1.0)
        first = elector(machine, "one")
        await first.acquire()
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(DURATION * RETRY + 0.7)  # it has arrived; its answer has not
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await first.release()
        assert Term.read(server.read()).holder == ""

    in_virtual_time(story())


def test_what_another_one_took_is_not_let_go_of() -> None:
    async def story() -> None:
        server = Server()
        first = elector(Machine(server), "one")
        await first.acquire()
        mine = Term.read(server.read())
        server.write(mine.taken("two", duration=DURATION, now=datetime.now(UTC)).written(server.read()), create=False)
        with contextlib.suppress(Conflict):
            await first.release()
        assert Term.read(server.read()).holder == "two"

    in_virtual_time(story())


def test_labels_that_come_as_often_as_it_renews_depose_nobody() -> None:
    async def story() -> None:
        server = Server()
        machine = Machine(server)
        first = elector(machine, "one")
        await first.acquire()
        quick = 4

        async def put(where: Address, body: dict[str, Any]) -> dict[str, Any]:
            nonlocal quick
            if quick:
                quick -= 1
                edited = server.read()
                edited["metadata"]["labels"] = {"at": str(quick)}
                server.write(edited, create=False)
            return await Machine.put(machine, where, body)

        machine.put = put  # type: ignore[method-assign]
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(DURATION)
        assert not keeping.done()
        assert first.tenure() > 0
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    in_virtual_time(story())


def test_a_tenure_that_ends_while_its_renewal_is_on_its_way_is_told_to_have_been_regained() -> None:
    """What was refused meanwhile need not wait for its next try."""

    async def story() -> list[float]:
        server, regained = Server(away=[(0.1, 6.0)]), list[float]()
        machine = Machine(server)
        first = elector(machine, "one", regained=lambda: regained.append(loop_time()))
        await first.acquire()
        # The renewal that is sent before the end of the tenure is answered after it.
        machine.latency = 4.5
        keeping = asyncio.ensure_future(first.keep())
        await asyncio.sleep(DURATION)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        return regained

    (at,) = in_virtual_time(story())
    assert at > DURATION * DEADLINE
