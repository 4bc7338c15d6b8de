"""Readiness for production: the preflight, what people attest, and the rehearsed fallback."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from ideogram_operator.resource.checklist import CheckId, Gate, Weekday
from ideogram_operator.resource.durations import Duration, between
from ideogram_operator.resource.fields import HttpURL, Namespace, ObjectName, Sentence, Time
from ideogram_operator.resource.lists import distinct_by, distinct_items
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule


class Predecessor(SpecModel):
    """The Staging integration in which this one was tried before."""

    namespace: Namespace | None = None
    """Its namespace; without it the same namespace."""
    name: ObjectName
    """Its name."""


class PreflightSpec(SpecModel):
    """The production checklist, carried out."""

    interval: Annotated[Duration, between("1m", "720h")] = timedelta(hours=6)
    """How often."""
    gate: Gate = Gate.NONE
    """GoLive: targets stay in fallback until the required checks have passed once, rollback-tested aside."""
    required: Annotated[tuple[CheckId, ...], Field(max_length=64), distinct_items()] = ()
    """The checks that must pass for PreflightPassed and the gate; empty: those that the environment asks for."""
    predecessor: Predecessor | None = None
    """The Staging integration that has to be healthy and to have passed its own preflight."""
    drill_max_age: Annotated[Duration, between("1h", "8760h")] = timedelta(days=90)
    """A successful drill counts for the check rollback-tested for so long."""


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


ClockTime = Annotated[str, Field(max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class DrillWindow(SpecModel):
    """When drills are allowed: from start to end on these days."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7), distinct_items()] = tuple(Weekday)
    """The days on which the window opens."""
    start: ClockTime = "00:00"
    """When it opens, as HH:MM."""
    end: ClockTime = "23:59"
    """When it closes, as HH:MM; earlier than start: on the next day. A drill has to fit in before."""
    time_zone: Annotated[
        str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$")
    ] = "UTC"
    """The time zone of start and end, such as Europe/Berlin."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.start != self.end",
            says="start and end must differ: leave window out to allow drills at any time",
            holds=lambda window: window.start != window.end,
        ),
    )


class DrillSpec(SpecModel):
    """A rehearsal of the fallback; off unless given."""

    interval: Annotated[Duration, between("1h", "8760h")] = timedelta(hours=720)
    """How often."""
    duration: Annotated[Duration, between("1s", "4h")] = timedelta(seconds=60)
    """How long the targets stay in fallback."""
    window: DrillWindow | None = None
    """When drills are allowed; without it at any time. It holds for requests too."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="duration(self.interval) >= duration(self.duration)",
            says="interval must not be shorter than duration: a drill has to end before the next",
            holds=lambda drill: drill.interval >= drill.duration,
        ),
    )
