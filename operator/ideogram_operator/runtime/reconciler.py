"""One reconcile: gather, decide, act, report. Everything else in the runtime serves these four lines.

The order of writes is what makes a crash harmless. Into fallback: the finalizer (long before, on entering Suspect), the
targets, then status, because seconds count and a claim on a target tells what status does not know yet. Back: status
first, then the targets, so that a claim whose flip status knows as over is given back and not taken for a new one.
"""

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from ideogram_operator.decisions.decide import Decision, Observed, decide
from ideogram_operator.decisions.drill_times import asks
from ideogram_operator.decisions.memory import DRILL, PREFLIGHT, WISHES
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.observations import PreflightStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import PROBE_ANNOTATION, State, TargetMode
from ideogram_operator.runtime.acting import ROLLING_PAUSE, ROLLING_PAUSE_IN_A_CROWD, Actor, why_not_touching
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.chronicle import Step, extended
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.drilling import Drills
from ideogram_operator.runtime.gather import Gathered, Gatherer
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.patience import MENDING
from ideogram_operator.runtime.preflight.outcome import closed_by
from ideogram_operator.runtime.recall import drill_of, recall, recall_drill
from ideogram_operator.runtime.record import Head, Record, Ref, not_newer
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.releasing import Releaser
from ideogram_operator.runtime.reporting import NOTHING, Report, Reporter, problems_of
from ideogram_operator.runtime.roster import in_turn
from ideogram_operator.runtime.store import Raw, Store
from ideogram_operator.runtime.survey import Surveyor
from ideogram_operator.runtime.tidings import checked
from ideogram_operator.runtime.verification import Verifier

AT_ONCE = 0.05
GAVE_WAY = 1.0
AFTER_THE_STORM = 5.0
"""Seconds for which a preflight is put off while others wait to have their targets told."""
FIRST_WORD = 30.0
"""Seconds that the first probe after a restart has to say something."""


class Crowd(Protocol):
    """Those that wait for a worker."""

    @property
    def crowded(self) -> bool:
        """Whether somebody waits."""

    def give_way(self, key: Key) -> bool:
        """Whether to leave what is left of a reconcile to another round after the others', which it then gets."""


