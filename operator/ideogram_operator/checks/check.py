"""A check as data: what it is called, what it needs to know, and the function that judges it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ideogram_operator.checks.facts import Facts, Inquiry
from ideogram_operator.checks.finding import Finding
from ideogram_operator.resource.checklist import CheckEvidence, CheckId
from ideogram_operator.resource.words import Environment


class Section(StrEnum):
    """The sections of the checklist, in its order."""

    API = "API configuration"
    REQUESTS = "Request handling"
    IMAGES = "Image persistence"
    ERRORS = "Error handling"
    SAFETY = "Content safety"
    GOING_LIVE = "Going live"
    PLATFORM = "Platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the checklist.

    Attributes:
        holds: what must hold, for the documentation.
        does: what is done to find out, for the documentation.
        hint: what to do where it does not hold, for the documentation; findings have more exact ones.
        evidence: how a result may be known, the strongest first.
        needs: what has to be asked; none for checks that rest on the spec alone.
        judge: from the facts to the finding; pure.
        required_in: the environments in which it is required unless ``spec.preflight.required`` says otherwise.
    """

    id: CheckId
    section: Section
    holds: str
    does: str
    hint: str
    evidence: tuple[CheckEvidence, ...]
    needs: tuple[Inquiry, ...]
    judge: Callable[[Facts], Finding]
    required_in: frozenset[Environment]
