"""Readiness for production: the preflight, what people attest, and the rehearsed fallback."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from ideogram_operator.resource.checklist import CheckId, Gate
from ideogram_operator.resource.durations import Duration, between
from ideogram_operator.resource.fields import HttpURL, Sentence, Time
from ideogram_operator.resource.lists import distinct_by, distinct_items
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule


class PreflightSpec(SpecModel):
    """The production checklist, carried out."""

    interval: Annotated[Duration, between("1m", "720h")] = timedelta(hours=6)
    """How often."""
    gate: Gate = Gate.NONE
    """GoLive: targets stay in fallback until the required checks pass."""
    required: Annotated[tuple[CheckId, ...], Field(max_length=64), distinct_items()] = ()
    """The checks that the gate waits for; empty: every check that applies."""


class Attestation(SpecModel):
    """What a named person says holds, for checks that nobody can see from outside."""

    check: CheckId
    """The check."""
    by: Sentence
    """Who says so."""
    at: Time
    """Since when."""
    evidence: HttpURL
    """A link to the proof."""
    expires: Time
    """From then on it no longer counts."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.expires > self.at",
            says="expires must be later than at",
            holds=lambda attestation: attestation.expires > attestation.at,
        ),
    )


Attestations = Annotated[
    tuple[Attestation, ...], Field(max_length=64), distinct_by("check", lambda attestation: attestation.check)
]


class DrillSpec(SpecModel):
    """A rehearsal of the fallback; off unless given."""

    interval: Annotated[Duration, between("1h", "8760h")] = timedelta(hours=720)
    """How often."""
    duration: Annotated[Duration, between("10s", "4h")] = timedelta(seconds=60)
    """How long the targets stay in fallback."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="duration(self.interval) >= duration(self.duration)",
            says="interval must not be shorter than duration: a drill has to end before the next",
            holds=lambda drill: drill.interval >= drill.duration,
        ),
    )
