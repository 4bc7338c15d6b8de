"""What the containers of a target are told: the key wherever it hides, settings as the container sees them."""

import base64
from typing import Any

import pytest

from ideogram_operator.checks.facts import ContainerFacts
from ideogram_operator.checks.gathering.containers import View, containers_of, secrets_of, shows
from ideogram_operator.checks.gathering.template import config_maps_of, pod_spec
from ideogram_operator.cluster.claims import Claim, Held, Ledger, Overrides, encode
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind

Json = dict[str, Any]

KEY = "ideo-canary-0123456789abcdef"
FROM_SECRET = {"name": "IDEOGRAM_API_KEY", "valueFrom": {"secretKeyRef": {"name": "ideogram", "key": "api-key"}}}


def deployment(*containers: Json, init: tuple[Json, ...] = (), volumes: tuple[Json, ...] = ()) -> Json:
    spec = {"containers": list(containers), "initContainers": list(init), "volumes": list(volumes)}
    return {"metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}}


def container(*env: Json, name: str = "web", **more: Any) -> Json:
    return {"name": name, "env": list(env), **more}


def seen(live: Json, *, config_maps: dict[str, dict[str, str]] | None = None, **more: Any) -> ContainerFacts:
    view = View(config_maps=config_maps or {}, shows=shows(KEY), **more)
    return containers_of(TargetKind.DEPLOYMENT, live, view)[0]


ENCODED = base64.b64encode(KEY.encode()).decode()
EXPOSURES: dict[str, tuple[Json, dict[str, dict[str, str]], tuple[str, ...]]] = {
    "a literal": (deployment(container({"name": "IDEOGRAM_API_KEY", "value": KEY})), {}, ("env IDEOGRAM_API_KEY",)),
    "another name": (deployment(container({"name": "PAINTER", "value": KEY})), {}, ("env PAINTER",)),
    "within a value": (deployment(container({"name": "URL", "value": f"https://x/?k={KEY}&y"})), {}, ("env URL",)),
    "in base64": (deployment(container({"name": "BLOB", "value": ENCODED})), {}, ("env BLOB",)),
    "hidden by a later entry": (
        deployment(container({"name": "IDEOGRAM_API_KEY", "value": KEY}, FROM_SECRET)),
        {},
        ("env IDEOGRAM_API_KEY",),
    ),
    "an argument": (deployment(container(args=["--key", KEY])), {}, ("args",)),
    "a command": (deployment(container(command=["sh", "-c", f"KEY={KEY} run"])), {}, ("args",)),
    "a key of a ConfigMap": (
        deployment(
            container({"name": "TOKEN", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "token"}}})
        ),
        {"settings": {"token": KEY}},
        ("ConfigMap settings, key token (env TOKEN)",),
    ),
    "a whole ConfigMap": (
        deployment(container(envFrom=[{"configMapRef": {"name": "settings"}}])),
        {"settings": {"TOKEN": KEY}},
        ("ConfigMap settings, key TOKEN",),
    ),
    "a mounted ConfigMap": (
        deployment(container(), volumes=({"name": "c", "configMap": {"name": "files"}},)),
        {"files": {"app.ini": f"[ideogram]\nkey={KEY}\n"}},
        ("ConfigMap files, key app.ini",),
    ),
}


@pytest.mark.parametrize("case", EXPOSURES.values(), ids=EXPOSURES)
def test_the_key_is_found_wherever_it_stands_in_clear(
    case: tuple[Json, dict[str, dict[str, str]], tuple[str, ...]],
) -> None:
    live, config_maps, places = case
    found = seen(live, config_maps=config_maps)
    assert found.exposed == places
    assert KEY not in repr(found)


def test_a_key_from_its_secret_is_not_exposed() -> None:
    assert seen(deployment(container(FROM_SECRET))).exposed == ()


