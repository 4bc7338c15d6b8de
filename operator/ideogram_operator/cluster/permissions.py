"""What the operator may do, asked before it has to: a refusal found during an outage is found too late."""

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.errors import ClusterError, rbac_rule
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.reasons import Reason, Remark

REVIEWS = Resource(group="authorization.k8s.io", version="v1", plural="selfsubjectaccessreviews")


async def refused(gateway: Gateway, address: Address, verb: str) -> Remark | None:
    """Why a verb is not allowed on an address, with the rule that would allow it; None if it is, or nobody can say."""
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
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer = await gateway.post(Address(resource=REVIEWS), body)
    except ClusterError:
        # The review itself may be forbidden; the first real refusal tells then.
        return None
    if (answer.get("status") or {}).get("allowed") is not False:
        return None
    text = (
        f"the operator may not {verb} {address.resource.qualified} in namespace {address.namespace}; "
        f"allow it with the rule {rbac_rule(address, verb)}"
    )
    return Remark(reason=Reason.FORBIDDEN, message=text)
