"""Many integrations that are well: how long until all of them are at work, and what they cost while nothing happens."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from bench.audit import counted, requests
from bench.exposition import Reading
from bench.fleet import ALL, Fleet
from bench.raw import Raw
from bench.rig import Rig, megabytes, processor_seconds
from bench.settling import settled_status
from bench.sizes import Sizes
from bench.spec import spec
from ideogram_operator.runtime.housekeeping import TICK

WRITES: Final = frozenset({"create", "update", "patch", "delete"})


@dataclass(slots=True, kw_only=True)
class Scale:
    """A fleet that grows."""

    rig: Rig
    admin: Raw
    floor: Raw
    sizes: Sizes
    fleet: Fleet
    made: int = 0
    settled: dict[str, Any] = field(default_factory=dict)

    async def learn(self) -> None:
        """Has one integration come to rest: its status is what all others are given."""
        admin = self.rig.provider.admin
        keys = [admin.add_key(account=f"account-{number}").secret for number in range(self.fleet.namespaces)]
        await self.fleet.prepare(self.admin, keys)
        await self._grow(1)
        self.settled = await settled_status(self.rig, self.admin, self.fleet.path(0))

    async def step(self, count: int, *, first_ever: bool) -> dict[str, Any]:
        """The figures of this many."""
        await self._grow(count)
        figures: dict[str, Any] = {"integrations": count}
        everything = range(count)
        if first_ever:
            await self.fleet.write_status(self.admin, everything, None)
            figures["first_start"] = await self._first_start(count)
        await self.fleet.write_status(self.admin, everything, self.settled)
        floor = await self._floor()
        async with self._started(count) as (seconds, used):
            figures["restart"] = {
                "seconds": round(seconds, 2),
                "cpu_seconds": round(used, 2),
                "floor": round(floor, 2),
                "ratio": round(seconds / floor, 2),
                "megabytes": round(megabytes(self.rig.process())),
            }
            figures["idle"] = await self._idle(count)
        return figures

    async def _grow(self, count: int) -> None:
        more = range(self.made, count)
        await self.fleet.make_targets(self.admin, more)
        await self.fleet.make_integrations(self.admin, more)
        self.made = count

    async def _floor(self) -> float:
        """Seconds in which a bare client lists the same integrations, a page at a time, and begins to watch them."""
        began = time.monotonic()
        async for _ in self.floor.pages(ALL):
            pass
        await self.floor.watch_once(ALL)
        return time.monotonic() - began

    async def _first_start(self, count: int) -> dict[str, Any]:
        """The very first start: every status is written."""
        async with self._started(count, why="first") as (seconds, used):
            figures = {"seconds": round(seconds, 2), "cpu_seconds": round(used, 2)}
        floor = await self._floor()
        began = time.monotonic()
        await self.fleet.write_status(self.floor, range(count), self.settled)
        floor += time.monotonic() - began
        return figures | {"floor": round(floor, 2), "ratio": round(seconds / floor, 2)}

    @asynccontextmanager
    async def _started(self, count: int, *, why: str = "") -> AsyncIterator[tuple[float, float]]:
        """The operator, and after how many seconds, of CPU too, all were decided on, or had their first status."""
        began = time.monotonic()
        self.rig.operator.start(wait=False)

        def done(now: Reading) -> bool:
            if why:
                return now.by("status_writes_total", "why").get(why, 0.0) >= count
            return now.total("integrations_decided") >= count

        ended = await self.rig.until(done, f"{count} to be at work", pause=0.1)
        used = processor_seconds(self.rig.process())
        try:
            yield ended - began, used
        finally:
            self.rig.operator.kill()

    async def _idle(self, count: int) -> dict[str, Any]:
        """What it costs while nothing happens and nobody scrapes it, and after that one scrape."""
        seconds = self.sizes.idle if count == self.sizes.growth[-1] else self.sizes.idle / 3
        # Every stream has probed once, and every integration has heard of it.
        await asyncio.sleep(self._interval * 1.5)
        process = self.rig.process()
        log, since = self.rig.cluster.audit_log, time.time()
        before, used, began = await self.rig.reading(), processor_seconds(process), time.monotonic()
        delays = await _delays_of_a_bare_loop(seconds)
        lasted, used = time.monotonic() - began, processor_seconds(process) - used
        now = (await self.rig.reading()).since(before)
        quiet = megabytes(process)
        scrape = await self._scrape(process)
        found = [one for one in requests(log, since=since) if one.user.endswith(":ideogram-operator")] if log else []
        writes = [one for one in found if one.verb in WRITES]
        return {
            "seconds": round(lasted, 1),
            "cpu_percent": round(100 * used / lasted, 2),
            "megabytes": round(quiet),
            "loop_delay_p99_ms": now.milliseconds("loop_delay_seconds", 0.99),
            "loop_delay_p99_floor_ms": round(1000 * delays[len(delays) * 99 // 100], 1),
            "loop_delay_max_floor_ms": round(1000 * delays[-1], 1),
            "loop_delay_max_ms": now.milliseconds("loop_delay_seconds", 1.0),
            "reconciles_per_second": round(now.total("reconciles_total") / lasted, 1),
            "probes_per_second": round(now.total("probes_total") / lasted, 2),
            "writes": counted(writes),
            "reads": counted(one for one in found if one.verb not in WRITES),
            **scrape,
        }

    @property
    def _interval(self) -> float:
        return float(str(self.fleet.spec["probe"]["interval"]).removesuffix("s"))

    async def _scrape(self, process: psutil.Process) -> dict[str, Any]:
        """One scrape of everything: how long it takes, and for how long it keeps the loop."""
        before, used, began = await self.rig.reading(), processor_seconds(process), time.monotonic()
        page = await self.rig.scrape()
        lasted, used = time.monotonic() - began, processor_seconds(process) - used
        await asyncio.sleep(0.5)
        now = (await self.rig.reading()).since(before)
        return {
            "scrape_seconds": round(lasted, 2),
            "scrape_cpu_seconds": round(used, 2),
            "scrape_megabytes": round(len(page) / 1e6, 1),
            "scrape_loop_delay_max_ms": now.milliseconds("loop_delay_seconds", 1.0),
            "megabytes_after_scrape": round(megabytes(process)),
        }


async def _delays_of_a_bare_loop(seconds: float) -> list[float]:
    """By how many seconds a loop that does nothing wakes up late beside the operator's, sampled as often, ascending."""
    delays, until = [0.0], time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        await asyncio.sleep(TICK)
        delays.append(max(0.0, time.monotonic() - began - TICK))
    return sorted(delays)


async def measure_scale(rig: Rig, admin: Raw, floor: Raw, sizes: Sizes) -> list[dict[str, Any]]:
    """The figures for each number of integrations."""
    probe = {"interval": "10s" if sizes.idle > 10 else "1s", "generate": {"interval": "0s"}}  # noqa: PLR2004 - a smoke's
    fleet = Fleet(
        prefix="scale", namespaces=sizes.namespaces, kind="ConfigMap", spec=spec(rig.provider.url, probe=probe)
    )
    scale = Scale(rig=rig, admin=admin, floor=floor, sizes=sizes, fleet=fleet)
    await scale.learn()
    return [await scale.step(count, first_ever=count == sizes.first) for count in sizes.growth]