class Preflighting(Protocol):
    """Carries out preflights beside the reconciles."""

    def consider(self, record: Record, raw: Raw, *, why_not: Reason | None) -> float:
        """Begins one if it is due; returns the seconds until one may be."""

    def forget(self, key: Key) -> None:
        """The integration is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings integrations to where they should be, one call at a time for each.

    Attributes:
        resync: seconds after which targets are looked at though nothing was heard.
        crowd: who waits; what protects applications goes before what tells of it. None: nobody ever does.
        read_only: whether the operator may switch nothing.
    """

    store: Store
    clock: Clock
    records: Records
    gatherer: Gatherer
    surveyor: Surveyor
    actor: Actor
    reporter: Reporter
    releaser: Releaser
    preflights: Preflighting
    drills: Drills
    verifier: Verifier
    metrics: Metrics
    resync: float
    crowd: Crowd | None = None
    read_only: bool = False

    async def reconcile(self, key: Key) -> float:
        """Returns the seconds after which the integration is due again; infinity for one that is gone."""
        began = self.clock.monotonic()
        result = "error"
        try:
            pause = await self._reconcile(key)
            result = "done"
        finally:
            record = self.records.get(key)
            if record is not None:
                self.records.note(record)
            self.metrics.reconciles.labels(result=result).inc()
            self.metrics.reconcile_seconds.observe(self.clock.monotonic() - began)
        return pause

    async def refresh_key(self, key: Key) -> None:
        """Reads an integration's Secret again, before a refused key is confirmed."""
        record = self.records.get(key)
        if record is not None:
            await self.gatherer.refresh_key(record)

    async def _reconcile(self, key: Key) -> float:
        raw = self.store.get(key)
        if raw is None:
            return await self._bury(key)
        record = self._record(key, raw)
        self.gatherer.parse(record, raw)
        if raw["metadata"].get("deletionTimestamp"):
            return await self._release(record)
        hindrance = why_not_touching(record, read_only=self.read_only)
        if record.looked_at is None:
            await self.surveyor.look(record, touching=hindrance is None)
        gathered = await self.gatherer.gather(record, raw, _settled(record, touching=hindrance is None))
        due = self._preflight(record, raw, hindrance)
        record.preflight_gate = _gate(record)
        await self.drills.look(record)
        decision, step = self._decide(record, raw, gathered, hindrance)
        self.gatherer.hurry(record, gathered)
        self._obey_probe(record, raw)
        report = Report(raw=raw, gathered=gathered, decision=decision, step=step, why_not_touching=hindrance)
        gives_way = self._gives_way(record, decision)
        left = await self._act(record, report, protecting=not gives_way)
        if hindrance is None:
            self.verifier.follow(record)
        if gives_way or (self._may_let_go(record, decision) and self._yields(record)):
            # The rest comes by itself, with all that is overdue: what waits for it must not bring us back before.
            return max(GAVE_WAY, self._pause(record, decision, min(left, due, self.drills.next_in(record, raw))))
        if not self._only_restarted(record, report):
            await self.reporter.report(record, report)
            if self._may_let_go(record, decision):
                await self.actor.writer.finalizer(record, wanted=False)
        if record.surveyed and self.surveyor.due(record):
            # Last, so that no flip waits for it; what it finds is for the next round.
            await self.surveyor.look(record, touching=hindrance is None)
            return AT_ONCE
        return self._pause(record, decision, min(left, due, self.drills.next_in(record, raw)))

    def _record(self, key: Key, raw: Raw) -> Record:
        record = self.records.get(key)
        uid = raw["metadata"]["uid"]
        if record is None or record.uid != uid:
            self._forget(key)
            status = IntegrationStatus.parse(self.store.take_status(key))
            memory = recall(status, self.clock.now())
            record = Record(key=key, uid=uid, memory=memory, told=memory, status=status, began=self.clock.monotonic())
            record.told_problems = {str(Ref(one.kind, one.name)): one.reason for one in status.targets if one.reason}
            record.told_words = {
                str(Ref(one.kind, one.name)): one.mode
                for one in status.targets
                if one.mode is not None and one.reason is Reason.FALLBACK_UNVERIFIED
            }
            record.drill = record.told_drill = recall_drill(status.drill, self.clock.now())
            record.history = status.history
            record.preflight = status.preflight or PreflightStatus()
            record.told_checked = checked(status)
            record.first_generate = status.probe.next_generate_time if status.probe else None
            record.probe_token = (raw["metadata"].get("annotations") or {}).get(PROBE_ANNOTATION)
            self.records.add(record)
        heard = Head.of(raw["metadata"])
        if not not_newer(heard.version, record.head.version):
            # The watch may be behind what we have written ourselves.
            record.head = heard
        return record

    def _decide(self, record: Record, raw: Raw, gathered: Gathered, hindrance: Reason | None) -> tuple[Decision, Step]:
        policy, before, now = gathered.policy or NOTHING, record.memory, self.clock.now()

        def decided() -> Decision:
            return decide(policy, before, _asking(record, gathered), now)

        self.drills.conduct(record, raw, decided, hindrance)
        decision = decided()
        step = Step(before=before, after=decision.memory, now=now)
        record.decision, record.memory = decision, decision.memory
        record.history = extended(record.history, step)
        return decision, step

    def _preflight(self, record: Record, raw: Raw, hindrance: Reason | None) -> float:
        in_storm = record.memory.state is not State.LIVE and self._crowded
        return AFTER_THE_STORM if in_storm else self.preflights.consider(record, raw, why_not=hindrance)

    def _gives_way(self, record: Record, decision: Decision) -> bool:
        """Whether what there is to tell of waits until others have been told what to do: a status that is behind."""
        breaker, memory = record.status.breaker, decision.memory
        behind = record.status.state is not memory.state or (breaker is not None and breaker.flips != memory.flips)
        return behind and record.surveyed and self._yields(record)

    @property
    def _crowded(self) -> bool:
        return self.crowd is not None and self.crowd.crowded

    def _yields(self, record: Record) -> bool:
        return self.crowd is not None and self.crowd.give_way(record.key)

    async def _act(self, record: Record, report: Report, *, protecting: bool) -> float:
        if report.why_not_touching is not None or report.gathered.policy is None or not record.surveyed:
            return math.inf
        written = record.status.drill.phase if record.status.drill is not None else None
        if record.drill.phase is DrillPhase.FALLING and written is not DrillPhase.FALLING:
            # Whatever happens from here on, whoever comes after us finds the drill in status and ends it.
            await self.reporter.report(record, report, why="drill")
        self.records.note(record, telling=True)
        write = partial(self.reporter.report, record, report, why="return")
        return await self.actor.act(record, report.decision, write, protecting=protecting, crowded=self._crowded)

    def _obey_probe(self, record: Record, raw: Raw) -> None:
        token = (raw["metadata"].get("annotations") or {}).get(PROBE_ANNOTATION)
        if token is not None and token != record.probe_token:
            self.gatherer.pool.probe_now(record.key)
        record.probe_token = token

    def _only_restarted(self, record: Record, report: Report) -> bool:
        """Whether nothing is known yet but what status already says: a restart of ours is no news of the API."""
        if record.written_at is not None:
            return False
        step = report.step
        # Flips of more than an hour ago are forgotten silently.
        same = replace(step.before, recent_flips=step.after.recent_flips) == step.after
        nothing_new = same and record.told == step.before and record.generation == record.status.observed_generation
        patient = self.clock.monotonic() - record.began < FIRST_WORD
        quiet = not report.decision.seen and not problems_of(record, report.gathered)
        same_checks = record.preflight == (record.status.preflight or PreflightStatus())
        same_checks = same_checks and drill_of(record.drill) == record.status.drill
        return nothing_new and quiet and patient and same_checks

    def _may_let_go(self, record: Record, decision: Decision) -> bool:
        idle = decision.memory.state is State.LIVE and decision.wanted is TargetMode.LIVE
        return record.finalizer and idle and record.surveyed and not record.held() and not self.read_only

    def _pause(self, record: Record, decision: Decision, left: float) -> float:
        # Nothing is heard of a Secret that changes, nor of a key that is left alone: both need a look by the clock.
        now = self.clock.monotonic()
        pauses = [left, decision.next_in.total_seconds(), self.gatherer.key_age(record)]
        if any(known.rolling for known in record.targets.values()):
            pauses.append(ROLLING_PAUSE_IN_A_CROWD if self._crowded else ROLLING_PAUSE)
        if record.looked_at is None:
            pauses.append(MENDING)
        else:
            pauses.append(record.looked_at + self.surveyor.look_again(record) - now)
        if not decision.seen:
            pauses.append(FIRST_WORD)
        return max(AT_ONCE, min(pauses))

    async def _release(self, record: Record) -> float:
        self.gatherer.pool.unsubscribe(record.key)
        self.preflights.forget(record.key)
        self.verifier.forget(record.key)
        if self.read_only or not (record.finalizer or record.held()):
            return self.resync
        return await self.releaser.release(record)

    async def _bury(self, key: Key) -> float:
        record = self.records.get(key)
        if record is not None and record.held() and not self.read_only and not await self.releaser.bury(record):
            self.gatherer.pool.unsubscribe(key)
            return MENDING
        self._forget(key)
        return math.inf

    def _forget(self, key: Key) -> None:
        self.gatherer.pool.unsubscribe(key)
        self.preflights.forget(key)
        self.verifier.forget(key)
        record = self.records.pop(key)
        if record is not None:
            self.actor.switchboard.abandon(key.namespace, record.targets.values())
        if record is not None and record.spec is not None:
            self.gatherer.keys.forget(self.gatherer.place(record))


def _asking(record: Record, gathered: Gathered) -> Observed:
    """What was observed, with what the operator itself asks a fallback for."""
    asked = DRILL if asks(record.drill) else None
    if record.preflight_gate is not None:
        asked = PREFLIGHT
    if gathered.policy is None:
        # Nothing moves until the spec is one to act on: what it asked for before, it asks for still.
        memory = record.memory
        asked = memory.cause if memory.falling_back and memory.cause in WISHES else None
    return replace(gathered.observed, asked=asked)


def _gate(record: Record) -> tuple[str, ...] | None:
    """The required checks for which the preflight's gate waits; None if it is open, or there is none."""
    if record.spec is None:
        return None
    held = record.memory.falling_back and record.memory.cause == PREFLIGHT
    return closed_by(record.spec, record.preflight, held=held, generation=record.generation)


def _settled(record: Record, *, touching: bool) -> int:
    """How many of the targets already given back are ready again; all of them where none is touched.

    One whose pods do not follow was given back all the same: waiting for it would keep the others in fallback.
    """
    restored = record.memory.restored
    if not touching:
        return restored
    return sum(
        1 for known in in_turn(record)[:restored] if known.mode is TargetMode.LIVE and (known.ready or known.lagging)
    )
