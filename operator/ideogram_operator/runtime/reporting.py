"""Telling how an integration stands: status, Events, and what is about to be spent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import structlog

from ideogram_operator.cluster.events import Events
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.memory import missing
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.standing import Problem, Standing
from ideogram_operator.decisions.wording import advice
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.services import Notify
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.chronicle import Step
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.gather import Gathered
from ideogram_operator.runtime.notifying import Tiding, tiding_of
from ideogram_operator.runtime.probing.pool import ProbePool
from ideogram_operator.runtime.recall import drill_of
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.report import status_of
from ideogram_operator.runtime.sameness import LOOK_ANYWAY, Sight, sight_of
from ideogram_operator.runtime.standings import probe_status, standing_of
from ideogram_operator.runtime.tidings import (
    checked,
    drill_notes,
    notes,
    preflight_notes,
    target_notes,
    unverified,
    word_notes,
)
from ideogram_operator.runtime.writer import Writer

log = structlog.get_logger(__name__)

NOTHING = Policy(triggers=(), hold=timedelta(weeks=1), max_hold=timedelta(weeks=1))
"""While the spec is not one to act on: nothing fires, and no hold that began before becomes shorter by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one reconcile has to tell.

    Attributes:
        raw: the integration as stored in the cluster.
        step: from which memory to which.
        why_not_touching: why targets are not told, None if they are.
    """

    raw: Mapping[str, Any]
    gathered: Gathered
    decision: Decision
    step: Step
    why_not_touching: Reason | None


class Telling(Protocol):
    """Tells people."""

    def tell(self, receivers: Iterable[Notify], tiding: Tiding) -> None:
        """Has every receiver told that hears of this severity, in its own time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Writes status, tells Events, and has people told."""

    clock: Clock
    pool: ProbePool
    writer: Writer
    events: Events
    notifier: Telling
    records: Records

    async def report(self, record: Record, report: Report, *, why: str = "") -> None:
        """Writes status if that is worth it, and tells what is new; with ``why``, only writes, in any case.

        Raises:
            ClusterError: it was not written.
        """
        stats = self.pool.stats(record.key)
        standing = standing_of(
            record,
            report.decision,
            policy=report.gathered.policy or NOTHING,
            now=self.clock.now(),
            problems=problems_of(record, report.gathered),
            why_not_touching=report.why_not_touching,
            stats=stats,
            evidence=report.gathered.observed.evidence,
        )
        sight = sight_of(standing, stats, record)
        if not why and self._said_lately(record, sight):
            return
        status = status_of(
            standing,
            before=record.status,
            generation=record.generation,
            probe=probe_status(stats, record.status.probe, self.clock.now(), report.decision.assessment.message),
            history=record.history,
            preflight=record.preflight if record.preflight.last_time is not None else None,
            drill=drill_of(record.drill),
        )
        await self.writer.status(record, status, why=why)
        if why:
            return
        # Compared with what was told last, so that a status that could not be written loses and repeats nothing.
        for note in (
            *notes(report.raw, record.told, standing),
            *target_notes(report.raw, record.told_problems, standing),
            *preflight_notes(report.raw, record.told_checked, status),
            *drill_notes(report.raw, record.told_drill, record.drill),
            *word_notes(report.raw, record.told_words, standing),
        ):
            self.events.tell(note)
        for tiding in self._tidings(record, standing):
            self.notifier.tell(record.spec.notify if record.spec else (), tiding)
        record.told, record.told_drill = report.decision.memory, record.drill
        record.told_checked = checked(status)
        record.told_words = unverified(record.told_words, standing)
        record.told_problems = {one.name: one.problem.reason for one in standing.targets if one.problem is not None}

        record.reported, record.reported_at = sight, self.clock.monotonic()

    def _said_lately(self, record: Record, sight: Sight | None) -> bool:
        """Whether all is well and was told so, a moment ago and in the same way."""
        lately = self.clock.monotonic() - record.reported_at < LOOK_ANYWAY
        return lately and sight is not None and sight == record.reported

    @staticmethod
    def _tidings(record: Record, standing: Standing) -> Iterator[Tiding]:
        now, told = standing.decision.alerts, record.told.alerts
        for alert in missing(now, told):
            yield tiding_of(record.key, alert, fired=True, hint=advice(standing, alert))
        for alert in missing(told, now):
            yield tiding_of(record.key, alert, fired=False)

    async def before_spend(self, key: Key, amount: Decimal) -> None:
        """Has what is about to be spent written into status first.

        Raises:
            ClusterError: it was not written, and so nothing is to be spent.
            LookupError: the integration is not at work.
        """
        record = self.records.get(key)
        if record is None or not record.status.conditions:
            raise LookupError(f"{key} is not at work yet")
        log.info("paid check", integration=str(key), usd=str(amount))
        await self.writer.amend(record, self._spending, why="spend")

    def _spending(self, record: Record) -> IntegrationStatus:
        now = self.clock.now()
        probe = probe_status(self.pool.stats(record.key), record.status.probe, now, "a paid check is on its way")
        return record.status.model_copy(update={"probe": probe, "last_update": now})


def problems_of(record: Record, gathered: Gathered) -> tuple[Problem, ...]:
    """Returns what keeps the integration from being ready, the targets' own problems aside."""
    unprotected = (record.unprotected,) if record.unprotected is not None else ()
    return (*gathered.problems, *record.survey_problems, *unprotected)
