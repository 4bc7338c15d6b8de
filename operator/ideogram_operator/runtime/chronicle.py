"""The history of flips: when each was decided, when its targets were told, and when their pods had followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.memory import Memory
from ideogram_operator.resource.status import Flip
from ideogram_operator.resource.words import State, TargetMode
from ideogram_operator.runtime.record import Known

KEPT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision's step from a memory to the next."""

    before: Memory
    after: Memory
    now: datetime

    @property
    def flipped(self) -> bool:
        """Whether targets are to be told something else."""
        return self.after.flips != self.before.flips


def extended(history: Sequence[Flip], step: Step) -> tuple[Flip, ...]:
    """Returns the history with the step's flip, if it made one."""
    if not step.flipped:
        return tuple(history)
    falling = step.after.falling_back and not step.after.restored
    alerts = "; ".join(alert.message for alert in step.after.alerts)
    flip = Flip(
        from_=step.before.state,
        # One by one, the way to Live begins with the first target, and is one flip.
        to=State.LIVE if step.after.restored else step.after.state,
        at=step.now,
        trigger=step.after.cause if falling else step.before.cause,
        detected=step.after.detected_at if falling else None,
        message=alerts if falling else None,
    )
    return (*history, flip)[-KEPT:]


def followed(history: Sequence[Flip], targets: Sequence[Known], wanted: TargetMode) -> tuple[Flip, ...]:
    """Returns the history with the times at which the last flip's targets were told, and had followed."""
    if not history or (history[-1].patched and history[-1].ready):
        return tuple(history)
    last = history[-1]
    concerned = [known for known in targets if known.wish is not None]
    if last.patched is None and all(known.mode is wanted for known in concerned):
        # After a restart only the claim's own time is left. Where nothing had to be told, the decision was all of it.
        times = [known.switched_at or known.since for known in concerned]
        told = [at for at in times if at is not None and _since(at, last)]
        last = last.model_copy(update={"patched": max(told, default=last.at)})
    if last.patched is not None and all(known.ready for known in concerned):
        ready = [known.ready_at for known in concerned if known.ready_at and _since(known.ready_at, last)]
        last = last.model_copy(update={"ready": max(ready, default=last.patched)})
    return (*history[:-1], last)


def _since(moment: datetime, flip: Flip) -> bool:
    return flip.at is None or moment >= flip.at
