"""The way back, and what a person orders instead."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from ideogram_operator.resource.durations import Duration, between
from ideogram_operator.resource.fields import Sentence, Time
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule
from ideogram_operator.resource.words import OverrideMode, RestoreOrder


class RecoverySpec(SpecModel):
    """When and how targets come back."""

    successes: Annotated[int, Field(strict=True, ge=1, le=20)] = 3
    """So many good answers in a row."""
    hold: Annotated[Duration, between("0s", "24h")] = timedelta(minutes=5)
    """The least time in fallback before recovery may be tried. It doubles with each relapse."""
    max_hold: Annotated[Duration, between("0s", "168h")] = timedelta(hours=1)
    """It doubles up to this."""
    relapse_window: Annotated[Duration, between("0s", "168h")] = timedelta(hours=1)
    """Falling back again within so long of coming back is a relapse."""
    max_flips_per_hour: Annotated[int, Field(strict=True, ge=2, le=30)] = 4
    """Past so many flips in an hour the integration stays in fallback. Two is one round: away and back."""
    order: RestoreOrder = RestoreOrder.TOGETHER
    """Together, or OneByOne: the next target only while evidence stays good."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="duration(self.hold) <= duration(self.maxHold)",
            says="hold must not be longer than maxHold: raise maxHold or lower hold",
            holds=lambda recovery: recovery.hold <= recovery.max_hold,
        ),
    )


class Override(SpecModel):
    """A person's order. It beats every decision until it expires."""

    mode: OverrideMode
    """ForceFallback, ForceLive, or Freeze: leave the targets as they are."""
    reason: Sentence
    """Why; shown in a condition."""
    until: Time
    """When it expires by itself."""
