"""One integration's life under the real reconciler: a clock that the test moves, evidence that it tells in words."""

import asyncio
import base64
import copy
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from ideogram_operator.cluster.claims import Ledger, read_ledger
from ideogram_operator.cluster.events import Events, Note
from ideogram_operator.cluster.first_look import FirstLook
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.observations import PreflightStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.services import Notify
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.targets import Verify
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, GROUP, KIND, PLURAL, VERSION, State, TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.assembly import _reconciler
from ideogram_operator.runtime.keys import KeyReader
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.notifying import Tiding
from ideogram_operator.runtime.probing.demand import Demand
from ideogram_operator.runtime.probing.ledger import Ledger as Purse
from ideogram_operator.runtime.probing.pool import ProbePool
from ideogram_operator.runtime.probing.stats import StreamStats
from ideogram_operator.runtime.reconciler import AT_ONCE, Reconciler
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.settings import Settings
from ideogram_operator.runtime.store import Store
from ideogram_operator.runtime.verification import Verifier
from ideogram_operator.services.results import ServiceError
from tests.decisions.player import fact
from tests.runtime.memory_api import Json, MemoryApi

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = Key("shop", "images")
CANARY = "ideo-canary-0123456789abcdef"
FALLBACK_VALUE = {"name": "IDEOGRAM_ENABLED", "value": "false"}


@dataclass
class Hands:
    """A clock that stands still unless it is moved."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class People:
    """In the place of the receivers: what they would hear."""

    heard: list[Tiding] = field(default_factory=list)

    def tell(self, receivers: Iterable[Notify], tiding: Tiding) -> None:
        self.heard += [tiding for receiver in receivers if tiding.severity in receiver.severities]


@dataclass
class Preflight:
    """In the place of the preflights: the test says what status they have come to."""

    found: PreflightStatus | None = None
    forgotten: list[Key] = field(default_factory=list)

    def consider(self, record: Record, _raw: Json, *, why_not: Reason | None) -> float:  # noqa: ARG002
        if self.found is not None:
            record.preflight = self.found
        return math.inf

    def forget(self, key: Key) -> None:
        self.forgotten.append(key)


@dataclass
class Application:
    """What the application says of itself; by itself what it was told, as far as it heeds it."""

    life: "Life"
    heeds: bool = True
    stuck: str = ""
    fault: bool = False
    failure: ServiceError | None = None
    asked: int = 0

    async def ask(self, _: Verify, namespace: str) -> str:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        if self.fault:
            raise LookupError("a fault of ours")
        assert namespace == KEY.namespace
        if self.stuck:
            return self.stuck
        return "disabled" if self.heeds and self.life.switch() == "false" else "enabled"


@dataclass
class Facts:
    """In the place of the probes: the test says what was seen."""

    told: list[Evidence] = field(default_factory=list)
    demands: dict[object, Demand] = field(default_factory=dict)
    kicked: int = 0
    ledger: Purse = field(default_factory=Purse)
    all: tuple[StreamStats, ...] = ()

    def subscribe(self, who: object, demand: Demand) -> None:
        self.demands[who] = demand

    def unsubscribe(self, who: object) -> None:
        self.demands.pop(who, None)

    def evidence(self, who: object) -> tuple[Evidence, ...]:
        # As many as the probes keep.
        del self.told[:-64]
        return tuple(self.told) if who in self.demands else ()

    def stats(self, _: object) -> tuple[StreamStats, ...]:
        return self.all

    def latency(self, _: object) -> float | None:
        return self.all[0].latency if self.all else None

    def probe_now(self, _: object) -> None:
        self.kicked += 1


class Told(Events):
    """Events that are kept in a list instead of being posted."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway, instance="test")
        self.notes: list[Note] = []

    def tell(self, note: Note) -> None:
        self.notes.append(note)

    @property
    def reasons(self) -> list[str]:
        return [note.reason for note in self.notes]


