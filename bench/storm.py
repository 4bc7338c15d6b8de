"""The storm: a provider dies under a thousand integrations that share its key, and returns."""

import asyncio
import json
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final

from bench.audit import Request, counted, requests
from bench.fleet import ALL, Fleet
from bench.raw import JSON_PATCH, Raw, RefusedError, spread
from bench.rig import Rig
from bench.settling import settled_status
from bench.sizes import Sizes
from bench.spec import spec

NAMESPACES: Final = 5
PATIENCE: Final = 300.0
TARGET: Final = "deployments"
PATCHES: Final = "target_patches_total"
STRAY: Final = 1
STALE: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One flip of all; moments in Unix seconds.

    Attributes:
        caused: when the provider died or returned.
        seen: the requests of the operator from then on until it had come to rest.
    """

    caused: float
    seen: list[Request]

    @property
    def patches(self) -> list[Request]:
        """The patches of targets that were taken."""
        return [one for one in self.seen if (one.verb, one.resource, one.code) == ("patch", TARGET, 200)]

    @property
    def first(self) -> float:
        """When the first of them came."""
        return min(one.received for one in self.patches)

    @property
    def last(self) -> float:
        """When the last of them was answered."""
        return max(one.answered for one in self.patches)

    def figures(self, floor: float, targets: int) -> dict[str, Any]:
        """What is told of it."""
        first, last = self.first, self.last
        within = [one for one in self.seen if first <= one.received <= last]
        return {
            "decision_to_last": round(last - first, 3),
            "cause_to_first": round(first - self.caused, 3),
            "cause_to_last": round(last - self.caused, 3),
            "floor": round(floor, 3),
            "ratio": round((last - first) / floor, 3),
            "requests_per_target": round(len(self.seen) / targets, 2),
            "requests_per_target_until_last": round(len(within) / targets, 2),
            "requests": counted(self.seen),
            "requests_until_last": counted(within),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """The storm's fleet, and an equal one that only the floor touches."""

    rig: Rig
    admin: Raw
    floor: Raw
    sizes: Sizes
    fleet: Fleet
    twin: Fleet

    async def prepare(self) -> None:
        """Makes all of it; returns once every integration is live."""
        everything = range(self.sizes.storm)
        for fleet in (self.fleet, self.twin):
            await fleet.prepare(self.admin, [self.rig.provider.key])
            await fleet.make_targets(self.admin, everything)
        await self.fleet.make_integrations(self.admin, range(1))
        settled = await settled_status(self.rig, self.admin, self.fleet.path(0))
        await self.fleet.make_integrations(self.admin, everything[1:])
        await self.fleet.write_status(self.admin, everything, settled)
        await self.twin.make_integrations(self.admin, everything)
        self.rig.operator.start()
        await self._all("Live")

    async def flip(self, state: str) -> Flip:
        """Has the provider die or return, and waits until all that follows is over."""
        # What it has missed while a floor was measured is no part of this.
        await self.rig.quiet()
        provider = self.rig.provider.admin
        patched = await self._patched()
        caused = time.time()
        if state == "Live":
            provider.heal()
        else:
            provider.fault("status", status=503)
        # By its counters: to read a thousand integrations again and again would be a storm of the bench's own.
        await self.rig.until(
            lambda now: now.total(PATCHES) >= patched + self.sizes.storm, f"all to be {state}", pause=0.5
        )
        await self.rig.quiet()
        await self._all(state)
        return Flip(caused=caused, seen=self._seen(since=caused))

    async def stray(self) -> dict[str, Any]:
        """One bad answer among good ones: what it costs though nothing is switched."""
        await self.rig.quiet()
        caused = time.time()
        before = await self.rig.reading()
        self.rig.provider.admin.fault("status", status=503, times=STRAY)

        def confirmed(sent: float) -> bool:
            return sent >= before.total("probes_total") + 3

        await self.rig.until(lambda now: confirmed(now.total("probes_total")), "the bad answer to be confirmed")
        await self.rig.quiet()
        seen = self._seen(since=caused)
        return {"requests_per_integration": round(len(seen) / self.sizes.storm, 2), "requests": counted(seen)}

    async def raw(self, *, fallback: bool, status: dict[str, Any] | None = None) -> float:
        """Seconds from the first to the last PATCH when a bare client sends the same GETs and PATCHes.

        Args:
            fallback: into it, or back.
            status: written to the twin's integration before its target; None: not.
        """

        async def switch(number: int) -> None:
            if status is not None:
                change = [{"op": "add", "path": "/status", "value": status}]
                await self.floor.ask("PATCH", f"{self.twin.path(number)}/status", change, content_type=JSON_PATCH)
            await self._switch(self.twin.target_path(number), fallback=fallback)

        with self.rig.frozen():
            began = time.time()
            await spread(range(self.sizes.storm), switch)
            await asyncio.sleep(0.5)  # until the audit log has it all
        places = {self.twin.place(number)[0] for number in range(self.twin.namespaces)}
        found = [one for one in requests(self._log, since=began) if one.namespace in places and one.verb == "patch"]
        patches = [one for one in found if one.resource == TARGET]
        first = min(one.received for one in (found if status is not None else patches))
        return max(one.answered for one in patches) - first

    async def _switch(self, path: str, *, fallback: bool) -> None:
        while True:
            live = await self.floor.ask("GET", path)
            try:
                await self.floor.ask("PATCH", path, _operations(live, fallback=fallback), content_type=JSON_PATCH)
            except RefusedError as error:
                # The Deployment controller was faster, which happens to the operator as well.
                if error.code != STALE:
                    raise
            else:
                return

    @property
    def _log(self) -> Any:
        if self.rig.cluster.audit_log is None:
            raise LookupError("the cluster keeps no audit log")
        return self.rig.cluster.audit_log

    def _seen(self, *, since: float) -> list[Request]:
        account = "system:serviceaccount:ideogram-system:ideogram-operator"
        found = requests(self._log, since=since)
        return [one for one in found if one.user == account and one.namespace in self._places]

    @property
    def _places(self) -> set[str]:
        return {self.fleet.place(number)[0] for number in range(self.fleet.namespaces)}

    async def back(self) -> dict[str, Any]:
        """The way back, beside both of its floors."""
        flip = await self.flip("Live")
        status = (await self.admin.ask("GET", self.fleet.path(0)))["status"]
        figures = flip.figures(await self.raw(fallback=False), self.sizes.storm)
        await self.raw(fallback=True)
        floor = await self.raw(fallback=False, status=status)
        ratio = (flip.last - flip.first) / floor
        return figures | {"floor_with_status": round(floor, 3), "ratio_with_status": round(ratio, 3)}

    async def _patched(self) -> float:
        return (await self.rig.reading()).total(PATCHES)

    async def _all(self, state: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            states = [
                (item.get("status") or {}).get("state")
                async for page in self.admin.pages(ALL)
                for item in page
                if item["metadata"]["namespace"] in self._places
            ]
            if states and set(states) == {state}:
                return
            await asyncio.sleep(1.0)
        raise TimeoutError(f"waited {PATIENCE:g} s for all to be {state}; {self.rig.operator.log_tail()}")


async def measure_storm(rig: Rig, admin: Raw, floor: Raw, sizes: Sizes) -> dict[str, Any]:
    """The figures of all storms, and their medians."""
    probed = spec(
        rig.provider.url,
        probe=sizes.probe,
        recovery={"hold": sizes.hold, "successes": 2, "maxFlipsPerHour": 30, "relapseWindow": "1m"},
    )
    fleet = Fleet(prefix="storm", namespaces=NAMESPACES, kind="Deployment", spec=probed)
    twin = replace(fleet, prefix="floor")
    # Of the twin it must know nothing, or it would work on both.
    places = tuple(fleet.place(number)[0] for number in range(NAMESPACES))
    rig.operator.flags = replace(rig.operator.flags, namespaces=places)
    storm = Storm(rig=rig, admin=admin, floor=floor, sizes=sizes, fleet=fleet, twin=twin)
    await storm.prepare()
    dies, returns = [], []
    for _ in range(sizes.storms):
        dies.append((await storm.flip("Fallback")).figures(await storm.raw(fallback=True), sizes.storm))
        returns.append(await storm.back())
    stray = await storm.stray() if sizes.stray else None
    return {
        "integrations": sizes.storm,
        "dies": _medians(dies),
        "returns": _medians(returns),
        "stray": stray,
        "each": {"dies": dies, "returns": returns},
    }


def _medians(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number; the counts of the run whose ratio is the median's."""
    numbers = [name for name, value in figures[0].items() if not isinstance(value, dict)]
    middle = sorted(figures, key=lambda one: one["ratio"])[len(figures) // 2]
    return {name: round(median(one[name] for one in figures), 3) for name in numbers} | {
        name: middle[name] for name in ("requests", "requests_until_last")
    }


def _operations(live: dict[str, Any], *, fallback: bool) -> list[dict[str, Any]]:
    """What the operator sends, as near as makes no difference: a guard, an annotation, an entry of env."""
    version = live["metadata"]["resourceVersion"]
    operations: list[dict[str, Any]] = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    env = "/spec/template/spec/containers/0/env/1"
    note = "/metadata/annotations/ideogram-operator.io~1fallback"
    if not fallback:
        return [*operations, {"op": "remove", "path": env}, {"op": "remove", "path": note}]
    claim = {
        "claims": [
            {
                "integration": live["metadata"]["name"],
                "uid": live["metadata"]["uid"],
                "flip": 1,
                "since": "2026-01-01T00:00:00.000000+00:00",
                "trigger": "apiUnreachable",
                "message": "3 consecutive failures, the last: 503 from the provider",
                "overrides": {"IDEOGRAM_ENABLED": "false"},
            }
        ],
        "baseline": {"web": {"IDEOGRAM_ENABLED": None}},
    }
    return [
        *operations,
        {"op": "add", "path": env, "value": {"name": "IDEOGRAM_ENABLED", "value": "false"}},
        {"op": "add", "path": note, "value": json.dumps(claim)},
    ]
