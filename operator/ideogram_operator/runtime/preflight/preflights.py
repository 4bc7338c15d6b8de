"""Preflights beside the reconciles: begun when they are due, and their outcome handed to the next reconcile.

A reconcile never waits for one: a flip must not wait for a bucket.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from ideogram_operator.checks.facts import Facts, GenerationFacts, Inquiry, KeyFacts
from ideogram_operator.checks.gathering.examiner import Examiner
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import token_of
from ideogram_operator.resource.words import PREFLIGHT_ANNOTATION, Health
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.preflight.occasion import (
    Occasion,
    Situation,
    image_wanting,
    look_in,
    mendable,
    next_in,
    occasion,
)
from ideogram_operator.runtime.preflight.outcome import Found, updated
from ideogram_operator.runtime.preflight.starts import Starts
from ideogram_operator.runtime.preflight.subject import subject_of
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.store import Raw

log = structlog.get_logger(__name__)

AFTER_A_FAULT: Final = 60.0
"""Seconds after which a preflight that failed by a fault of ours is tried again."""


@dataclass(slots=True, kw_only=True)
class Course:
    """The preflights of one integration in this process.

    Attributes:
        uid: of the integration; another one may have come under its name.
        key: the fingerprint of the key that was looked at last.
        image: what the last paid check found.
        wrong_since: since when something is wrong that may be mended; None while nothing is.
        look_at: when that is looked at again. Both on the monotonic clock.
        judged_at: when the checks were last judged.
        paid_at: when a paid check was last asked for; ``unpaid``: how many in a row came to nothing.
        messaged_at: when receivers were last tried.
        drilled_at: when the last drill ended that the checks know of.
        not_before: when the next may begin, after a fault of ours or at its turn; monotonic.
        in_line: whether it has a place in line for that time.
        task: the preflight that is under way.
    """

    uid: str
    key: str
    image: GenerationFacts | None = None
    wrong_since: float | None = None
    look_at: float = math.inf
    judged_at: datetime | None = None
    drilled_at: datetime | None = None
    paid_at: datetime | None = None
    messaged_at: datetime | None = None
    unpaid: int = 0
    not_before: float = 0.0
    in_line: bool = False
    task: "asyncio.Task[None] | None" = None


@dataclass(slots=True, kw_only=True)
class Preflights:
    """All preflights of one operator.

    Attributes:
        hosts: where keys may be sent.
        soon: asks for a reconcile, which reports what was found.
        refresh: has an integration's key read again.
    """

    clock: Clock
    examiner: Examiner
    starts: Starts
    metrics: Metrics
    hosts: AllowedHosts
    soon: Callable[[Key], None]
    refresh: Callable[[Key], Awaitable[None]]
    _courses: dict[Key, Course] = field(default_factory=dict)

    def consider(self, record: Record, raw: Raw, *, why_not: Reason | None) -> float:
        """Begins a preflight if one is due and none is under way; returns the seconds until one may be.

        Args:
            record: the integration, its key read.
            raw: as stored in the cluster.
            why_not: why its targets are not touched; None if they are.
        """
        if record.spec is None:
            return math.inf
        course = self._course(record)
        if course.task is not None:
            return math.inf
        now = self.clock.monotonic()
        situation = self._situation(record, record.spec, raw, course)
        due = occasion(situation)
        if due is None:
            return min(next_in(situation).total_seconds(), max(0.0, course.look_at - now))
        wait = max(0.0, course.not_before - now)
        if not wait:
            wait = self.starts.begin(in_line=course.in_line)
            course.in_line, course.not_before = wait > 0, now + wait
        if not wait:
            self._begin(record, record.spec, course, due, request=situation.request, why_not=why_not)
        return wait or math.inf

    def forget(self, key: Key) -> None:
        """The integration is gone."""
        course = self._courses.pop(key, None)
        if course is not None and course.task is not None:
            course.task.cancel()

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = [course.task for course in self._courses.values() if course.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _course(self, record: Record) -> Course:
        course = self._courses.get(record.key)
        if course is None or course.uid != record.uid:
            self.forget(record.key)
            course = Course(uid=record.uid, key=record.fingerprint, drilled_at=record.drill.last_time)
            self._courses[record.key] = course
            if record.spec is not None and mendable(record.spec, record.preflight, None):
                self._watch(course)
        return course

    def _situation(self, record: Record, spec: IntegrationSpec, raw: Raw, course: Course) -> Situation:
        return Situation(
            spec=spec,
            status=record.preflight,
            generation=record.generation,
            request=token_of(raw["metadata"].get("annotations") or {}, PREFLIGHT_ANNOTATION),
            key_changed=course.key != record.fingerprint,
            look_again=self.clock.monotonic() >= course.look_at,
            judged_at=course.judged_at,
            image=course.image,
            healthy=record.decision is not None and record.decision.health is Health.HEALTHY,
            paid_at=course.paid_at,
            unpaid=course.unpaid,
            messaged_at=course.messaged_at,
            drilled=course.drilled_at != record.drill.last_time,
            now=self.clock.now(),
        )

    def _begin(
        self,
        record: Record,
        spec: IntegrationSpec,
        course: Course,
        due: Occasion,
        *,
        request: str,
        why_not: Reason | None,
    ) -> None:
        subject = subject_of(record, spec, hosts=self.hosts, why_not=why_not, now=self.clock.now())
        course.key = record.fingerprint
        course.drilled_at = record.drill.last_time if Inquiry.BREAKER in due.wanted else course.drilled_at
        course.paid_at = self.clock.now() if Inquiry.GENERATION in due.wanted else course.paid_at
        course.messaged_at = self.clock.now() if Inquiry.RECEIVERS in due.wanted else course.messaged_at
        generation = record.generation
        # Whoever asks, edits or rotates a key has just changed something; what was read before may not have it.
        told = due.why in {"request", "spec", "key"}
        examiner = self.examiner.anew(self.clock.monotonic()) if told else self.examiner

        async def carry_out() -> None:
            facts = await examiner.gather(subject, due.wanted)
            if _key_of(facts, otherwise=record.fingerprint) != record.fingerprint:
                # It was seen here first: Secrets are not watched, and a good one is read again only now and then.
                await self.refresh(record.key)
            self._learn(record, course, Found(occasion=due, facts=facts, generation=generation, request=request))

        course.task = asyncio.create_task(carry_out(), name=f"preflight {record.key}")
        # Not in the task: one that is cancelled before it began would leave its place taken for ever.
        course.task.add_done_callback(partial(self._ended, record.key, course, self.clock.monotonic()))
        self.metrics.preflights.labels(why=due.why).inc()

    def _ended(self, key: Key, course: Course, began: float, task: "asyncio.Task[None]") -> None:
        course.task = None
        self.starts.end()
        self.metrics.preflight_seconds.observe(self.clock.monotonic() - began)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # One preflight's fault must not be the operator's. No traceback: its variables may hold a credential.
            log.error("a preflight failed by a fault of the operator", integration=str(key), error=type(error).__name__)
            course.not_before = self.clock.monotonic() + AFTER_A_FAULT
        self.soon(key)

    def _learn(self, record: Record, course: Course, found: Found) -> None:
        course.judged_at = found.facts.now
        if Inquiry.GENERATION in found.occasion.wanted:
            # Also where none was made: the one before may be of another key or model.
            course.image = _image(found.facts)
        current = found.generation == record.generation
        before, record.preflight = record.preflight, updated(record.preflight, found, course.image, current=current)
        if Inquiry.GENERATION in found.occasion.wanted:
            course.unpaid = course.unpaid + 1 if image_wanting(record.preflight) else 0
        if mendable(found.facts.spec, record.preflight, course.image):
            self._watch(course)
        else:
            course.wrong_since, course.look_at = None, math.inf
        status = record.preflight
        news = found.occasion.whole or status.summary != before.summary
        tell = log.info if news else log.debug
        tell("preflight", integration=str(record.key), why=found.occasion.why, passed=status.summary)

    def _watch(self, course: Course) -> None:
        """Has what is wrong looked at again, rarer the longer it lasts."""
        now = self.clock.monotonic()
        course.wrong_since = now if course.wrong_since is None else course.wrong_since
        course.look_at = now + look_in(now - course.wrong_since)


def _key_of(facts: Facts, *, otherwise: str) -> str:
    """The fingerprint of the key that can be sent, empty if there is none; ``otherwise`` if nobody could look."""
    key = facts.key
    if isinstance(key, KeyFacts):
        return "" if key.spaced else key.fingerprint
    return "" if key.result is CheckResult.FAIL else otherwise


def _image(facts: Facts) -> GenerationFacts | None:
    return facts.generation if isinstance(facts.generation, GenerationFacts) else None
