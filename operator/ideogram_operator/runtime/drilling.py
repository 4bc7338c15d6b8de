"""Conducting drills: what the decision about them needs to see, and whose turn it is.

One drill at a time in the whole operator: a thousand integrations that rehearse together would be the outage that
rehearsing is to prevent. Whoever was asked by a person comes before those whose interval is over.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from ideogram_operator.cluster import targets
from ideogram_operator.cluster.claims import Unreadable, read_ledger
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.drill import conduct, unseen
from ideogram_operator.decisions.drill_facts import DrillPlan, DrillTarget, DrillView
from ideogram_operator.decisions.drill_times import due, ends_at, next_in, requested
from ideogram_operator.decisions.from_spec import drill_plan_of
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.readiness import DrillSpec
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import token_of
from ideogram_operator.resource.words import DRILL_ANNOTATION, TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.record import Known, Record
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.store import Raw
from ideogram_operator.runtime.together import together
from ideogram_operator.runtime.verification import word_of
from ideogram_operator.runtime.word import Sight

log = structlog.get_logger(__name__)

Preview = Callable[[], Decision]
CLOSER = 0.2
"""Seconds until targets are looked at for a drill that may begin but for that."""
FOLLOWING = 1.0
"""Seconds between two looks while targets are on their way."""
NOT_TOUCHED: Mapping[Reason, str] = {Reason.OBSERVE_MODE: "mode: Observe", Reason.READ_ONLY: "--read-only"}


@dataclass(slots=True, kw_only=True)
class Drills:
    """Conducts the drills of all integrations, one at a time."""

    gateway: Gateway
    clock: Clock
    records: Records
    _running: Key | None = None
    _asked: dict[Key, None] = field(default_factory=dict)

    async def look(self, record: Record) -> None:
        """Reads the targets of a drill that is going on or about to begin; what cannot be read is not seen."""
        if record.drill.phase is None and not record.looks_closer:
            record.sights = {}
            return
        listed = [known for known in record.targets.values() if known.wish is not None]
        seen = await together(self._see(record, known) for known in listed)
        record.sights = {known.ref: sight for known, sight in zip(listed, seen, strict=True) if sight is not None}

    def conduct(self, record: Record, raw: Raw, preview: Preview, hindrance: Reason | None) -> None:
        """Takes the drill a step further, if there is one to take.

        Args:
            record: the integration; its targets were looked at.
            raw: as stored in the cluster.
            preview: returns how things would be if the drill went on asking for what it asked for last.
            hindrance: why targets may not be touched; None if they may.
        """
        plan, now, request = plan_of(record, raw), self.clock.now(), request_of(raw)
        if not due(plan, record.drill, request, now):
            record.looks_closer = False
            self._asked.pop(record.key, None)
            return
        view = self._view(record, preview(), request, hindrance)
        record.looks_closer = unseen(plan, record.drill, view, now)
        before, record.drill = record.drill, conduct(plan, record.drill, view, now)
        self._note_turn(record, request)
        if record.drill.phase is not before.phase or record.drill.result is not before.result:
            log.info("drill", integration=str(record.key), phase=record.drill.phase, result=record.drill.result)

    def next_in(self, record: Record, raw: Raw) -> float:
        """Returns the seconds until there is something new to conduct though nothing is seen."""
        if record.looks_closer:
            return CLOSER
        wait = next_in(plan_of(record, raw), record.drill, self.clock.now())
        seconds = wait.total_seconds() if wait is not None else math.inf
        return min(seconds, FOLLOWING) if record.drill.phase in {DrillPhase.FALLING, DrillPhase.RETURNING} else seconds

    # -- whose turn it is ----------------------------------------------------------------------------------------------

    def turn(self, record: Record, request: str) -> bool:
        """Whether this integration may rehearse now: nobody else does, and nobody else was asked for it before."""
        running = self.records.get(self._running) if self._running is not None else None
        if running is not None and running.drill.phase is not None and running.releasing_since is None:
            return running is record
        self._running = None
        waiting = [key for key in self._asked if self._waits(key)]
        self._asked = dict.fromkeys(waiting)
        if not requested(record.drill, request):
            return not waiting
        return not waiting or waiting[0] == record.key

    def _waits(self, key: Key) -> bool:
        record = self.records.get(key)
        return record is not None and record.releasing_since is None

    def _note_turn(self, record: Record, request: str) -> None:
        if record.drill.phase is not None:
            # After a restart several may be on their way back; they need no turn for that.
            self._running = self._running or record.key
            self._asked.pop(record.key, None)
        elif requested(record.drill, request):
            self._asked.setdefault(record.key)
        else:
            self._asked.pop(record.key, None)

    # -- what it sees --------------------------------------------------------------------------------------------------

    def _view(self, record: Record, decision: Decision, request: str, hindrance: Reason | None) -> DrillView:
        memory, now = decision.memory, self.clock.now()
        return DrillView(
            request=request,
            hindrance=NOT_TOUCHED.get(hindrance, hindrance.value) if hindrance is not None else "",
            overridden=record.spec is not None and record.spec.overridden(now) is not None,
            missing=record.preflight_gate,
            state=memory.state,
            cause=memory.cause,
            health=decision.health,
            says=decision.assessment.message,
            alerts=tuple(alert.trigger.value for alert in memory.alerts),
            generation=record.generation,
            surveyed=record.surveyed,
            targets=tuple(_target(record, known) for known in record.targets.values() if known.wish is not None),
            closing=record.drill.closing,
            turn=self.turn(record, request),
        )

    async def _see(self, record: Record, known: Known) -> Sight | None:
        target = targets.Target(kind=known.ref.kind, namespace=record.key.namespace, name=known.ref.name)
        reading = await targets.read(self.gateway, target)
        if reading.live is None:
            return None
        try:
            ledger = read_ledger(known.ref.kind, reading.live)
        except Unreadable:
            return None
        claims = ledger.claims if ledger is not None else ()
        others = tuple(sorted(claim.integration for claim in claims if claim.integration != record.key.name))
        return Sight(others=others, shape=_shape(known.ref.kind, reading.live))


def plan_of(record: Record, raw: Raw) -> DrillPlan | None:
    """Returns what may be rehearsed, None while the spec is not one to act on."""
    if record.spec is None or record.spec_problem is not None:
        return None
    return drill_plan_of(record.spec, _created(raw))


def request_of(raw: Raw) -> str:
    """Returns the value of the annotation by which a person asks for a drill."""
    return token_of(raw["metadata"].get("annotations") or {}, DRILL_ANNOTATION)


def hold_ends(record: Record) -> datetime | None:
    """Returns until when the targets are held in fallback by a drill; None while they are not."""
    given = record.spec.drill if record.spec is not None else None
    return ends_at(record.drill, (given or DrillSpec()).duration)


def _created(raw: Raw) -> datetime:
    return datetime.fromisoformat(raw["metadata"]["creationTimestamp"])


def _target(record: Record, known: Known) -> DrillTarget:
    sight, word = record.sights.get(known.ref), word_of(record, known)
    return DrillTarget(
        name=str(known.ref),
        mode=known.mode,
        ready=known.ready,
        reason=known.problem.reason if known.problem is not None else None,
        trouble=known.problem.message if known.problem is not None else "",
        told_at=known.switched_at,
        put_back=max(known.put_back, default=None),
        verifies=known.wish is not None and known.wish.verify is not None,
        said=word.verified if word is not None else None,
        heard=word.message if word is not None else "",
        others=sight.others if sight is not None else (),
        shape=sight.shape if sight is not None else "",
    )


def _shape(kind: TargetKind, live: Mapping[str, Any]) -> str:
    told = live.get("data") if kind is TargetKind.CONFIG_MAP else live.get("spec")
    kept = {name: value for name, value in (told or {}).items() if name != "replicas" or kind is TargetKind.CONFIG_MAP}
    return hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=12).hexdigest()
