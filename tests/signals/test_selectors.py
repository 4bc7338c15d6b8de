"""From a workload's selector to what the API server is asked for."""

from typing import Any

import pytest

from ideogram_operator.signals.results import SignalError
from ideogram_operator.signals.selectors import label_selector


def workload(**selector: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"selector": selector}}


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (workload(matchLabels={"app": "web"}), "app=web"),
        (workload(matchLabels={"tier": "", "app": "web"}), "app=web,tier="),
        (workload(matchExpressions=[{"key": "app", "operator": "In", "values": ["b", "a"]}]), "app in (a,b)"),
        (workload(matchExpressions=[{"key": "app", "operator": "NotIn", "values": ["a"]}]), "app notin (a)"),
        (workload(matchExpressions=[{"key": "app", "operator": "Exists"}]), "app"),
        (workload(matchExpressions=[{"key": "app", "operator": "DoesNotExist"}]), "!app"),
        (
            workload(matchLabels={"app": "web"}, matchExpressions=[{"key": "old", "operator": "DoesNotExist"}]),
            "app=web,!old",
        ),
    ],
)
def test_labels_and_expressions_become_one_selector(live: dict[str, Any], expected: str) -> None:
    assert label_selector(live) == expected


@pytest.mark.parametrize(
    "live",
    [
        {},
        {"kind": "ConfigMap", "data": {}},
        {"kind": "CronJob", "spec": {"schedule": "* * * * *"}},
        workload(),
        workload(matchLabels={}, matchExpressions=[]),
        workload(matchLabels=None, matchExpressions=None),
    ],
)
def test_what_has_no_selector_selects_nothing_rather_than_every_pod(live: dict[str, Any]) -> None:
    assert label_selector(live) == ""


def test_an_operator_of_a_later_kubernetes_is_not_guessed_at() -> None:
    with pytest.raises(SignalError, match="operator Gt is not known"):
        label_selector(workload(matchExpressions=[{"key": "app", "operator": "Gt", "values": ["1"]}]))
