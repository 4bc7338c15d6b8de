"""Rights that are withdrawn from the operator while it works, in earnest: by its Role, not by a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster import Cluster
from lab.kube import Kube
from lab.operator import Operator, grant_rights, operator_kubeconfig
from lab.waiting import wait_until
from tests.e2e.rights import DEPLOYMENTS, REVIEW, STATUS, Rights
from tests.e2e.shop import Shop, condition
from tests.faults.measuring import Measuring, each, measures
from tests.faults.rows import cluster as rows
from tests.faults.standing import Stall, staffed, stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

SECONDS = 20.0
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/{0}/rolebindings"


@pytest.fixture(scope="module")
def staff(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Operator]]:
    with staffed(cluster, tmp_path_factory.mktemp("staff")) as found:
        yield found


@pytest.fixture
def one(staff: tuple[Shop, Operator]) -> Iterator[Stall]:
    shop, operator = staff
    with stall(shop) as found:
        yield found
    operator.must_live()


@pytest.fixture
def account(staff: tuple[Shop, Operator], tmp_path: Path) -> Kube:
    """A client with the operator's own rights."""
    shop, _ = staff
    path = operator_kubeconfig(shop.cluster.access, shop.namespace, tmp_path / "account.yaml")
    return Kube.from_kubeconfig(path)


@each(
    {
        rows.RIGHTS["targets"]: DEPLOYMENTS,
        rows.RIGHTS["status"]: STATUS,
        rows.RIGHTS["events"]: ("events.k8s.io", "events"),
    }
)
def test_a_right_is_withdrawn_and_given_back(one: Stall, account: Kube, row: Measuring, case: tuple[str, ...]) -> None:
    before = one.open()
    rights = Rights(one.shop, account)
    rights.take_patch(*case)
    try:
        row.begins()
        one.admin.fault("refused")
        if case == DEPLOYMENTS:
            refused(one, row)
        else:
            one.reads("false")
            row.acted()
    finally:
        rights.give_back(*case)
    row.ends()
    one.shop.reads("false", name=one.name, timeout=SECONDS)
    one.fallen()
    row.recovered()
    one.admin.heal()
    one.live()
    assert one.generation == before + 2


def refused(one: Stall, row: Measuring) -> None:
    status = one.shop.until(
        lambda status: condition(status, "Ready")["reason"] == "PermissionDenied", "the refusal", name=one.name
    )
    row.detected()
    told = condition(status, "Ready")["message"]
    assert "patch deployments.apps" in told
    assert "a Role with this rule allows it" in told or "allow it with the rule" in told
    one.reads("true")
    row.left_alone()


@measures(rows.NO_RIGHTS)
def test_all_rights_are_withdrawn_and_given_back(
    one: Stall, account: Kube, staff: tuple[Shop, Operator], row: Measuring
) -> None:
    shop, _ = staff
    before = one.open()
    bindings = BINDINGS.format(shop.namespace)
    for binding in shop.kube.get(bindings)["items"]:
        shop.kube.delete(f"{bindings}/{binding['metadata']['name']}")
    try:
        wait_until(lambda: not _may(account, shop, "patch", DEPLOYMENTS), "the rights to be gone")
        row.begins()
        one.admin.revoke(one.key.secret)
        one.admin.wait_for(lambda log: sum(a.key == one.key.name and a.status == 401 for a in log) >= 2)
        assert one.shop.told(name=one.name) == "true"
        row.left_alone()
    finally:
        grant_rights(shop.cluster, shop.namespace)
    row.ends()
    one.shop.reads("false", name=one.name, timeout=SECONDS)
    one.fallen()
    row.recovered()
    one.shop.secret(one.admin.add_key(account=one.name).secret, name=one.name)
    one.live()
    assert one.generation == before + 2


def _may(account: Kube, shop: Shop, verb: str, what: tuple[str, str]) -> bool:
    asked = {"namespace": shop.namespace, "verb": verb, "group": what[0], "resource": what[1]}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    return bool(account.create(REVIEW, body | {"spec": {"resourceAttributes": asked}})["status"]["allowed"])
