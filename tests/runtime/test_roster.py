"""From spec and decision to what each target is set to."""

import pytest

from ideogram_operator.cluster.claims import Overrides
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.targets import Target
from ideogram_operator.resource.words import TargetMode
from ideogram_operator.runtime.roster import overrides_of
from tests.runtime.life import Life, live
from tests.runtime.memory_api import Json

DEPLOYMENT: Json = {"kind": "Deployment", "name": "web", "switch": {}}
THROTTLE: Json = {"throttle": {"name": "IDEOGRAM_CONCURRENCY", "value": "2"}}
ON, LESS = {"IDEOGRAM_ENABLED": "false"}, {"IDEOGRAM_CONCURRENCY": "2"}


def target(given: Json) -> Target:
    spec = IntegrationSpec.parse({"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [given]})
    return spec.targets[0]


TABLE: list[tuple[Json, TargetMode, dict[str, object] | None]] = [
    (DEPLOYMENT, TargetMode.LIVE, None),
    (DEPLOYMENT, TargetMode.THROTTLED, None),
    (DEPLOYMENT, TargetMode.FALLBACK, dict(ON)),
    (DEPLOYMENT | THROTTLE, TargetMode.LIVE, None),
    (DEPLOYMENT | THROTTLE, TargetMode.THROTTLED, dict(LESS)),
    (DEPLOYMENT | THROTTLE, TargetMode.FALLBACK, ON | LESS),
    ({"kind": "CronJob", "name": "nightly"}, TargetMode.LIVE, None),
    ({"kind": "CronJob", "name": "nightly"}, TargetMode.THROTTLED, None),
    ({"kind": "CronJob", "name": "nightly"}, TargetMode.FALLBACK, {"suspend": True}),
    (
        {"kind": "ConfigMap", "name": "settings", "switch": {"name": "ideogram.enabled", "fallbackValue": "off"}},
        TargetMode.FALLBACK,
        {"ideogram.enabled": "off"},
    ),
]


@pytest.mark.parametrize(("given", "mode", "values"), TABLE)
def test_fallback_does_what_throttling_does_and_more(
    given: Json, mode: TargetMode, values: dict[str, object] | None
) -> None:
    expected = Overrides(values=values, containers=None) if values is not None else None  # type: ignore[arg-type]
    assert overrides_of(target(given), mode) == expected


def test_only_the_named_containers_are_switched() -> None:
    found = overrides_of(target(DEPLOYMENT | {"containers": ["web"]}), TargetMode.FALLBACK)
    assert found is not None
    assert found.containers == ("web",)


async def test_a_target_that_two_entries_find_is_told_by_the_first() -> None:
    selected = {"kind": "Deployment", "selector": {"matchLabels": {"app": "shop"}}, "switch": {"fallbackValue": "off"}}
    life = Life(targets=[DEPLOYMENT, selected])
    life.deploy(app="shop")
    await live(life)
    await life.see("503 503 503")
    assert life.switch() == "false"
    assert len(life.record.targets) == 1


async def test_throttling_and_fallback_after_it_are_two_flips_of_one_target() -> None:
    life = Life(targets=[DEPLOYMENT | THROTTLE])
    await live(life)
    await life.see("429 429 429 429 429 429")
    assert life.status.targets[0].mode is TargetMode.THROTTLED
    assert life.switch() == "true"
    await life.see("503 503 503")
    assert life.status.targets[0].mode is TargetMode.FALLBACK
    assert life.switch() == "false"
    await life.keep("ok", seconds=700)
    found = life.api.there("deployments", "web")
    assert found is not None
    assert found["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "IDEOGRAM_ENABLED", "value": "true"}]


async def test_a_deployment_that_comes_during_an_outage_is_told_within_half_a_minute() -> None:
    selected = {"kind": "Deployment", "selector": {"matchLabels": {"app": "shop"}}, "switch": {}}
    life = Life(targets=[selected])
    life.deploy(app="shop")
    await live(life)
    await life.see("503 503 503")
    life.deploy("late", app="shop")
    await life.keep("503", seconds=40, every=2)
    assert life.switch("late") == "false"
