"""Events of the preflight: on edges that are news, and on no others."""

from datetime import UTC, datetime

import pytest

from ideogram_operator.resource.conditions import Condition
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import ConditionStatus, ConditionType
from ideogram_operator.runtime.tidings import checked, preflight_notes

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RAW = {"metadata": {"namespace": "shop", "name": "images"}}
REASONS = {
    "True": Reason.CHECKS_PASSED,
    "False": Reason.CHECKS_FAILED,
    "Unknown": Reason.CHECKS_UNKNOWN,
}


def status(passed: str | None) -> IntegrationStatus:
    if passed is None:
        return IntegrationStatus()
    told = Condition(
        type=ConditionType.PREFLIGHT_PASSED,
        status=ConditionStatus(passed),
        reason=REASONS[passed],
        message="24/26.",
        last_transition_time=NOON,
    )
    return IntegrationStatus(conditions=(told,))


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ("True", "False", ("Warning", "ChecksFailed")),
        ("False", "True", ("Normal", "ChecksPassed")),
        ("Unknown", "True", ("Normal", "ChecksPassed")),
        ("Unknown", "False", None),
        ("True", "Unknown", None),
        ("False", "False", None),
        ("True", "True", None),
        (None, "False", None),
        (None, "True", None),
    ],
)
def test_what_passes_and_what_does_not_any_more_is_told(
    before: str | None, after: str, event: tuple[str, str] | None
) -> None:
    notes = list(preflight_notes(RAW, checked(status(before)), status(after)))
    assert [(note.type, note.reason) for note in notes] == ([event] if event else [])
