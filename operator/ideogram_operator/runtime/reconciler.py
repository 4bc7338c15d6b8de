"""One reconcile: gather, decide, act, report. Everything else in the runtime serves these four lines.

The order of writes is what makes a crash harmless. Into fallback: the finalizer (long before, on entering Suspect), the
targets, then status, because seconds count and a claim on a target tells what status does not know yet. Back: status
first, then the targets, so that a claim whose flip status knows as over is given back and not taken for a new one.
"""

import asyncio
import math
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from ideogram_operator.cluster.events import Events
from ideogram_operator.cluster.watches import Change
from ideogram_operator.decisions.adopt import adopt
from ideogram_operator.decisions.decide import Decision, decide
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import Flip, IntegrationStatus
from ideogram_operator.resource.words import (
    PROBE_ANNOTATION,
    RESTORE_FINALIZER,
    Mode,
    State,
    TargetKind,
    TargetMode,
)
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.chronicle import Step, extended, followed
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.gather import Gathered, Gatherer, key_age
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.permits import Permits
from ideogram_operator.runtime.recall import recall
from ideogram_operator.runtime.record import Known, Record, Ref
from ideogram_operator.runtime.releasing import Releaser
from ideogram_operator.runtime.report import status_of
from ideogram_operator.runtime.roster import Roster, given_back, orders
from ideogram_operator.runtime.standings import probe_status, standing_of
from ideogram_operator.runtime.store import Raw, Store
from ideogram_operator.runtime.switchboard import Found, Order, Switchboard
from ideogram_operator.runtime.tidings import notes, target_notes
from ideogram_operator.runtime.writer import Writer

log = structlog.get_logger(__name__)

