"""Which checks must pass before an integration counts as ready: those that are named, else those of its environment."""

from dataclasses import dataclass

from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.spec import IntegrationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """The checks that must pass.

    Attributes:
        checks: in the order of the checklist.
        explicit: whether the spec names them; then none of them may be skipped.
    """

    checks: tuple[CheckId, ...]
    explicit: bool


def required(spec: IntegrationSpec) -> Required:
    """The checks that this integration must pass."""
    named = spec.preflight.required
    checks = (
        check.id for check in CHECKLIST if (check.id in named if named else spec.environment in check.required_in)
    )
    return Required(checks=tuple(checks), explicit=bool(named))