def test_another_literal_under_a_keys_name_is_told_and_not_shown() -> None:
    found = seen(deployment(container({"name": "IDEOGRAM_API_KEY", "value": "some-older-key"})))
    assert (found.other_keys, found.exposed) == (("env IDEOGRAM_API_KEY",), ())
    assert "some-older-key" not in repr(found)


def test_init_containers_are_looked_into_but_not_told() -> None:
    live = deployment(container(FROM_SECRET), init=(container({"name": "K", "value": KEY}, name="fetch"),))
    web, fetch = containers_of(TargetKind.DEPLOYMENT, live, View(config_maps={}, shows=shows(KEY)))
    assert (web.told, fetch.told, fetch.init, fetch.exposed) == (True, False, True, ("env K",))


def test_only_the_named_containers_are_told() -> None:
    live = deployment(container(name="web"), container(name="sidecar"))
    found = containers_of(TargetKind.DEPLOYMENT, live, View(config_maps={}, shows=shows(KEY), told=("web",)))
    assert [(one.name, one.told) for one in found] == [("web", True), ("sidecar", False)]


BEARERS = [
    ({"name": "IDEOGRAM_AUTHORIZATION", "value": "x"}, True),
    ({"name": "IDEOGRAM_BEARER_TOKEN", "value": "x"}, True),
    ({"name": "IDEOGRAM_HEADER", "value": "Bearer abc"}, True),
    ({"name": "IDEOGRAM_HEADER", "value": "Api-Key abc"}, False),
    ({"name": "OTHER_AUTHORIZATION", "value": "Bearer abc"}, False),
]


@pytest.mark.parametrize(("entry", "bearer"), BEARERS)
def test_variables_that_make_a_bearer_header_are_told(entry: Json, bearer: bool) -> None:
    assert bool(seen(deployment(container(entry))).bearers) is bearer


def test_settings_are_those_that_the_container_would_see() -> None:
    live = deployment(
        container(
            {"name": "IDEOGRAM_CONCURRENCY", "value": "8"},
            {"name": "IDEOGRAM_CONCURRENCY", "value": "2"},
            {"name": "IDEOGRAM_TIMEOUT_SECONDS", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "t"}}},
            {"name": "IDEOGRAM_MAX_RETRIES", "valueFrom": {"secretKeyRef": {"name": "s", "key": "r"}}},
            {"name": "OTHER", "value": "1"},
            envFrom=[{"configMapRef": {"name": "settings"}}, {"prefix": "IDEOGRAM_", "configMapRef": {"name": "more"}}],
        )
    )
    maps = {"settings": {"t": "90", "IDEOGRAM_CONCURRENCY": "9"}, "more": {"MAX_PROMPT_CHARS": "5000"}}
    settings = seen(live, config_maps=maps).settings
    assert {name: (one.value, one.source) for name, one in settings.items()} == {
        "IDEOGRAM_CONCURRENCY": ("2", "env"),
        "IDEOGRAM_TIMEOUT_SECONDS": ("90", "ConfigMap settings"),
        "IDEOGRAM_MAX_RETRIES": (None, "Secret s"),
        "IDEOGRAM_MAX_PROMPT_CHARS": ("5000", "ConfigMap more"),
    }


def test_the_value_of_what_is_named_like_a_key_is_never_a_setting() -> None:
    assert seen(deployment(container({"name": "IDEOGRAM_API_KEY", "value": "x"}))).settings == {}


def ledger(kind: TargetKind, *held: Held) -> str:
    claim = Claim(
        integration="shop",
        uid="u",
        flip=1,
        since="2026-11-22T00:00:00Z",
        trigger="apiUnreachable",
        message="m",
        overrides=Overrides(values={"IDEOGRAM_CONCURRENCY": "1"}),
    )
    return encode(Ledger(claims=(claim,), baseline=held))


