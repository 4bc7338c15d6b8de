"""Looking at targets: which there are, what they are told now, and what a crash left on them."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.decisions.decide import wanted_of
from ideogram_operator.decisions.from_spec import policy_of
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import Flip
from ideogram_operator.resource.words import TargetMode
from ideogram_operator.runtime.chronicle import followed
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.order import Found
from ideogram_operator.runtime.patience import patience
from ideogram_operator.runtime.permits import Permits
from ideogram_operator.runtime.record import Record, Ref
from ideogram_operator.runtime.roster import Roster, given_back
from ideogram_operator.runtime.switchboard import Switchboard
from ideogram_operator.runtime.together import together

log = structlog.get_logger(__name__)

UNSETTLED_PAUSE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """Reads all targets of an integration, now and then.

    Attributes:
        resync: seconds after which targets are looked at though nothing was heard.
    """

    clock: Clock
    roster: Roster
    permits: Permits
    switchboard: Switchboard
    resync: float

    def due(self, record: Record) -> bool:
        """Whether it is time to look."""
        return record.looked_at is None or self.clock.monotonic() - record.looked_at >= self.look_again(record)

    async def look(self, record: Record, *, touching: bool) -> None:
        """Reads all targets; what kept some from being found is left on the record.

        Args:
            record: the integration, its spec taken in.
            touching: whether targets may be told; then it is asked whether the cluster allows it.
        """
        now = self.clock.monotonic()
        problems = await self.roster.call(record)
        if touching:
            problems += await self._unpermitted(record)
        found = await together(self.switchboard.look(given_back(record), known) for known in record.targets.values())
        if not record.surveyed:
            _recall_modes(record)
            _recall_times(record, self.clock.now())
            self._adopt(record, [claim for claim in found if claim is not None])
            # Now, for the next decision may make a flip of its own, and only the last one's times are filled in.
            record.history = followed(record.history, list(record.targets.values()), wanted_of(record.memory))
        _let_go(record)
        unread = any(known.mode is None for known in record.targets.values())
        record.looked_at = None if unread else now
        if record.surveyed:
            self.switchboard.first_look.over((record.key.namespace, record.key.name))
        record.survey_problems = problems
        record.troubled_since = (record.troubled_since or now) if record.troubled else None

    async def _unpermitted(self, record: Record) -> tuple[Problem, ...]:
        if record.spec is None:
            return ()
        return await self.permits.missing(record.key.namespace, (target.kind for target in record.spec.targets))

    def look_again(self, record: Record) -> float:
        """Returns the seconds from one look to the next."""
        if record.troubled:
            since = record.troubled_since
            return patience(self.clock.monotonic() - since if since is not None else 0.0)
        unsettled = record.memory.falling_back or any(not known.ready for known in record.targets.values())
        return UNSETTLED_PAUSE if unsettled else self.resync

    def _adopt(self, record: Record, claims: list[Found]) -> None:
        """After a restart: a claim that is newer than status tells of a flip that was not written down any more."""
        newest = max(claims, key=lambda claim: claim.flip, default=None)
        if newest is None or record.spec is None:
            return
        now = self.clock.now()
        since = newest.since or now
        tale = Tale(
            flip=newest.flip,
            since=since,
            cause=newest.trigger,
            throttled=newest.mode is TargetMode.THROTTLED,
            alert=newest.alert,
            strength=newest.strength,
            message=newest.message,
        )
        adopted = adopt(policy_of(record.spec), record.memory, tale, now)
        if adopted is not record.memory:
            log.info("flip found on targets", integration=str(record.key), flip=newest.flip, cause=newest.trigger)
            # Throttling is the doing of no fallback's trigger, whether its flip was written down or found.
            trigger = None if tale.throttled else newest.trigger
            flip = Flip(from_=record.memory.state, to=adopted.state, at=since, trigger=trigger, patched=since)
            record.memory, record.history = adopted, (*record.history, flip)


def _recall_modes(record: Record) -> None:
    """Takes over from status what a target is told that may not be read: what was held counts as held until then."""
    told = {Ref(one.kind, one.name): one.mode for one in record.status.targets}
    for ref, known in record.targets.items():
        passes = known.problem is not None and known.problem.reason is Reason.CLUSTER_UNREACHABLE
        if known.mode is None and not passes:
            known.mode = told.get(ref) or TargetMode.LIVE


def _recall_times(record: Record, now: datetime) -> None:
    """Takes over from status since when each target is told what it is told: that a restart does not change.

    One that was given back right before has nothing left that tells when: it counts as told now, and is followed.
    """
    told = {Ref(one.kind, one.name): one for one in record.status.targets}
    for ref, known in record.targets.items():
        if ref not in told or told[ref].mode is None or known.switched_at is not None:
            continue
        if told[ref].mode is known.mode:
            known.since = told[ref].since or known.since
            known.ready_at = told[ref].ready_at or known.ready_at
        elif known.mode is TargetMode.LIVE and known.problem is None:
            known.since = known.switched_at = now
            known.ready_at = now if known.rollout is not None and known.ready else None


def _let_go(record: Record) -> None:
    """Drops the targets that belong to no entry any more and are not held either."""
    for ref, known in list(record.targets.items()):
        if known.wish is None and known.mode is TargetMode.LIVE and not known.following:
            del record.targets[ref]
