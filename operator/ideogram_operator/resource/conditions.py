"""Conditions as Kubernetes knows them."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from ideogram_operator.resource.bounded import Clipped
from ideogram_operator.resource.fields import Time
from ideogram_operator.resource.model import StatusModel
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import ConditionStatus, ConditionType

AnyReason = Annotated[Reason, WithJsonSchema({"type": "string", "maxLength": 24, "pattern": "^[A-Z][A-Za-z]*$"})]
"""A reason. The schema leaves the list open: the CRD in a cluster may be older than the operator."""

AnyConditionType = Annotated[
    ConditionType, WithJsonSchema({"type": "string", "maxLength": 24, "pattern": "^[A-Z][A-Za-z]*$"})
]


def whole_seconds(moment: datetime) -> datetime:
    """`moment` without its fraction, as Kubernetes writes the times of conditions."""
    return moment.replace(microsecond=0)


class Condition(StatusModel):
    """One statement about the integration, and since when it holds."""

    type: AnyConditionType
    """What it is about."""
    status: ConditionStatus
    """Whether it holds; Unknown: it could not be told."""
    reason: AnyReason
    """Why, in one word."""
    message: Annotated[str, Clipped(176)] = ""
    """What was seen, and what to do."""
    last_transition_time: Annotated[Time, AfterValidator(whole_seconds)]
    """Since when it has this status."""
    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    """The generation of the spec that it is about."""
