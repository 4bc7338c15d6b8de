"""The terms of the drill: what is to be rehearsed, what is remembered of it, and how the world looks meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.readiness import DrillWindow
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Health, State, TargetMode


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What the spec says of drills.

    Attributes:
        interval: from the end of one to the beginning of the next; None: only when somebody asks.
        duration: how long the targets stay in fallback.
        window: when drills are allowed; None: at any time.
        created: when the integration was created. Applying a manifest must not restart pods at once.
    """

    interval: timedelta | None = None
    duration: timedelta = timedelta(seconds=60)
    window: DrillWindow | None = None
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """Why a drill does not end as it should, in a sentence without a full stop."""

    result: DrillResult
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillMemory:
    """What is remembered of the drill that is going on, and of the last one.

    Attributes:
        phase: None while there is none.
        started_at: when the present one began; ``held_since``: when every target was in fallback, and proven to be.
        closing: the hold is over, and the applications are asked once more.
        returning_since: when the way back began.
        generation: of the spec that is rehearsed; ``targets``: its targets.
        shapes: digests of the targets as they were told to be, by name; another one was changed by somebody.
        surprise: what came in between first; None while nothing did.
        waiting_since: since when a request waits for what is only not known yet.
        last_time, result, message: when the last one ended, how, and what was seen.
        last_success: when one last ended well.
        handled: the request that was last obeyed or refused.
    """

    phase: DrillPhase | None = None
    started_at: datetime | None = None
    held_since: datetime | None = None
    closing: bool = False
    returning_since: datetime | None = None
    generation: int = 0
    targets: tuple[str, ...] = ()
    shapes: tuple[tuple[str, str], ...] = ()
    surprise: Surprise | None = None
    waiting_since: datetime | None = None
    last_time: datetime | None = None
    result: DrillResult | None = None
    message: str = ""
    last_success: datetime | None = None
    handled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillTarget:
    """One target as a drill sees it.

    Attributes:
        name: as in ``Deployment/storefront``.
        mode: what it is told, None if that is not known; ``ready``: whether its pods run with it.
        reason, trouble: of its problem; None and empty if it has none.
        told_at: when this operator last told it something; ``put_back``: when somebody last put it back.
        verifies: whether the application can be asked; ``said``: whether it says what it was told, None before it
            was heard; ``heard``: in words.
        others: integrations that hold it as well.
        shape: a digest of what it is; empty while it has not been looked at.
    """

    name: str
    mode: TargetMode | None = None
    ready: bool = True
    reason: Reason | None = None
    trouble: str = ""
    told_at: datetime | None = None
    put_back: datetime | None = None
    verifies: bool = False
    said: bool | None = None
    heard: str = ""
    others: tuple[str, ...] = ()
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """The world around a drill.

    Attributes:
        request: the drill annotation's present value.
        hindrance: why targets may not be touched, such as ``mode: Observe``; empty if they may.
        overridden: whether a person's order holds.
        missing: the required checks that keep the gate closed; None if it is open.
        state, cause: of the breaker.
        health, says: what is believed of the API, and the words for it; ``alerts``: the triggers that fire.
        generation: of the spec.
        surveyed: whether every target was looked at since the operator started.
        closing: whether what applications said was asked for after the hold.
        turn: whether it is this integration's turn; only one rehearses at a time.
    """

    request: str = ""
    hindrance: str = ""
    overridden: bool = False
    missing: tuple[str, ...] | None = None
    state: State = State.LIVE
    cause: str | None = None
    health: Health = Health.HEALTHY
    says: str = ""
    alerts: tuple[str, ...] = ()
    generation: int = 1
    surveyed: bool = True
    targets: tuple[DrillTarget, ...] = ()
    closing: bool = False
    turn: bool = True

    @property
    def falling_back(self) -> bool:
        """Whether the breaker is in fallback, for whatever reason."""
        return self.state in {State.FALLBACK, State.RECOVERING}
