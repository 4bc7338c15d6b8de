"""Taking rights away from the operator while it runs: a write that never arrives, or a chart that was cut down."""

from typing import Any

from lab.kube import Json, Kube
from lab.waiting import wait_until
from tests.e2e.shop import Shop

STATUS = ("ideogram-operator.io", "ideogramintegrations", "status")
DEPLOYMENTS = ("apps", "deployments")
ROLE = "/apis/rbac.authorization.k8s.io/v1/namespaces/{0}/roles"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Rights:
    """The operator's Role, some verb of which can be taken away and given back: a write that never arrives."""

    def __init__(self, shop: Shop, account: Kube) -> None:
        self._shop, self._account = shop, account
        roles = shop.kube.get(ROLE.format(shop.namespace))["items"]
        (role,) = (each for each in roles if not each["metadata"]["name"].endswith("-lease"))
        self._path = f"{ROLE.format(shop.namespace)}/{role['metadata']['name']}"
        self._rules: list[Json] = role["rules"]

    def take_patch(self, group: str, resource: str, subresource: str = "") -> None:
        whole = f"{resource}/{subresource}" if subresource else resource
        rules = [
            {**rule, "resources": [one for one in rule["resources"] if one != whole]}
            for rule in self._rules
            if rule["resources"] != [whole]
        ]
        if not subresource:
            rules.append({"apiGroups": [group], "resources": [whole], "verbs": ["get", "list", "watch"]})
        self._set(rules, group, resource, subresource, allowed=False)

    def give_back(self, group: str, resource: str, subresource: str = "") -> None:
        self._set(self._rules, group, resource, subresource, allowed=True)

    def _set(self, rules: list[Json], group: str, resource: str, subresource: str, *, allowed: bool) -> None:
        self._shop.kube.patch(self._path, {"rules": rules})
        asked: dict[str, Any] = {"namespace": self._shop.namespace, "verb": "patch", "group": group}
        asked |= {"resource": resource, "subresource": subresource}
        body = {"spec": {"resourceAttributes": asked}, "apiVersion": "authorization.k8s.io/v1"}
        review = body | {"kind": "SelfSubjectAccessReview"}
        wait_until(
            lambda: self._account.create(REVIEW, review)["status"]["allowed"] is allowed, f"patch {resource}: {allowed}"
        )
