"""The policy of the simplest integration there is, for whatever is to be decided about hostile bytes."""

from typing import Any, Final

from ideogram_operator.decisions.from_spec import policy_of
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.resource.spec import IntegrationSpec

SPEC: Final[dict[str, Any]] = {
    "api": {"keySecretRef": {"name": "ideogram", "key": "api-key"}},
    "targets": [
        {"kind": "Deployment", "name": "web", "switch": {"name": "IDEOGRAM_ENABLED", "fallbackValue": "false"}}
    ],
}


def policy() -> Policy:
    """With every default: Fallback on an outage, a refused key and an empty account."""
    return policy_of(IntegrationSpec.parse(SPEC))
