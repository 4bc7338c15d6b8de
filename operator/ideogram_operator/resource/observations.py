"""What status tells of the parts: the probe, the targets, the alerts, the preflight and the drill."""

import json
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from ideogram_operator.resource.bounded import Clipped, First, clip
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult, DrillPhase, DrillResult
from ideogram_operator.resource.conditions import AnyReason
from ideogram_operator.resource.durations import Duration
from ideogram_operator.resource.fields import Money, Time
from ideogram_operator.resource.model import StatusModel
from ideogram_operator.resource.shared import shared
from ideogram_operator.resource.words import Action, ProbeMethod, Severity, TargetKind, TargetMode, Trigger

Count = Annotated[int, Field(ge=0, json_schema_extra={"format": "int32"})]
Measure = Annotated[str, Clipped(24)]
"""A value with its unit, for people: ``6``, ``31.4s``, ``12 %``, ``8.20 USD``."""

TOKEN_BYTES: Final = 64
Token = Annotated[str, Clipped(TOKEN_BYTES)]
"""The value of an annotation by which somebody asks for something once."""
Digest = Annotated[str, Clipped(16)]
"""A short hash, to tell whether something is still the same."""

AnyTrigger = Annotated[Trigger, WithJsonSchema({"type": "string", "maxLength": 24})]
AnyCheck = Annotated[CheckId, WithJsonSchema({"type": "string", "maxLength": 24})]


def _day(text: str) -> str:
    """`text`, if it is a day of the calendar. Raises ValueError."""
    date.fromisoformat(text)
    return text


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
    spent_on: Annotated[str, Field(max_length=10, pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_day)] | None = None
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
    time: Time | None = None
    """When it was found, if that was before lastTime: costly checks are not repeated every time."""
    message: Annotated[str, Clipped(160)] | None = None
    """What was seen."""
    hint: Annotated[str, Clipped(240)] | None = None
    """What to do, unless it passed."""


CHECKS_BYTES: Final = 8 * 1024
"""What all checks together may take of status."""


def _fitted(checks: tuple[CheckStatus, ...]) -> tuple[CheckStatus, ...]:
    """The checks with their texts cut alike until all of them fit: status must stay small, and lose no check."""
    limit = max((len(text.encode()) for check in checks for text in (check.message, check.hint) if text), default=0)
    while limit > _SHORTEST and _bytes_of(checks) > CHECKS_BYTES:
        limit = max(_SHORTEST, limit * 9 // 10)
        checks = tuple(_cut(check, limit) for check in checks)
    return checks


_SHORTEST: Final = 24


def _cut(check: CheckStatus, limit: int) -> CheckStatus:
    texts = {"message": check.message, "hint": check.hint}
    return check.model_copy(update={name: clip(text, limit) for name, text in texts.items() if text})


def _bytes_of(checks: tuple[CheckStatus, ...]) -> int:
    wire = [check.model_dump(mode="json", by_alias=True, exclude_none=True) for check in checks]
    return len(json.dumps(wire, separators=(",", ":"), ensure_ascii=False).encode(errors="replace"))


def _shared(checks: tuple[CheckStatus, ...]) -> tuple[CheckStatus, ...]:
    """Most of what is found is found of many: thirty results each would be most of the operator's memory."""
    return tuple(shared(check) for check in checks)


class PreflightStatus(StatusModel):
    """The production checklist, as last carried out."""

    last_time: Time | None = None
    """When all of it was last carried out."""
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    """The generation of the spec that it is about."""
    last_handled_request: Token | None = None
    """The value of the annotation ideogram-operator.io/preflight that was last obeyed."""
    summary: Annotated[str, Clipped(16)] | None = None
    """Passed of those that apply, such as 24/26."""
    passed: Count | None = None
    """So many passed."""
    failed: Count | None = None
    """So many failed."""
    unknown: Count | None = None
    """Of so many it could not be told."""
    open_since: Time | None = None
    """Since when the gate is open: the required checks had passed then."""
    paid_for: Digest | None = None
    """What the last paid check was made for; while it is the same, it is not paid for again before its interval."""
    notified_for: Digest | None = None
    """Which receivers the last test notification went to; the same ones are not disturbed again for a month."""
    notified_at: Time | None = None
    """When that was."""
    checks: Annotated[
        tuple[CheckStatus, ...],
        First(30),
        AfterValidator(_fitted),
        AfterValidator(_shared),
        Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"]}),
    ] = ()
    """Each check."""


class DrillStatus(StatusModel):
    """The fallback, as last rehearsed."""

    phase: DrillPhase | None = None
    """Where the rehearsal is; absent while there is none."""
    started_at: Time | None = None
    """When the rehearsal that is going on began."""
    last_time: Time | None = None
    """When the last one ended."""
    result: DrillResult | None = None
    """How it ended."""
    message: Annotated[str, Clipped(160)] | None = None
    """What was seen."""
    last_success_time: Time | None = None
    """When one last ended well."""
    last_handled_request: Token | None = None
    """The value of the annotation ideogram-operator.io/drill that was last obeyed."""
