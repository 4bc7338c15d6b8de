"""The tables of metrics, from the registries that `/metrics` is served from."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from prometheus_client.core import Metric

from docs.generator.markdown import MARK, code, table
from ideogram_operator.runtime.metrics import IntegrationCollector, Metrics

_INTRODUCTION = """# Metrics

Served at `/metrics` on the operator's one port (`--listen`, 8080). The label `name` with `namespace` is the
integration. Series of an integration are gone as soon as it is. No label ever holds a key or a prompt. The usual
names of the Prometheus client apply: a histogram has `_bucket`, `_sum` and `_count`.

"""

_SUFFIXES: Final = {"counter": "_total", "info": "_info"}


def metrics_page() -> str:
    """The page `docs/metrics.md`."""
    own = _table(_of_registry(Metrics()))
    integrations = _table((metric, _labels(metric)) for metric in IntegrationCollector(tuple).collect())
    return f"{MARK}{_INTRODUCTION}## Each integration's\n\n{integrations}\n## The operator's own\n\n{own}"


def _table(families: Iterable[tuple[Metric, Sequence[str]]]) -> str:
    rows = (
        (
            code(metric.name + _SUFFIXES.get(metric.type, "")),
            metric.type,
            ", ".join(code(label) for label in labels),
            metric.documentation,
        )
        for metric, labels in families
    )
    return table(["Name", "Type", "Labels", "Meaning"], rows)


def _of_registry(metrics: Metrics) -> Iterator[tuple[Metric, Sequence[str]]]:
    # What was never counted has no sample yet, and only samples are public; the collectors know all the same.
    for collector in metrics.registry._collector_to_names:  # noqa: SLF001 - see above
        for metric in collector.describe():  # type: ignore[attr-defined] # every metric of the client has it
            yield metric, _labels(collector)


def _labels(of: Any) -> Sequence[str]:
    labels: Sequence[str] = of._labelnames  # noqa: SLF001 - the client has no public name for it
    return labels
