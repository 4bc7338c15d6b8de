"""What the operator may do, asked before it has to: a refusal found during an outage is found too late."""

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.errors import ClusterError, rbac_rule
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.reasons import Reason, Remark

REVIEWS = Resource(group="authorization.k8s.io", version="v1", plural="selfsubjectaccessreviews")
REVIEWS_OF_OTHERS = Resource(group="authorization.k8s.io", version="v1", plural="subjectaccessreviews")


async def allowed(gateway: Gateway, address: Address, verb: str, *, user: str = "") -> bool | None:
    """Whether a verb is allowed on an address; None if nobody can say.

    Args:
        gateway: asks for itself, unless a user is named.
        address: what it is about.
        verb: such as ``patch``.
        user: somebody else, such as ``system:serviceaccount:NAMESPACE:NAME``; asking for others takes a right too.
    """
    attributes = {
        "namespace": address.namespace,
        "verb": verb,
        "group": address.resource.group,
        "version": address.resource.version,
        "resource": address.resource.plural,
        "subresource": address.subresource,
        "name": address.name,
    }
    body = {
        "apiVersion": REVIEWS.api_version,
        "kind": "SubjectAccessReview" if user else "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes} | ({"user": user, "groups": _groups(user)} if user else {}),
    }
    try:
        answer = await gateway.post(Address(resource=REVIEWS_OF_OTHERS if user else REVIEWS), body)
    except ClusterError:
        # The review itself may be forbidden; the first real refusal tells then.
        return None
    said = (answer.get("status") or {}).get("allowed")
    return said if isinstance(said, bool) else None


async def refused(gateway: Gateway, address: Address, verb: str) -> Remark | None:
    """Why a verb is not allowed on an address, with the rule that would allow it; None if it is, or nobody can say."""
    if await allowed(gateway, address, verb) is not False:
        return None
    text = (
        f"the operator may not {verb} {address.resource.qualified} in namespace {address.namespace}; "
        f"allow it with the rule {rbac_rule(address, verb)}"
    )
    return Remark(reason=Reason.FORBIDDEN, message=text)


def _groups(user: str) -> list[str]:
    """The groups of a ServiceAccount: roles may be bound to these as well."""
    parts = user.split(":")
    of_account = parts[:2] == ["system", "serviceaccount"] and len(parts) == 4  # noqa: PLR2004 - as Kubernetes names them
    accounts = ["system:serviceaccounts", f"system:serviceaccounts:{parts[2]}"] if of_account else []
    return [*accounts, "system:authenticated"]