NOTHING = Policy(triggers=())
ROLLING_PAUSE = 1.0
WAITING_PAUSE = 0.5
TROUBLED_PAUSE = 5.0
UNSETTLED_PAUSE = 30.0
FIRST_WORD = 30.0
"""Seconds that the first probe after a restart has to say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings integrations to where they should be, one call at a time for each.

    Attributes:
        resync: seconds after which targets are looked at though nothing was heard.
        read_only: whether the operator may touch nothing but status.
    """

    store: Store
    clock: Clock
    gatherer: Gatherer
    roster: Roster
    permits: Permits
    switchboard: Switchboard
    writer: Writer
    releaser: Releaser
    events: Events
    metrics: Metrics
    resync: float
    read_only: bool = False
    records: dict[Key, Record] = field(default_factory=dict)

    async def reconcile(self, key: Key) -> float:
        """Returns the seconds after which the integration is due again; infinity for one that is gone."""
        began = self.clock.monotonic()
        result = "error"
        try:
            pause = await self._reconcile(key)
            result = "done"
        finally:
            self.metrics.reconciles.labels(result=result).inc()
            self.metrics.reconcile_seconds.observe(self.clock.monotonic() - began)
        return pause

    async def _reconcile(self, key: Key) -> float:
        raw = self.store.get(key)
        if raw is None:
            self._forget(key)
            return math.inf
        record = self._record(key, raw)
        if raw["metadata"].get("deletionTimestamp"):
            return await self._release(record)
        self.gatherer.parse(record, raw)
        roster_problems = await self._survey(record)
        gathered = await self.gatherer.gather(record, raw, _settled(record))
        before = record.memory
        decision = decide(gathered.policy or NOTHING, before, gathered.observed, self.clock.now())
        step = Step(before=before, after=decision.memory, now=self.clock.now())
        record.decision, record.memory = decision, decision.memory
        record.history = extended(record.history, step)
        self.gatherer.hurry(record, gathered)
        self._obey_probe(record, raw)
        pending = await self._act(record, gathered, raw, step)
        problems = (*gathered.problems, *roster_problems)
        if not self._only_restarted(record, step, problems):
            await self._report(record, gathered, raw, problems=problems, step=step)
        return self._pause(record, decision, pending=pending)

    def _only_restarted(self, record: Record, step: Step, problems: tuple[Problem, ...]) -> bool:
        """Whether nothing is known yet but what status already says: a restart of ours is no news of the API."""
        nothing_new = step.before == step.after and record.generation == record.status.observed_generation
        seen = record.decision is not None and record.decision.seen
        patient = self.clock.monotonic() - record.began < FIRST_WORD
        return nothing_new and not seen and not problems and patient and record.written_at is None

    # -- gather --------------------------------------------------------------------------------------------------------

    def _record(self, key: Key, raw: Raw) -> Record:
        record = self.records.get(key)
        uid = raw["metadata"]["uid"]
        if record is None or record.uid != uid:
            self._forget(key)
            status = IntegrationStatus.parse(raw.get("status"))
            memory = recall(status, self.clock.now())
            record = Record(key=key, uid=uid, memory=memory, status=status, began=self.clock.monotonic())
            record.history = status.history
            record.first_generate = status.probe.next_generate_time if status.probe else None
            record.probe_token = (raw["metadata"].get("annotations") or {}).get(PROBE_ANNOTATION)
            self.records[key] = record
        record.finalizer = RESTORE_FINALIZER in (raw["metadata"].get("finalizers") or ())
        return record

    async def _survey(self, record: Record) -> tuple[Problem, ...]:
        """Looks at all targets when that is due; returns what kept some from being found."""
        now = self.clock.monotonic()
        if record.looked_at is not None and now - record.looked_at < self._look_again(record):
            return record.survey_problems
        problems = await self.roster.call(record) + await self._unpermitted(record)
        found = await asyncio.gather(
            *(self.switchboard.look(given_back(record), known) for known in record.targets.values())
        )
        if not record.surveyed:
            self._adopt(record, [claim for claim in found if claim is not None])
        unread = any(known.mode is None for known in record.targets.values())
        record.looked_at = None if unread else now
        record.survey_problems = problems
        return problems

    async def _unpermitted(self, record: Record) -> tuple[Problem, ...]:
        if self._why_not_touching(record) is not None or record.spec is None:
            return ()
        return await self.permits.missing(record.key.namespace, (target.kind for target in record.spec.targets))

    def _look_again(self, record: Record) -> float:
        if record.survey_problems or any(known.problem is not None for known in record.targets.values()):
            return TROUBLED_PAUSE
        unsettled = record.memory.falling_back or any(not known.ready for known in record.targets.values())
        return UNSETTLED_PAUSE if unsettled else self.resync

    def _adopt(self, record: Record, claims: list[Found]) -> None:
        """After a restart: a claim that is newer than status tells of a flip that was not written down any more."""
        newest = max(claims, key=lambda claim: claim.flip, default=None)
        if newest is None or record.spec is None:
            return
        policy, now = self.gatherer.policy(record.spec), self.clock.now()
        since = newest.since or now
        adopted = adopt(
            policy,
            record.memory,
            flip=newest.flip,
            since=since,
            cause=newest.trigger,
            throttled=newest.mode is TargetMode.THROTTLED,
            now=now,
        )
        if adopted is not record.memory:
            log.info("flip found on targets", integration=str(record.key), flip=newest.flip, cause=newest.trigger)
            flip = Flip(from_=record.memory.state, to=adopted.state, at=since, trigger=newest.trigger, patched=since)
            record.memory, record.history = adopted, (*record.history, flip)

    # -- act -----------------------------------------------------------------------------------------------------------

    async def _act(self, record: Record, gathered: Gathered, raw: Raw, step: Step) -> bool:
        """Does what the decision asks for; returns whether something is left to do soon."""
        decision = record.decision
        if decision is None or self._why_not_touching(record) is not None or gathered.policy is None:
            return False
        if not record.surveyed:
            return True
        if decision.memory.state is not State.LIVE or decision.wanted is not TargetMode.LIVE:
            await self._protect(record)
        if step.flipped and decision.wanted is TargetMode.LIVE:
            # Back: status first. If it cannot be written, nothing is given back yet.
            await self._report(record, gathered, raw, problems=gathered.problems, step=step, why="return")
        due = [(known, order) for known, order in orders(record, decision) if _needs_telling(known, order)]
        done = await asyncio.gather(*(self.switchboard.tell(order, known) for known, order in due))
        for known, _ in due:
            if known.wish is None and known.mode is TargetMode.LIVE:
                record.targets.pop(known.ref, None)
        record.history = followed(record.history, list(record.targets.values()), decision.wanted)
        return not all(done)

    async def _protect(self, record: Record) -> None:
        if not record.finalizer:
            await self.writer.finalizer(record, wanted=True)

    def _why_not_touching(self, record: Record) -> Reason | None:
        if self.read_only:
            return Reason.READ_ONLY
        observing = record.spec is not None and record.spec.mode is Mode.OBSERVE
        return Reason.OBSERVE_MODE if observing else None

    def _obey_probe(self, record: Record, raw: Raw) -> None:
        token = (raw["metadata"].get("annotations") or {}).get(PROBE_ANNOTATION)
        if token is not None and token != record.probe_token:
            self.gatherer.pool.probe_now(record.key)
        record.probe_token = token

    # -- report --------------------------------------------------------------------------------------------------------

    async def _report(
        self,
        record: Record,
        gathered: Gathered,
        raw: Raw,
        *,
        problems: tuple[Problem, ...],
        step: Step,
        why: str = "",
    ) -> None:
        decision = record.decision
        if decision is None:
            return
        stats = self.gatherer.pool.stats(record.key)
        standing = standing_of(
            record,
            decision,
            policy=gathered.policy or NOTHING,
            now=self.clock.now(),
            problems=problems,
            why_not_touching=self._why_not_touching(record),
            stats=stats,
            evidence=gathered.observed.evidence,
        )
        told = {f"{one.kind}/{one.name}": one.reason for one in record.status.targets}
        status = status_of(
            standing,
            before=record.status,
            generation=record.generation,
            probe=probe_status(stats, record.status.probe, self.clock.now(), decision.assessment.message),
            history=record.history,
        )
        await self.writer.status(record, status, why=why)
        if why:
            return
        for note in (*notes(raw, step.before, standing), *target_notes(raw, told, standing)):
            self.events.tell(note)
        if self._may_let_go(record, decision):
            await self.writer.finalizer(record, wanted=False)

    def _may_let_go(self, record: Record, decision: Decision) -> bool:
        idle = decision.memory.state is State.LIVE and decision.wanted is TargetMode.LIVE
        return record.finalizer and idle and record.surveyed and not record.held() and not self.read_only

    def _pause(self, record: Record, decision: Decision, *, pending: bool) -> float:
        # Nothing is heard of a Secret that changes, nor of a key that is left alone: both need a look by the clock.
        pauses = [decision.next_in.total_seconds(), self.resync, key_age(record)]
        if pending:
            pauses.append(WAITING_PAUSE)
        if any(known.following for known in record.targets.values()):
            pauses.append(ROLLING_PAUSE)
        if (
            not record.surveyed
            or record.survey_problems
            or any(known.problem is not None for known in record.targets.values())
        ):
            pauses.append(TROUBLED_PAUSE)
        if not decision.seen:
            pauses.append(FIRST_WORD)
        return max(0.05, min(pauses))

    # -- the end -------------------------------------------------------------------------------------------------------

    async def _release(self, record: Record) -> float:
        self.gatherer.pool.unsubscribe(record.key)
        if not record.finalizer or self.read_only:
            return self.resync
        return await self.releaser.release(record)

    def _forget(self, key: Key) -> None:
        self.gatherer.pool.unsubscribe(key)
        record = self.records.pop(key, None)
        if record is not None and record.spec is not None:
            self.gatherer.keys.forget(self.gatherer.place(record))

    # -- what others ask -----------------------------------------------------------------------------------------------

    def holders(self, change: Change) -> list[Key]:
        """Returns the integrations that hold or follow the target that changed; it is read again for each."""
        ref, found = Ref(change.kind, change.name), []
        for key, record in self.records.items():
            known = record.targets.get(ref) if key.namespace == change.namespace else None
            if known is not None and (known.mode is not TargetMode.LIVE or known.following):
                known.stale = True
                found.append(key)
        return found

    def held_places(self) -> frozenset[tuple[str, TargetKind]]:
        """Returns the namespaces and kinds in which something is held or followed."""
        return frozenset(
            (key.namespace, known.ref.kind)
            for key, record in self.records.items()
            for known in record.targets.values()
            if known.following or known.mode not in {None, TargetMode.LIVE}
        )

    async def refresh_key(self, key: Key) -> None:
        """Reads an integration's Secret again, before a refused key is confirmed."""
        record = self.records.get(key)
        if record is not None:
            await self.gatherer.refresh_key(record)

    async def before_spend(self, key: Key, amount: Decimal) -> None:
        """Has what is about to be spent written into status first.

        Raises:
            ClusterError: it was not written, and so nothing is to be spent.
        """
        record = self.records.get(key)
        if record is None or record.decision is None:
            raise LookupError(f"{key} is not at work yet")
        stats = self.gatherer.pool.stats(key)
        probe = probe_status(stats, record.status.probe, self.clock.now(), "a paid check is on its way")
        status = record.status.model_copy(update={"probe": probe, "last_update": self.clock.now()})
        log.info("paid check", integration=str(key), usd=str(amount))
        await self.writer.status(record, status, why="spend")


def _needs_telling(known: Known, order: Order) -> bool:
    if known.following or known.mode is not order.wanted:
        return True
    return order.claim is not None and (known.stale or known.told != order.version or known.problem is not None)


def _settled(record: Record) -> int:
    """How many of the targets already given back are ready again."""
    given_back = list(record.targets.values())[: record.memory.restored]
    return sum(1 for known in given_back if known.mode is TargetMode.LIVE and known.ready)
