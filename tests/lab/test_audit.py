"""The audit log against the chart's rights: what counts as used, what as granted, and what as neither."""

import json
from typing import Any

import pytest

from lab.audit import HOME, WATCHED, Asked, Grant, Log, Right, compare, granted_by, read_log, rights_of
from lab.operator import chart_objects

GET = Right("", "secrets", "get")
PATCH = Right("apps", "deployments", "patch")
LEASE = Right("coordination.k8s.io", "leases", "update")
GRANTED = {
    GET: frozenset({Grant(WATCHED)}),
    PATCH: frozenset({Grant(WATCHED)}),
    LEASE: frozenset({Grant(HOME, frozenset({"mine"}))}),
}
REVIEW = Right("authorization.k8s.io", "selfsubjectaccessreviews", "create")
FREE = frozenset({REVIEW, Right("", "/apis/*", "get")})
BOUND = frozenset({("ops-operator", "shop")})
EVERYWHERE = frozenset({("ops-operator", "")})


def asked(right: Right, namespace: str = "shop", name: str = "", *, permitted: bool = True) -> Asked:
    return Asked("ops", right, namespace, name or ("mine" if right == LEASE else ""), permitted)


def findings(*requests: Asked, bound: frozenset[tuple[str, str]] = BOUND) -> tuple[list[str], list[str]]:
    log = Log(asked=frozenset(requests), bound=bound)
    found = compare(log, GRANTED, free=FREE, binding="{home}-operator")
    return list(found.beyond), list(found.idle)


ALL = (asked(GET), asked(PATCH), asked(LEASE, "ops"))


def test_all_that_is_granted_is_used_and_nothing_else() -> None:
    assert findings(*ALL, asked(REVIEW, ""), asked(Right("", "/apis/apps/v1", "get"), "")) == ([], [])


def test_a_verb_that_no_rule_grants_is_told_though_it_was_refused() -> None:
    stray = asked(Right("", "secrets", "list"), permitted=False)
    assert findings(*ALL, stray) == (["list secrets is used and not granted"], [])


def test_what_is_never_used_is_told() -> None:
    assert findings(asked(GET), asked(LEASE, "ops")) == (
        [],
        ["patch deployments (apps) is granted and was never used"],
    )


def test_a_name_that_the_rule_does_not_have_is_told() -> None:
    stray = asked(LEASE, "ops", "another")
    assert findings(*ALL, stray)[0] == [f"{LEASE} is used on another, and granted on another name only"]


def test_a_request_that_was_refused_is_no_use_of_a_right_and_none_beyond_it() -> None:
    """A test takes the right away: nothing needs to be marked."""
    refused = asked(PATCH, permitted=False)
    assert findings(*ALL, refused) == ([], [])
    assert findings(asked(GET), refused, asked(LEASE, "ops"))[1] == [
        "patch deployments (apps) is granted and was never used"
    ]


@pytest.mark.parametrize(
    ("request_", "bound", "where"),
    [
        (asked(GET, "gallery"), BOUND, "namespace gallery"),
        (asked(GET, "ops"), BOUND, "namespace ops"),
        (asked(GET, ""), BOUND, "all namespaces"),
        (asked(GET, "shop"), frozenset(), "namespace shop"),
        (asked(GET, "gallery"), EVERYWHERE, None),
        (asked(GET, ""), EVERYWHERE, None),
        (asked(LEASE, "shop"), BOUND, "namespace shop"),
        (asked(LEASE, "gallery"), EVERYWHERE, "namespace gallery"),
    ],
)
def test_it_asks_where_it_was_told_to_work_and_nowhere_else(
    request_: Asked, bound: frozenset[tuple[str, str]], where: str | None
) -> None:
    beyond, _ = findings(request_, bound=bound)
    assert beyond == ([f"{request_.right} is used in {where}, which the account of ops was not told"] if where else [])


def line(user: str, verb: str, code: int | None = 200, agent: str = "kopf/1", **about: Any) -> str:
    entry: dict[str, Any] = {"user": {"username": user}, "verb": verb, "requestURI": "/version?timeout=5s"}
    entry["userAgent"] = agent
    entry |= {"objectRef": about} if about else {}
    entry |= {"responseStatus": {"code": code}} if code else {}
    return json.dumps(entry, separators=(",", ":"))


OPERATOR = "system:serviceaccount:ops:operator"


def test_the_log_is_read() -> None:
    status = {"resource": "deployments", "apiGroup": "apps", "namespace": "shop", "subresource": "status"}
    lines = [
        line(OPERATOR, "get", 404, resource="secrets", namespace="shop", name="ideogram"),
        line(OPERATOR, "patch", 403, **status),
        line(OPERATOR, "get"),
        line(OPERATOR, "get", None, resource="pods", namespace="shop"),
        line(OPERATOR, "list", 403, "ideogram-lab", resource="secrets", namespace="shop"),
        line("system:serviceaccount:ops:other-operator", "delete", resource="pods", namespace="shop"),
        line("admin", "delete", resource="pods", namespace="shop", name=":operator"),
        line("admin", "patch", resource="rolebindings", namespace="shop", name="ops-operator"),
        line("admin", "get", resource="clusterrolebindings", name="never-written"),
        f"{line(OPERATOR, 'list', resource='pods')[:-9]}",
    ]
    log = read_log(iter(lines), account="operator")
    assert log.asked == {
        asked(GET, name="ideogram"),
        asked(Right("apps", "deployments/status", "patch"), permitted=False),
        asked(Right("", "/version", "get"), ""),
    }
    assert log.bound == BOUND


def test_a_role_that_is_cut_down_no_longer_grants() -> None:
    rules = [{"apiGroups": ["", "apps"], "resources": ["a", "b/status"], "verbs": ["get", "patch"]}]
    assert len(list(rights_of(rules))) == 8
    assert Right("apps", "b/status", "patch") in set(rights_of(rules))
    assert list(rights_of([{"nonResourceURLs": ["/version"], "verbs": ["get"]}])) == [Right("", "/version", "get")]


def chart(**values: Any) -> dict[Right, frozenset[Grant]]:
    objects = chart_objects(namespace="ops", values={"namespaces": ["shop"], "crds.install": False, **values})
    return granted_by(objects, home="ops")


def test_the_charts_rights_hold_in_the_watched_namespace_and_the_leases_at_home() -> None:
    granted = chart()
    assert granted[GET] == granted[PATCH] == {Grant(WATCHED)}
    assert granted[LEASE] == {Grant(HOME, frozenset({"ideogram-operator"}))}
    assert PATCH not in chart(readOnly=True)
