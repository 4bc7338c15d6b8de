"""A cluster that was away and is back: who finds out, how soon, and what is not taken for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.errors import ClusterError, Forbidden, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.runtime.lookout import Lookout
from tests.probing.world import VirtualClock, in_virtual_time
from tests.runtime.life import live

WHERE = Address(resource=SECRETS, namespace="shop")
AWAY = Unavailable("HTTP 503", address=WHERE, verb="list")
REFUSED = Forbidden("may not", address=WHERE, verb="list", rule="")


@dataclass
class Door:
    """In the place of the gateway: the test says what comes of a look, by the time."""

    trouble: Callable[[float], ClusterError | None]
    clock: VirtualClock
    unanswered: int = 0
    looks: list[float] = field(default_factory=list)

    async def glance(self, _: Address, **__: Any) -> None:
        self.looks.append(self.clock.monotonic())
        if error := self.trouble(self.clock.monotonic()):
            raise error


async def looked_out(
    trouble: Callable[[float], ClusterError | None], *, failures: tuple[float, ...], seconds: float
) -> tuple[list[float], list[float]]:
    """When it looked, and when it told of a return, by the second; requests go unanswered at the times given."""
    clock = VirtualClock()
    door, returned = Door(trouble, clock), list[float]()
    lookout = Lookout(
        gateway=cast("Gateway", door),
        clock=clock,
        address=WHERE,
        returned=lambda: returned.append(clock.monotonic()),
    )
    running = asyncio.create_task(lookout.run())
    began = clock.monotonic()
    for at in failures:
        await clock.sleep(began + at - clock.monotonic())
        door.unanswered += 1
    await clock.sleep(began + seconds - clock.monotonic())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return [round(at - began, 1) for at in door.looks], [round(at - began, 1) for at in returned]


def test_a_cluster_that_answers_is_not_looked_at() -> None:
    looks, returned = in_virtual_time(looked_out(lambda _: None, failures=(), seconds=3600))
    assert looks == returned == []


def test_a_return_is_told_within_a_second_and_once() -> None:
    looks, returned = in_virtual_time(
        looked_out(lambda now: AWAY if 10 <= now < 130.3 else None, failures=(10.2,), seconds=200)
    )
    assert returned == [131.0]
    assert len(looks) <= 122


def test_one_request_that_fails_for_ever_is_no_absence() -> None:
    looks, returned = in_virtual_time(
        looked_out(lambda _: None, failures=tuple(map(float, range(1, 100))), seconds=120)
    )
    assert returned == []
    assert len(looks) <= 100


@pytest.mark.parametrize("long", [0.0, 5.0])
def test_one_that_has_just_started_and_refuses_is_not_back_yet(long: float) -> None:
    def trouble(now: float) -> ClusterError | None:
        return AWAY if now < 20.5 else REFUSED if now < 20.5 + long else None

    _, returned = in_virtual_time(looked_out(trouble, failures=(10.2,), seconds=60))
    assert returned == [round(21.0 + long, 1)]


def test_what_is_forbidden_was_answered() -> None:
    _, returned = in_virtual_time(looked_out(lambda now: REFUSED if now < 20 else None, failures=(10.2,), seconds=60))
    assert returned == []


async def test_a_target_that_could_not_be_told_is_told_at_once_when_the_cluster_is_back() -> None:
    life = await live()
    (known,) = life.record.targets.values()
    assert not life.record.hurry(100.0), "there is nothing to be done"
    known.problem = Problem(reason=Reason.CLUSTER_UNREACHABLE, message="HTTP 503")
    known.troubled_since, known.again_at = 0.0, 112.0
    assert life.record.hurry(100.0)
    assert (known.troubled_since, known.again_at) == (100.0, 100.0)
    known.problem = Problem(reason=Reason.PERMISSION_DENIED, message="no")
    known.again_at = 112.0
    assert not life.record.hurry(101.0), "a person's matter is not mended by the cluster's return"
    assert known.again_at == 112.0
