"""The operator's beginning as one of several: what it says while it lists, and that it lists for nobody else."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ideogram_operator.cluster.election import Deposed, Elector
from ideogram_operator.cluster.errors import Forbidden
from ideogram_operator.runtime import app
from ideogram_operator.runtime.assembly import Parts
from ideogram_operator.runtime.signals import until_stopped
from tests.probing.world import VirtualClock, in_virtual_time
from tests.runtime.test_housekeeping import House


class Candidate:
    """Has the Lease at once, and loses it after so many seconds."""

    trouble: str | None = None
    regained: Any = None

    def __init__(self, lost_after: float) -> None:
        self.lost_after = lost_after
        self.renewing = False

    def tenure(self) -> float:
        return 1.0

    async def acquire(self) -> None:
        pass

    async def keep(self) -> None:
        self.renewing = True
        try:
            await asyncio.sleep(self.lost_after)
        finally:
            self.renewing = False
        raise Deposed("lost")


class Cluster:
    """Lists once; then the right to is taken away."""

    connection = SimpleNamespace(server="https://cluster")
    lists = 0

    def fence(self, _: Any) -> None:
        pass

    async def pages(self, where: Any, **_: Any) -> AsyncIterator[tuple[Any, ...]]:
        self.lists += 1
        if self.lists > 1:
            raise Forbidden("may not", address=where, verb="list", rule="{…}")
        yield ()


def parts(house: House) -> Parts:
    made = SimpleNamespace(
        gateway=Cluster(),
        clock=VirtualClock(),
        settings=SimpleNamespace(namespaces=()),
        agenda=house.agenda,
        hurry=house.agenda.retry,
        housekeeping=house.keeping,
        metrics=house.metrics,
    )
    return cast("Parts", made)


def test_one_that_loses_the_lease_while_it_lists_ends_and_is_not_called_ready() -> None:
    async def story() -> None:
        house, candidate = House(), Candidate(lost_after=100.0)
        beginning = asyncio.ensure_future(app._begin(parts(house), cast("Elector", candidate)))
        await asyncio.sleep(50)
        assert house.keeping.not_working() is not None, "it holds the Lease, and does nothing"
        with pytest.raises(Deposed):
            async with asyncio.timeout(60):
                await beginning

    in_virtual_time(story())


def test_one_that_is_stopped_while_it_lists_renews_no_more() -> None:
    async def story() -> None:
        house, candidate = House(), Candidate(lost_after=1000.0)
        beginning = asyncio.ensure_future(app._begin(parts(house), cast("Elector", candidate)))
        await asyncio.sleep(50)
        assert candidate.renewing
        beginning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beginning
        assert not candidate.renewing

    in_virtual_time(story())


class Noted:
    """Notes what is asked of it, and does nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def part(self, name: str) -> Any:
        async def note(**_: Any) -> None:
            self.asked.append(name)

        return SimpleNamespace(flush=note, drain=note, close=note)


async def test_one_that_was_succeeded_still_tells_people_what_status_says_they_were_told() -> None:
    """Its heir reads the alert in status, and tells nobody again."""
    noted = Noted()
    names = ("agenda", "events", "notifier", "watches", "preflights", "pool")
    made = SimpleNamespace(
        **{name: noted.part(name) for name in names}, reconciler=SimpleNamespace(verifier=noted.part("verifier"))
    )

    async def lost() -> None:
        raise Deposed("lost")

    lease = asyncio.ensure_future(lost())
    await asyncio.wait([lease])
    await app._wind_down(cast("Parts", made), [lease])
    assert noted.asked[0] == "notifier"
    assert "agenda" not in noted.asked, "nothing is finished that another one does by now"


async def test_a_signal_that_comes_with_the_result_is_not_lost() -> None:
    async def work() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return "begun"

    assert await until_stopped(work()) is None
