"""Doing what a decision asks for: the finalizer first, then the targets; on the way back status before them."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.targets import explain
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import BreakerStatus
from ideogram_operator.resource.words import Mode, State, TargetMode
from ideogram_operator.runtime.chronicle import followed
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.order import Order, problem_of
from ideogram_operator.runtime.record import Known, Record
from ideogram_operator.runtime.roster import orders
from ideogram_operator.runtime.switchboard import Switchboard
from ideogram_operator.runtime.together import together
from ideogram_operator.runtime.writer import Writer

log = structlog.get_logger(__name__)

ROLLING_PAUSE = 1.0
"""Seconds after which a target is read again whose pods are being replaced, if nothing is heard of it before."""
ROLLING_PAUSE_IN_A_CROWD = 5.0

WriteFirst = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Brings the targets of an integration to where a decision wants them."""

    clock: Clock
    switchboard: Switchboard
    writer: Writer

    async def act(
        self, record: Record, decision: Decision, write: WriteFirst, *, protecting: bool = True, crowded: bool = False
    ) -> float:
        """Does what the decision asks for; returns the seconds until there is more to do, infinity if all is done.

        Args:
            record: the integration; its targets were looked at and may be told.
            decision: what was decided.
            write: writes status.
            protecting: False leaves the finalizer to another round, which comes soon.
            crowded: whether others wait to have their targets told.

        Raises:
            ClusterError: status could not be written before a way back, and so nothing was given back.
        """
        holding = decision.memory.state is not State.LIVE or decision.wanted is not TargetMode.LIVE
        if not holding:
            record.unprotected = None  # nothing is left that would need it
        held = protecting and holding
        tried_before = record.unprotected is not None
        if held and not tried_before:
            await self._protect(record)
        if _gives_back(record, decision) and not _written(record, decision):
            await write()
        now = self.clock.monotonic()
        for known, order in orders(record, decision):
            _forget_refusal(known, order)
        looked = now - (ROLLING_PAUSE_IN_A_CROWD if crowded else ROLLING_PAUSE)
        due = [
            (known, order)
            for known, order in orders(record, decision)
            if _needs_telling(known, order, now) or (known.rolling and known.read_at <= looked)
        ]
        await together(self.switchboard.tell(order, known) for known, order in due)
        for known, _ in due:
            if known.wish is None and known.mode is TargetMode.LIVE and not known.following:
                record.targets.pop(known.ref, None)
        record.history = followed(record.history, list(record.targets.values()), decision.wanted)
        if held and tried_before:
            # What has failed once may take its time to fail again; targets do not wait for it.
            await self._protect(record)
        left = [known.again_at for known, order in orders(record, decision) if _unfinished(known, order)]
        return max(0.0, min(left) - self.clock.monotonic()) if left else math.inf

    async def _protect(self, record: Record) -> None:
        """Sets the finalizer. An application is switched without it too: being protected is worth more than that."""
        if record.finalizer:
            record.unprotected = None
            return
        try:
            await self.writer.finalizer(record, wanted=True)
        except ClusterError as error:
            if record.unprotected is None:
                log.warning("finalizer not set", integration=str(record.key), error=str(error))
            remark = problem_of(explain(error))
            text = f"The finalizer that gives targets back on deletion cannot be set: {remark.message}."
            record.unprotected = Problem(reason=remark.reason, message=text)
        else:
            record.unprotected = None


def why_not_touching(record: Record, *, read_only: bool) -> Reason | None:
    """Returns why the targets may not be told; None if they may."""
    if read_only:
        return Reason.READ_ONLY
    observing = record.spec is not None and record.spec.mode is Mode.OBSERVE
    return Reason.OBSERVE_MODE if observing else None


def _gives_back(record: Record, decision: Decision) -> bool:
    """Whether some target is to be told less than it was: all of them, or the next one of several."""
    if decision.wanted is TargetMode.THROTTLED:
        return record.status.state in {State.FALLBACK, State.RECOVERING}
    return decision.wanted is TargetMode.LIVE or decision.restored > 0


def _written(record: Record, decision: Decision) -> bool:
    """Whether status has the flip that gives back. If not, a crash would leave a claim that looks like a new flip."""
    breaker, memory = record.status.breaker or BreakerStatus(), decision.memory
    return (breaker.flips or 0, breaker.restored_targets or 0) == (memory.flips, memory.restored)


def _forget_refusal(known: Known, order: Order) -> None:
    """What was refused and is not asked any more is no problem any more."""
    if order.claim is None and known.mode is TargetMode.LIVE and known.refused is not None:
        known.refused = known.problem = known.troubled_since = None


def _needs_telling(known: Known, order: Order, now: float) -> bool:
    # A way back is as new as a way there: what kept pods from following the one must not delay the other.
    new = known.tried != order.version and (order.claim is not None or known.mode is not TargetMode.LIVE)
    heard = known.stale and (order.claim is not None or known.following)
    if new or heard:
        return True
    return _unfinished(known, order) and (known.problem is None or now >= known.again_at)


def _unfinished(known: Known, order: Order) -> bool:
    if order.claim is None or known.mode is not order.wanted:
        return known.mode is not order.wanted
    return known.told != order.version or (known.problem is not None and not known.lagging)
