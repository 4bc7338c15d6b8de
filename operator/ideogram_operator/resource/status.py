"""The status: what the operator believes, decided and did. Together with ``kubectl`` it tells the whole story."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import Field, ValidationError

from ideogram_operator.resource.bounded import Clipped, First, Newest, clip
from ideogram_operator.resource.conditions import AnyReason, Condition
from ideogram_operator.resource.fields import Money, Time
from ideogram_operator.resource.model import StatusModel
from ideogram_operator.resource.observations import (
    TOKEN_BYTES,
    AlertStatus,
    Count,
    DrillStatus,
    PreflightStatus,
    ProbeStatus,
    TargetStatus,
    Token,
)
from ideogram_operator.resource.salvage import without
from ideogram_operator.resource.words import RECOVER_ANNOTATION, Health, State

Running = Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})]
Cause = Annotated[str, Clipped(24)]
"""A trigger's name, or ``override``, ``drill``, ``preflight``."""

MAX_RECENT_FLIPS: Final = 32
"""More than recovery.maxFlipsPerHour may be: forgetting one would allow one more."""


def token_of(annotations: Mapping[str, str], annotation: str) -> str:
    """The value of an annotation by which a person asks for something, as status keeps it; empty if there is none.

    Values are compared over a restart. One that status had to cut must not look like another word from a person.
    """
    return clip(annotations.get(annotation, ""), TOKEN_BYTES)


def recover_token(annotations: Mapping[str, str]) -> str:
    """The value of the recover annotation, as status keeps it; empty if there is none."""
    return token_of(annotations, RECOVER_ANNOTATION)


class BreakerStatus(StatusModel):
    """The little that must survive a restart of the operator."""

    trigger: Cause | None = None
    """What led into fallback: a trigger, or override."""
    strength: Annotated[int, Field(ge=1, le=9, json_schema_extra={"format": "int32"})] | None = None
    """How strong the evidence was; weaker evidence does not lead back."""
    detected_at: Time | None = None
    """When the first fact was seen of what led here."""
    hold_until: Time | None = None
    """Recovery is not tried before."""
    relapses: Count | None = None
    """How many fallbacks in a row came within the relapse window."""
    flips: Running | None = None
    """The running number of all flips."""
    recent_flips: Annotated[tuple[Time, ...], Newest(MAX_RECENT_FLIPS)] = ()
    """When the flips of the last hour were that the operator decided by itself."""
    returned_at: Time | None = None
    """When the last fallback ended."""
    recover_token: Token | None = None
    """The recover annotation's value when fallback was entered; another value is a person's word."""
    restored_targets: Count | None = None
    """With order OneByOne: how many targets have been given back."""
    throttled_since: Time | None = None
    """Since when targets are told to do less."""
    message: Annotated[str, Clipped(160)] | None = None
    """What was seen when it fell back."""


class Flip(StatusModel):
    """One change of what the targets were told, with its times."""

    from_: State | None = Field(default=None, alias="from")
    """The state before."""
    to: State | None = None
    """The state after."""
    at: Time | None = None
    """When it was decided."""
    trigger: Cause | None = None
    """What led to it."""
    detected: Time | None = None
    """When the first fact was seen of what led to it."""
    patched: Time | None = None
    """When the last target was told."""
    ready: Time | None = None
    """When the last target's pods had followed."""
    message: Annotated[str, Clipped(80)] | None = None
    """What was seen."""


class IntegrationStatus(StatusModel):
    """What the operator believes, decided and did."""

    observed_generation: Running | None = None
    """The generation of the spec that this status is about."""
    state: State | None = None
    """The circuit breaker."""
    health: Health | None = None
    """What is believed of the API. Unknown: it could not be told."""
    reason: AnyReason | None = None
    """Why, in one word."""
    message: Annotated[str, Clipped(512)] | None = None
    """What happened, and what to do."""
    since: Time | None = None
    """When the state was entered."""
    last_update: Time | None = None
    """When this status was written; it is written at least every ten minutes."""
    alerts_firing: Annotated[str, Clipped(128)] | None = None
    """The names of the alerts that fire, the most urgent first; absent if there is none."""
    balance_usd: Money | None = Field(default=None, alias="balanceUSD")
    """The estimated credit, in USD."""
    conditions: Annotated[
        tuple[Condition, ...],
        First(10),
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}),
    ] = ()
    """What holds."""
    breaker: BreakerStatus | None = None
    """What must survive a restart."""
    probe: ProbeStatus | None = None
    """The operator's own requests."""
    targets: Annotated[tuple[TargetStatus, ...], First(20)] = ()
    """The targets, those that need attention first."""
    targets_total: Count | None = None
    """How many targets there are; a selector may find more than are listed."""
    alerts: Annotated[
        tuple[AlertStatus, ...],
        First(7),
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}),
    ] = ()
    """The alerts that fire."""
    preflight: PreflightStatus | None = None
    """The production checklist."""
    drill: DrillStatus | None = None
    """The rehearsed fallback."""
    history: Annotated[tuple[Flip, ...], Newest(10)] = ()
    """The last flips, the newest last."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any] | None) -> Self:
        """What can be read of a stored status; never raises.

        A part that this version does not understand is dropped and the rest kept: losing one alert is better than
        losing the count of flips with it.
        """
        left: Any = raw if isinstance(raw, Mapping) else {}
        while True:
            try:
                return cls.model_validate(left, by_alias=True, by_name=False)
            except ValidationError as error:
                left = without(left, [problem["loc"] for problem in error.errors(include_url=False)])

    def to_wire(self) -> dict[str, Any]:
        """The status as JSON, whole: what is absent here is to be absent there, so replace, do not merge."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def firing(alerts: Iterable[AlertStatus]) -> str | None:
    """The value of ``alertsFiring``: names, the most urgent first; None if nothing fires."""
    ordered = sorted(alerts, key=lambda alert: (alert.severity, alert.since))
    return ",".join(alert.name for alert in ordered) or None
