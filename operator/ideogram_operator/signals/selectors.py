"""Which pods are a workload's: from its selector to the text that the Kubernetes API takes. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from ideogram_operator.signals.results import SignalError

_OPERATORS: Final = {"In": "in", "NotIn": "notin"}


def label_selector(live: Mapping[str, Any]) -> str:
    """The ``labelSelector`` for the pods of a Deployment, StatefulSet or DaemonSet.

    Empty if the object has no selector, as a CronJob or a ConfigMap, or an empty one: that would be every pod.

    Raises:
        SignalError: the selector has an operator that is not known.
    """
    selector = _mapping(_mapping(live, "spec"), "selector")
    equal = [f"{key}={value}" for key, value in sorted(_mapping(selector, "matchLabels").items())]
    expressions = selector.get("matchExpressions") or []
    return ",".join(equal + [_term(one) for one in expressions])


def _term(expression: Mapping[str, Any]) -> str:
    key, operator = expression.get("key"), expression.get("operator")
    match operator:
        case "In" | "NotIn":
            values = ",".join(sorted(str(value) for value in expression.get("values") or []))
            return f"{key} {_OPERATORS[operator]} ({values})"
        case "Exists":
            return f"{key}"
        case "DoesNotExist":
            return f"!{key}"
    raise SignalError(f"the selector's operator {operator} is not known", untried=True)


def _mapping(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}
