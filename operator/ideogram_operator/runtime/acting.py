"""Doing what a decision asks for: the finalizer first, then the targets; on the way back status before them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ideogram_operator.decisions.decide import Decision
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Mode, State, TargetMode
from ideogram_operator.runtime.chronicle import Step, followed
from ideogram_operator.runtime.record import Known, Record
from ideogram_operator.runtime.roster import orders
from ideogram_operator.runtime.switchboard import Order, Switchboard
from ideogram_operator.runtime.writer import Writer

WriteFirst = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Brings the targets of an integration to where a decision wants them."""

    switchboard: Switchboard
    writer: Writer

    async def act(self, record: Record, decision: Decision, step: Step, write: WriteFirst) -> bool:
        """Does what the decision asks for; returns whether something is left to do soon.

        Args:
            record: the integration; its targets may be told.
            decision: what was decided.
            step: from which memory to which.
            write: writes status.
        """
        if not record.surveyed:
            return True
        if decision.memory.state is not State.LIVE or decision.wanted is not TargetMode.LIVE:
            await self._protect(record)
        if step.flipped and decision.wanted is TargetMode.LIVE:
            # Back: status first. If it cannot be written, nothing is given back yet.
            await write()
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


def why_not_touching(record: Record, *, read_only: bool) -> Reason | None:
    """Returns why the targets may not be told; None if they may."""
    if read_only:
        return Reason.READ_ONLY
    observing = record.spec is not None and record.spec.mode is Mode.OBSERVE
    return Reason.OBSERVE_MODE if observing else None


def _needs_telling(known: Known, order: Order) -> bool:
    if known.following or known.mode is not order.wanted:
        return True
    return order.claim is not None and (known.stale or known.told != order.version or known.problem is not None)
