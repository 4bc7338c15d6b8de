"""What the Kubernetes API can refuse, one class per decision the caller has to make.

::

    ClusterError
    ├── NotFound       the object is not there: for a target that is held, done
    ├── Conflict       somebody was faster: read again and plan again
    ├── Gone           the resourceVersion or list page is too old: list anew
    ├── Forbidden      a person must change a rule: say which one
    ├── Invalid        a person must change the request or the object: never repeat it
    └── Unavailable    nobody's fault now: the same again, later

``failure`` draws the line from an HTTP answer to a class; it reads nothing but status and body.

No message here quotes a value of the object: for a patch that does not decode, the API server answers with the whole
object in its message, environment variables and all. Only field names and reasons are taken over.
"""

from collections.abc import Mapping
from typing import Any

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.resource.bounded import clip

_LONGEST_QUOTE = 300
_LONGEST_REASON = 64


class ClusterError(Exception):
    """Anything that came of a request to the API server."""

    def __init__(self, message: str, *, address: Address, verb: str) -> None:
        super().__init__(message)
        self.address = address
        self.verb = verb


class NotFound(ClusterError):  # noqa: N818 - named by what is the case, as the API server does
    """404."""


class Conflict(ClusterError):  # noqa: N818 - as above
    """409, or a JSON Patch that did not apply because the object is not what it was read as (422 without causes)."""


class Gone(ClusterError):  # noqa: N818 - as above
    """410: list anew."""


class Forbidden(ClusterError):  # noqa: N818 - as above
    """403, seen twice. ``rule`` is the RBAC rule that would fix it; empty when admission refused, not RBAC."""

    def __init__(self, message: str, *, address: Address, verb: str, rule: str) -> None:
        super().__init__(message, address=address, verb=verb)
        self.rule = rule


class Invalid(ClusterError):  # noqa: N818 - as above
    """400, 422 and the other answers that will be the same next time."""


class Unavailable(ClusterError):  # noqa: N818 - as above
    """Time-out, connection, 401, 429, 5xx. ``retry_after``: seconds the server asked for, None if it did not."""

    def __init__(self, message: str, *, address: Address, verb: str, retry_after: float | None = None) -> None:
        super().__init__(message, address=address, verb=verb)
        self.retry_after = retry_after


def failure(  # noqa: PLR0911 - one line per class of the tree above
    status: int, body: Mapping[str, Any], *, address: Address, verb: str, retry_after: float | None = None
) -> ClusterError:
    """The error that an HTTP status of 400 or more stands for.

    Measured on kube-apiserver 1.36: a JSON Patch whose ``test`` fails, or whose path does not exist, is a 422 with
    reason Invalid and *empty details*; a patch that a validation refuses is a 422 with ``details.causes``.
    """
    what = f"{verb} {address}"
    match status:
        case 404:
            return NotFound(f"{address} not found", address=address, verb=verb)
        case 409:
            return Conflict(f"{what}: changed by somebody else meanwhile", address=address, verb=verb)
        case 410:
            return Gone(f"{what}: the version asked for is too old", address=address, verb=verb)
        case 403:
            return _forbidden(body, address=address, verb=verb)
        case 422 if verb == "patch" and not _causes(body):
            return Conflict(f"{what}: the object is not what it was read as", address=address, verb=verb)
        case 401:
            return Unavailable(
                f"{what}: the API server does not accept the operator's own credentials (HTTP 401)",
                address=address,
                verb=verb,
            )
        case _ if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP's own numbers
            return Unavailable(f"{what}: HTTP {status}", address=address, verb=verb, retry_after=retry_after)
    return Invalid(f"{what}: {_reasons(status, body)}", address=address, verb=verb)


def rbac_rule(address: Address, verb: str) -> str:
    """The Role rule that allows ``verb`` on ``address``, as it goes into a manifest."""
    plural = address.resource.plural + (f"/{address.subresource}" if address.subresource else "")
    return f'{{apiGroups: ["{address.resource.group}"], resources: ["{plural}"], verbs: ["{verb}"]}}'


def _forbidden(body: Mapping[str, Any], *, address: Address, verb: str) -> Forbidden:
    message = str(body.get("message", ""))
    where = f"in namespace {address.namespace}" if address.namespace else "in the whole cluster"
    if " cannot " not in message and message:
        said = clip(message, _LONGEST_QUOTE)
        return Forbidden(f"{verb} {address}: refused by admission: {said}", address=address, verb=verb, rule="")
    rule = rbac_rule(address, verb)
    text = f"the operator may not {verb} {address.resource.qualified} {where}; a Role with this rule allows it: {rule}"
    return Forbidden(text, address=address, verb=verb, rule=rule)


def _causes(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = body.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    return [cause for cause in causes if isinstance(cause, Mapping)] if isinstance(causes, list) else []


def _reasons(status: int, body: Mapping[str, Any]) -> str:
    causes = [f"{cause.get('field', '?')} ({cause.get('reason', '?')})" for cause in _causes(body)[:5]]
    if causes:
        return "not valid: " + clip(", ".join(causes), _LONGEST_QUOTE)
    message = str(body.get("message", ""))
    if message.startswith("admission webhook"):
        return clip(message, _LONGEST_QUOTE)
    return f"HTTP {status} {clip(str(body.get('reason', '')), _LONGEST_REASON)}".rstrip()