def test_while_a_target_is_held_its_own_settings_count() -> None:
    held = Held(
        container="web",
        name="IDEOGRAM_CONCURRENCY",
        value="1",
        was=({"name": "IDEOGRAM_CONCURRENCY", "value": "8"},),
    )
    live = deployment(container({"name": "IDEOGRAM_CONCURRENCY", "value": "1"}))
    live["metadata"]["annotations"] = {FALLBACK_ANNOTATION: ledger(TargetKind.DEPLOYMENT, held)}
    assert seen(live).settings["IDEOGRAM_CONCURRENCY"].value == "8"


def test_a_config_map_that_is_a_target_is_looked_into_as_it_was_before_the_fallback() -> None:
    data = {"IDEOGRAM_ENABLED": "false", "IDEOGRAM_CONCURRENCY": "2", "token": KEY}
    live: Json = {"metadata": {"name": "settings"}, "data": data}
    held = Held(name="IDEOGRAM_ENABLED", value="false", was=("true",))
    live["metadata"]["annotations"] = {FALLBACK_ANNOTATION: ledger(TargetKind.CONFIG_MAP, held)}
    (found,) = containers_of(TargetKind.CONFIG_MAP, live, View(config_maps={}, shows=shows(KEY)))
    assert found.exposed == ("key token",)
    assert {name: one.value for name, one in found.settings.items()} == {
        "IDEOGRAM_ENABLED": "true",
        "IDEOGRAM_CONCURRENCY": "2",
    }


def test_secrets_of_keys_are_named_so_that_they_can_be_compared() -> None:
    other = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    live = deployment(container(FROM_SECRET, other))
    assert secrets_of(TargetKind.DEPLOYMENT, live) == (("ideogram", "api-key"),)
    assert seen(live, foreign=lambda secret: secret == ("ideogram", "api-key")).foreign_key == (
        "Secret ideogram, key api-key"
    )


def test_config_maps_are_found_in_every_place_of_a_template() -> None:
    live = deployment(
        container(
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "a"}}},
            envFrom=[{"configMapRef": {"name": "two"}}],
        ),
        init=(container(envFrom=[{"configMapRef": {"name": "three"}}], name="fetch"),),
        volumes=(
            {"name": "v", "configMap": {"name": "four"}},
            {"name": "p", "projected": {"sources": [{"configMap": {"name": "five"}}, {"secret": {"name": "s"}}]}},
        ),
    )
    assert set(config_maps_of(pod_spec(TargetKind.DEPLOYMENT, live))) == {"one", "two", "three", "four", "five"}


def test_a_cron_jobs_template_is_looked_into() -> None:
    spec = {"containers": [container({"name": "X", "value": KEY})]}
    live = {"metadata": {"name": "n"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}
    (found,) = containers_of(TargetKind.CRON_JOB, live, View(config_maps={}, shows=shows(KEY)))
    assert found.exposed == ("env X",)


@pytest.mark.parametrize("live", [{}, {"spec": None}, {"spec": {"template": {"spec": {"containers": [3, None]}}}}])
def test_any_object_can_be_looked_at(live: Json) -> None:
    assert containers_of(TargetKind.DEPLOYMENT, live, View(config_maps={}, shows=shows(KEY))) == ()


def from_config_maps(*names: str) -> list[Json]:
    return [{"configMapRef": {"name": name}} for name in names]


def test_what_an_unread_config_map_may_replace_is_not_known() -> None:
    known = {"base": {"IDEOGRAM_TIMEOUT_SECONDS": "60"}, "last": {"IDEOGRAM_MAX_RETRIES": "3"}}
    live = deployment(
        container({"name": "IDEOGRAM_CONCURRENCY", "value": "2"}, envFrom=from_config_maps("base", "secretive", "last"))
    )
    found = seen(live, config_maps=known, unread=frozenset({"secretive"}))
    assert found.hiding
    assert {name: setting.value for name, setting in found.settings.items()} == {
        "IDEOGRAM_TIMEOUT_SECONDS": None,
        "IDEOGRAM_MAX_RETRIES": "3",
        "IDEOGRAM_CONCURRENCY": "2",
    }
    assert not seen(live, config_maps=known).hiding
