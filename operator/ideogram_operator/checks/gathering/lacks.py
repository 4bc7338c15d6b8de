"""From an error to what a check makes of it: tried and not working is Fail, not tried is Unknown."""

from ideogram_operator.checks.facts import Lack
from ideogram_operator.cluster.errors import ClusterError, NotFound
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.services.results import ServiceError


def lack_of_service(error: ServiceError) -> Lack:
    """Returns what a failed try of a service means."""
    result = CheckResult.UNKNOWN if error.untried else CheckResult.FAIL
    return Lack(result=result, message=error.message, hint=error.hint or "Look at the service and its configuration.")


def lack_of_secret(error: ClusterError, *, namespace: str, name: str, field: str) -> Lack:
    """Returns what a Secret that could not be read means; ``field`` is the place in the spec that names it."""
    if isinstance(error, NotFound):
        return Lack(
            result=CheckResult.FAIL,
            message=f"there is no Secret {name} in namespace {namespace}",
            hint=f"Create it, or mend {field}.",
        )
    return lack_of_read(error)


def lack_of_read(error: ClusterError) -> Lack:
    """Returns what a refused read means: it could not be told. The rule that would allow it is the hint's alone."""
    rule = getattr(error, "rule", "")
    if not rule:
        return Lack(result=CheckResult.UNKNOWN, message=str(error), hint="Look at the Kubernetes API server.")
    hint = f"Add this rule to the operator's role: {rule}."
    return Lack(result=CheckResult.UNKNOWN, message=str(error).partition(";")[0], hint=hint)


def lack_of_entry(*, namespace: str, name: str, entry: str, field: str) -> Lack:
    """Returns what a Secret without the entry that is named means."""
    return Lack(
        result=CheckResult.FAIL,
        message=f"Secret {namespace}/{name} has no {entry}, or it is empty",
        hint=f"Add the key {entry} to the Secret, or mend {field}.",
    )
