"""What status tells of the parts: the probe, the targets, the alerts, the preflight and the drill."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from ideogram_operator.resource.bounded import Clipped, First
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult, DrillResult
from ideogram_operator.resource.conditions import AnyReason
from ideogram_operator.resource.durations import Duration
from ideogram_operator.resource.fields import Money, Time
from ideogram_operator.resource.model import StatusModel
from ideogram_operator.resource.words import Action, ProbeMethod, Severity, TargetKind, TargetMode, Trigger

Count = Annotated[int, Field(ge=0, json_schema_extra={"format": "int32"})]
Measure = Annotated[str, Clipped(24)]
"""A value with its unit, for people: ``6``, ``31.4s``, ``12 %``, ``8.20 USD``."""

AnyTrigger = Annotated[Trigger, WithJsonSchema({"type": "string", "maxLength": 24})]
AnyCheck = Annotated[CheckId, WithJsonSchema({"type": "string", "maxLength": 24})]


class ProbeStatus(StatusModel):
    """What the last request of the operator's own found."""

    method: ProbeMethod | None = None
    """How it asked."""
    last_time: Time | None = None
    """When it was answered, or given up."""
    http_status: Annotated[int, Field(ge=100, le=999, json_schema_extra={"format": "int32"})] | None = None
    """The answer's status code; absent if there was no answer."""
    latency: Duration | None = None
    """How long it took."""
    p95: Duration | None = None
    """The 95th percentile of the latest latencies."""
    spent_today_usd: Money | None = Field(default=None, alias="spentTodayUSD")
    """What paid checks have cost on the day of spentOn."""
    spent_on: Annotated[str, Field(max_length=10, pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    """The day (UTC) to which spentTodayUSD belongs."""
    next_generate_time: Time | None = None
    """When the next paid check is due."""
    message: Annotated[str, Clipped(160)] | None = None
    """What was seen."""


class TargetStatus(StatusModel):
    """One target as it is."""

    kind: TargetKind
    """What it is."""
    name: Annotated[str, Clipped(253)]
    """Its name."""
    mode: TargetMode | None = None
    """What it is told; absent if that is not known."""
    in_sync: bool | None = None
    """Whether it is told what it should be told."""
    ready: bool | None = None
    """Whether its pods run with what they are told."""
    since: Time | None = None
    """When it was last told something."""
    ready_at: Time | None = None
    """When its pods had followed."""
    reason: AnyReason | None = None
    """Why it is not in sync or not ready, in one word."""
    message: Annotated[str, Clipped(96)] | None = None
    """The same in a sentence."""


class AlertStatus(StatusModel):
    """A trigger that fires."""

    name: AnyTrigger
    """The trigger."""
    severity: Severity
    """How urgent it is."""
    action: Action | None = None
    """What is done while it fires."""
    since: Time
    """When it fired."""
    first: Time | None = None
    """When the first fact was seen of those that fired it."""
    strength: Annotated[int, Field(ge=1, le=9, json_schema_extra={"format": "int32"})] | None = None
    """How strong the evidence was; weaker evidence cannot clear it."""
    value: Measure | None = None
    """What was measured."""
    threshold: Measure | None = None
    """What fires it."""
    message: Annotated[str, Clipped(128)] | None = None
    """What was seen, and what to do."""


class CheckStatus(StatusModel):
    """One check of the preflight."""

    id: AnyCheck
    """The check."""
    result: CheckResult
    """What it found."""
    evidence: CheckEvidence | None = None
    """How that is known."""
    message: Annotated[str, Clipped(88)] | None = None
    """What was seen."""
    hint: Annotated[str, Clipped(80)] | None = None
    """What to do, unless it passed."""


class PreflightStatus(StatusModel):
    """The production checklist, as last carried out."""

    last_time: Time | None = None
    """When."""
    summary: Annotated[str, Clipped(16)] | None = None
    """Passed of those that apply, such as 24/26."""
    passed: Count | None = None
    """So many passed."""
    failed: Count | None = None
    """So many failed."""
    unknown: Count | None = None
    """Of so many it could not be told."""
    checks: Annotated[
        tuple[CheckStatus, ...],
        First(30),
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"]}),
    ] = ()
    """Each check."""


class DrillStatus(StatusModel):
    """The fallback, as last rehearsed."""

    last_time: Time | None = None
    """When."""
    result: DrillResult | None = None
    """How it ended."""
    message: Annotated[str, Clipped(160)] | None = None
    """What was seen."""
