"""The figures: documented names, series that are gone with their resource, and nothing secret in a label."""

import re

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ideogram_operator.resource.words import PLURAL
from ideogram_operator.runtime.assembly import _figures
from ideogram_operator.runtime.metrics import IntegrationCollector, Metrics
from lab.cluster import REPOSITORY
from tests.runtime.life import CANARY, KEY, Life, fallen, live


def scraped(life: Life) -> str:
    """What Prometheus would read now."""
    registry = life.metrics.registry
    collector = IntegrationCollector(lambda: _figures(life.operator, life.pool))  # type: ignore[arg-type]
    registry.register(collector)
    try:
        return generate_latest(registry).decode()
    finally:
        registry.unregister(collector)


def samples(text: str, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_an_integration_in_fallback_shows_it() -> None:
    text = scraped(await fallen())
    state = samples(text, "ideogram_integration_state", "name", "state")
    assert state["images", "Fallback"] == 1
    assert sum(state.values()) == 1
    assert samples(text, "ideogram_integration_health", "name", "health")["images", "Down"] == 1
    assert samples(text, "ideogram_integration_alert", "namespace", "alert", "severity") == {
        ("shop", "apiUnreachable", "P1"): 1
    }
    assert samples(text, "ideogram_integration_flips_total", "name") == {("images",): 1}
    assert samples(text, "ideogram_operator_target_patches_total", "kind", "mode") == {("Deployment", "Fallback"): 1}


async def test_the_series_of_one_that_is_gone_are_gone() -> None:
    life = await live()
    assert 'name="images"' in scraped(life)
    life.api.remove(PLURAL, KEY.name)
    await life.reconcile()
    assert 'name="images"' not in scraped(life)


async def test_no_key_is_in_any_figure() -> None:
    life = await fallen()
    demand = next(iter(life.pool.demands.values()))
    assert CANARY not in scraped(life)
    assert demand.key.fingerprint not in scraped(life)


def test_the_cluster_is_asked_no_oftener_for_a_scrape() -> None:
    """A scrape reads what is known; it never does anything."""
    assert b"ideogram_operator_info" in generate_latest(Metrics().registry)


async def test_every_figure_is_documented() -> None:
    # Times of creation are switched off where the operator runs (cli/run.py).
    families = text_string_to_metric_families(scraped(await fallen()))
    names = {family.name for family in families if not family.name.endswith("_created")}
    documented = "\n".join(path.read_text() for path in (REPOSITORY / "docs").rglob("*.md"))
    told = set(re.findall(r"ideogram_(?:operator|integration)[a-z0-9_]*", documented))
    assert {name for name in names if not told & {name, f"{name}_total", f"{name}_info"}} == set()