class Life:
    """The operator and its cluster; ``restart`` ends the one and leaves the other."""

    def __init__(self, *, targets: Iterable[Json] = ({"kind": "Deployment", "name": "web", "switch": {}},)) -> None:
        self.api = MemoryApi()
        self.clock = Hands()
        self.settings = Settings()
        self.spec: Json = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [*targets]}
        self.api.make("secrets", "ideogram", data={"api-key": base64.b64encode(CANARY.encode()).decode()})
        self.application = Application(self)
        self.restart()

    def restart(self) -> None:
        """The operator's process ends and another begins; what it knew is gone."""
        gateway = cast("Gateway", self.api)
        self.pool, self.events = Facts(), Told(gateway)
        self.dirty: list[Key] = []
        self.store = Store(self.dirty.append)
        self.limits = BlastRadius(self.clock, self.settings.max_rollouts, self.settings.max_flips_per_minute)
        self.metrics = Metrics()
        self.preflights = Preflight()
        self.people = People()
        self.operator: Reconciler = _reconciler(
            self.settings,
            self.clock,
            gateway,
            keys=KeyReader(gateway, self.clock),
            pool=cast("ProbePool", self.pool),
            store=self.store,
            records=Records(),
            events=self.events,
            notifier=self.people,
            limits=self.limits,
            first_look=FirstLook(gateway, self.clock.monotonic),
            preflights=self.preflights,
            verifier=Verifier(clock=Hands(), ask=self.application.ask, soon=self.dirty.append),
            metrics=self.metrics,
        )

    # -- what people do ------------------------------------------------------------------------------------------------

    def deploy(self, name: str = "web", *, value: str = "true", **labels: str) -> Json:
        env = [{"name": "IDEOGRAM_ENABLED", "value": value}]
        pods = {"containers": [{"name": "web", "image": "app:1", "env": env}]}
        return self.api.make(
            "deployments", name, metadata={"labels": labels}, spec={"replicas": 1, "template": {"spec": pods}}
        )

    def apply(self, **spec: Any) -> None:
        """The integration is created, or its spec edited."""
        self.spec |= spec
        if self.api.there(PLURAL, KEY.name) is None:
            head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND}
            self.api.make(PLURAL, KEY.name, spec=self.spec, **head)
        else:
            self.api.edit(PLURAL, KEY.name, lambda raw: raw.update(spec=copy.deepcopy(self.spec)))

    def annotate(self, **annotations: str) -> None:
        given = {f"{GROUP}/{name}": value for name, value in annotations.items()}
        self.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].setdefault("annotations", {}).update(given))

    def hold_by(self, integration: str, name: str = "web") -> None:
        """Another integration has the target in fallback."""
        overrides = {"values": {"IDEOGRAM_ENABLED": "false"}, "containers": None}
        claim = {
            "integration": integration,
            "uid": "another",
            "flip": 1,
            "since": NOON.isoformat(),
            "trigger": "override",
        }
        claim |= {"message": "", "overrides": overrides}
        env = [{"name": "IDEOGRAM_ENABLED", "value": "true"}]
        baseline = [{"container": "web", "name": "IDEOGRAM_ENABLED", "value": "false", "was": env}]
        ledger = json.dumps({"version": 1, "claims": [claim], "baseline": baseline, "env_absent": []})

        def change(raw: Json) -> None:
            raw["metadata"].setdefault("annotations", {})[FALLBACK_ANNOTATION] = ledger
            raw["spec"]["template"]["spec"]["containers"][0]["env"] = [FALLBACK_VALUE]

        self.api.edit("deployments", name, change)

    def join(self, integration: str, name: str = "web") -> None:
        """Another integration asks for the fallback in which the target is."""

        def change(raw: Json) -> None:
            ledger = json.loads(raw["metadata"]["annotations"][FALLBACK_ANNOTATION])
            ledger["claims"].append(ledger["claims"][0] | {"integration": integration, "uid": "another"})
            raw["metadata"]["annotations"][FALLBACK_ANNOTATION] = json.dumps(ledger)

        self.api.edit("deployments", name, change)

    # -- what happens --------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """The watch tells what is there now."""
        found = self.api.there(PLURAL, KEY.name)
        if found is None:
            self.store.lost(KEY)
        else:
            self.store.saw(found)

    async def reconcile(self) -> float:
        """Until nothing is due at once any more, as the agenda does it."""
        for _ in range(5):
            self.hear()
            pause = await self.operator.reconcile(KEY)
            # Applications are asked beside the reconciles.
            await asyncio.sleep(0)
            if pause > AT_ONCE:
                break
        return pause

    async def see(self, words: str, *, every: float = 2.0) -> float:
        """Each word of evidence, told and reconciled; returns the last pause."""
        pause = 0.0
        for word in words.split():
            self.clock.seconds += every
            self.pool.told.append(fact(word, self.clock.now()))
            pause = await self.reconcile()
        return pause

    async def keep(self, word: str, *, seconds: float, every: float = 10.0) -> float:
        """The same evidence for so long."""
        return await self.see(" ".join([word] * round(seconds / every)), every=every)

    async def settle(self, *, rounds: int = 5) -> None:
        """So many reconciles without anything new."""
        for _ in range(rounds):
            self.clock.seconds += 1
            await self.reconcile()

    # -- what a person finds -------------------------------------------------------------------------------------------

    @property
    def record(self) -> Record:
        found = self.operator.records.get(KEY)
        assert found is not None
        return found

    @property
    def status(self) -> IntegrationStatus:
        found = self.api.there(PLURAL, KEY.name)
        return IntegrationStatus.parse(found.get("status") if found else None)

    @property
    def state(self) -> State:
        return self.record.memory.state

    @property
    def phase(self) -> DrillPhase | None:
        found = self.status.drill
        return found.phase if found is not None else None

    def condition(self, name: str) -> tuple[str, str, str]:
        found = next(one for one in self.status.conditions if one.type == name)
        return found.status.value, found.reason.value, found.message

    def switch(self, name: str = "web") -> str:
        """What the application is told."""
        found = self.api.there("deployments", name)
        assert found is not None
        env = found["spec"]["template"]["spec"]["containers"][0]["env"]
        value: str = next(entry["value"] for entry in env if entry["name"] == "IDEOGRAM_ENABLED")
        return value

    def claims(self, name: str = "web") -> list[tuple[str, int]]:
        """Who holds the target, with which flip."""
        found = self.api.there("deployments", name)
        ledger: Ledger | None = read_ledger(TargetKind.DEPLOYMENT, found or {})
        return [(claim.integration, claim.flip) for claim in ledger.claims] if ledger else []

    def switched(self, name: str = "web") -> int:
        """How often the target's pods were restarted."""
        return sum(
            1
            for what, operations in self.api.patches
            if what == f"deployments/{name}" and any("/template/" in one["path"] for one in operations)
        )

    @property
    def written(self) -> list[Json]:
        """Every status that was written, oldest first."""
        return [
            operations[-1]["value"]
            for what, operations in self.api.patches
            if what == f"{PLURAL}/{KEY.name}" and operations[-1]["path"] == "/status"
        ]


async def live(life: Life | None = None, *, then: Callable[[Life], None] = lambda _: None) -> Life:
    """An integration whose API works, in sync."""
    found = life or Life()
    if found.api.there("deployments", "web") is None:
        found.deploy()
    then(found)
    found.apply()
    await found.see("ok ok")
    return found


async def fallen(life: Life | None = None) -> Life:
    """The same after an outage was confirmed."""
    found = await live(life)
    await found.see("503 503 503")
    assert found.state is State.FALLBACK
    return found


USD = Decimal("0.05")
