"""What Prometheus is told. Documented names; series of an integration are gone with it; never a key, never a prompt.

The operator's own figures are counted where they happen. An integration's figures are read at the scrape from what
the runtime knows, so that none can be left behind.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ideogram_operator import __version__
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.words import Health, State
from ideogram_operator.runtime.agenda import Key

PROBE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
PREFLIGHT_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
DELAY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RECONCILE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationFigures:
    """What a scrape says of one integration; ``probe_latency`` in seconds, None while there is none.

    ``last_drill``: when the fallback was last rehearsed with success.
    """

    key: Key
    decision: Decision
    probe_latency: float | None
    checks: Mapping[CheckResult, int] = field(default_factory=dict)
    last_drill: datetime | None = None


class IntegrationCollector(Collector):
    """The figures of all integrations as they are at the scrape."""

    def __init__(self, figures: Callable[[], Iterable[IntegrationFigures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Returns one family per kind of figure."""
        names = ["namespace", "name"]
        state = GaugeMetricFamily(
            "ideogram_integration_state", "1 for the state the breaker is in.", labels=[*names, "state"]
        )
        health = GaugeMetricFamily(
            "ideogram_integration_health", "1 for the health of the API as assessed.", labels=[*names, "health"]
        )
        alert = GaugeMetricFamily(
            "ideogram_integration_alert", "1 while the alert fires.", labels=[*names, "alert", "severity"]
        )
        flips = CounterMetricFamily(
            "ideogram_integration_flips",
            "Changes of what targets are told: into fallback, throttled, and back.",
            labels=names,
        )
        latency = GaugeMetricFamily(
            "ideogram_integration_probe_latency_seconds", "How long the latest probe took.", labels=names
        )
        checks = GaugeMetricFamily(
            "ideogram_integration_preflight_checks", "Checks of the preflight, by result.", labels=[*names, "result"]
        )
        drill = GaugeMetricFamily(
            "ideogram_integration_drill_last_success_timestamp_seconds",
            "When the fallback was last rehearsed with success.",
            labels=names,
        )
        for one in self._figures():
            labels = [one.key.namespace, one.key.name]
            memory = one.decision.memory
            for each_state in State:
                state.add_metric([*labels, each_state], float(memory.state is each_state))
            for each_health in Health:
                health.add_metric([*labels, each_health], float(one.decision.health is each_health))
            for firing in one.decision.alerts:
                alert.add_metric([*labels, firing.trigger, firing.severity], 1.0)
            flips.add_metric(labels, memory.flips)
            if one.probe_latency is not None:
                latency.add_metric(labels, one.probe_latency)
            for result, count in one.checks.items():
                checks.add_metric([*labels, result], count)
            if one.last_drill is not None:
                drill.add_metric(labels, one.last_drill.timestamp())
        yield from (state, health, alert, flips, latency, checks, drill)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The operator's own figures, in a registry of their own."""

    registry: CollectorRegistry = field(default_factory=lambda: CollectorRegistry(auto_describe=False))
    reconciles: Counter = field(init=False)
    reconcile_seconds: Histogram = field(init=False)
    status_writes: Counter = field(init=False)
    target_patches: Counter = field(init=False)
    probes: Counter = field(init=False)
    probe_seconds: Histogram = field(init=False)
    integrations: Gauge = field(init=False)
    decided: Gauge = field(init=False)
    rollouts: Gauge = field(init=False)
    lateness: Gauge = field(init=False)
    loop_lag: Gauge = field(init=False)
    loop_delay: Histogram = field(init=False)
    probe_lateness: Histogram = field(init=False)
    ghosts: Counter = field(init=False)
    leader: Gauge = field(init=False)
    preflights: Counter = field(init=False)
    notifications: Counter = field(init=False)
    preflight_seconds: Histogram = field(init=False)

    def __post_init__(self) -> None:
        registry = self.registry
        made: dict[str, object] = {
            "reconciles": Counter(
                "ideogram_operator_reconciles", "Reconciles, by how they ended.", ["result"], registry=registry
            ),
            "reconcile_seconds": Histogram(
                "ideogram_operator_reconcile_duration_seconds",
                "How long a reconcile took.",
                buckets=RECONCILE_BUCKETS,
                registry=registry,
            ),
            "status_writes": Counter(
                "ideogram_operator_status_writes", "Writes of status, by why.", ["why"], registry=registry
            ),
            "target_patches": Counter(
                "ideogram_operator_target_patches",
                "Patches of targets, by kind and what they tell.",
                ["kind", "mode"],
                registry=registry,
            ),
            "probes": Counter(
                "ideogram_operator_probes",
                "Requests to the provider and the control URL, by method and HTTP status or kind of failure.",
                ["method", "result"],
                registry=registry,
            ),
            "probe_seconds": Histogram(
                "ideogram_operator_probe_duration_seconds",
                "How long probes took.",
                ["method"],
                buckets=PROBE_BUCKETS,
                registry=registry,
            ),
            "integrations": Gauge("ideogram_operator_integrations", "Integrations known.", registry=registry),
            "decided": Gauge(
                "ideogram_operator_integrations_decided",
                "Integrations at work: those that were decided on since the start.",
                registry=registry,
            ),
            "rollouts": Gauge(
                "ideogram_operator_rollouts_in_progress", "Rollouts that the operator started.", registry=registry
            ),
            "lateness": Gauge(
                "ideogram_operator_agenda_lateness_seconds",
                "By how much the most overdue reconcile is late.",
                registry=registry,
            ),
            "loop_lag": Gauge(
                "ideogram_operator_loop_lag_seconds", "How late the event loop woke up, last.", registry=registry
            ),
            "loop_delay": Histogram(
                "ideogram_operator_loop_delay_seconds",
                "How late the event loop woke up, twenty times a second.",
                buckets=DELAY_BUCKETS,
                registry=registry,
            ),
            "probe_lateness": Histogram(
                "ideogram_operator_probe_lateness_seconds",
                "How long after its due time a probe was started.",
                buckets=DELAY_BUCKETS,
                registry=registry,
            ),
            "notifications": Counter(
                "ideogram_operator_notifications",
                "Messages to the receivers of spec.notify, by what came of them.",
                ["result"],
                registry=registry,
            ),
            "preflights": Counter(
                "ideogram_operator_preflights", "Preflights begun, by why.", ["why"], registry=registry
            ),
            "preflight_seconds": Histogram(
                "ideogram_operator_preflight_duration_seconds",
                "How long preflights took.",
                buckets=PREFLIGHT_BUCKETS,
                registry=registry,
            ),
            "leader": Gauge(
                "ideogram_operator_leader",
                "1 where this operator works, 0 where it stands by for another one.",
                registry=registry,
            ),
            "ghosts": Counter(
                "ideogram_operator_ghosts", "Deleted integrations the watch never told of.", registry=registry
            ),
        }
        for name, metric in made.items():
            object.__setattr__(self, name, metric)
        Info("ideogram_operator", "The operator's build.", registry=registry).info({"version": __version__})
