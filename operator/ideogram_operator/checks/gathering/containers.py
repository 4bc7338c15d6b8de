"""What a target's containers are told: settings, keys in clear, keys of others, Bearer headers. Pure.

A key in clear is found by what it is and not by its name: whoever hides it under ``PAINTER_TOKEN`` has not put it into
a Secret. Only places are handed on, never values.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ideogram_operator.checks.facts import ContainerFacts, Setting
from ideogram_operator.checks.gathering.template import Json, data_of, env_of, listed, pod_spec, texts_of
from ideogram_operator.checks.gathering.variables import ConfigMaps, Variable, is_hiding, variables_of
from ideogram_operator.resource.words import TargetKind

SETTINGS: Final = "IDEOGRAM_"
_KEY_NAME: Final = re.compile(r"IDEOGRAM_.*(KEY|TOKEN|SECRET)|IDEOGRAM(KEY|TOKEN|SECRET)")
_BEARER_NAME: Final = re.compile(r"IDEOGRAM_.*(BEARER|AUTHORI[SZ]ATION|AUTH_HEADER).*")
_BEARER_VALUE: Final = re.compile(r"\s*Bearer\s", re.IGNORECASE)

_PARTS: Final = (("containers", False), ("initContainers", True))
"""Where a pod template has containers, and whether those are init containers."""

Shows = Callable[[str], bool]
"""Whether a text shows the API key."""


def shows(key: str) -> Shows:
    """Returns the test for texts that hold the key, plain or in base64."""
    encoded = base64.b64encode(key.encode()).decode().rstrip("=")
    return lambda text: key in text or encoded in text


def shows_nothing(_: str) -> bool:
    """The test where there is no key to look for."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How containers are looked at.

    Attributes:
        config_maps: by name, those that the pod template reads.
        shows: the test for the API key.
        foreign: whether the Secret and key that a variable comes from hold another API key than the integration's.
        told: the names of the containers that the integration switches; empty: all but init containers.
        unread: by name, the ConfigMaps that could not be read.
    """

    config_maps: ConfigMaps
    shows: Shows
    foreign: Callable[[tuple[str, str]], bool] = lambda _: False
    told: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()


def containers_of(kind: TargetKind, live: Json, view: View) -> tuple[ContainerFacts, ...]:
    """Returns what is known of each container of a target; of a ConfigMap one entry, its data."""
    if kind is TargetKind.CONFIG_MAP:
        return (_config_map(live, view),)
    spec = pod_spec(kind, live)
    parts = [(one, init) for part, init in _PARTS for one in listed(spec, part)]
    return _with_mounted([_container(one, env_of(kind, live, one), view, init=init) for one, init in parts], view)


def secrets_of(kind: TargetKind, live: Json) -> tuple[tuple[str, str], ...]:
    """Returns the Secrets (name, key) from which containers take something that is named like an Ideogram key."""
    found = [
        variable.secret
        for part, _ in _PARTS
        for container in listed(pod_spec(kind, live), part)
        for variable in variables_of(container, env_of(kind, live, container), {}).values()
        if variable.secret is not None and _names_a_key(variable.name)
    ]
    return tuple(dict.fromkeys(found))


def _with_mounted(containers: list[ContainerFacts], view: View) -> tuple[ContainerFacts, ...]:
    """The containers; of ConfigMaps with the key in them, those that no variable tells of count for the first."""
    told = [place for one in containers for place in one.exposed]
    # Which containers mount a ConfigMap is of no matter: it is told once.
    untold = [place for place in _mounted(view) if not any(f"{one} ".startswith(f"{place} ") for one in told)]
    return tuple(
        one if index else replace(one, exposed=(*one.exposed, *untold)) for index, one in enumerate(containers)
    )


def _container(container: Json, env: list[Json], view: View, *, init: bool) -> ContainerFacts:
    variables = variables_of(container, env, view.config_maps, view.unread)
    name = str(container.get("name", ""))
    words = ("args",) if any(view.shows(word) for word in texts_of(container)) else ()
    # Every entry is looked at, also one that a later entry of its name hides: it stands in the manifest all the same.
    literal = [
        f"env {entry.get('name')}"
        for entry in env
        if isinstance(entry.get("value"), str) and view.shows(entry["value"])
    ]
    exposed = [*literal, *(one.where for one in variables.values() if _is_exposed(one, view)), *words]
    return ContainerFacts(
        name=name,
        init=init,
        told=name in view.told if view.told else not init,
        settings=_settings(variables),
        exposed=tuple(dict.fromkeys(exposed)),
        other_keys=tuple(_other_keys(variables.values(), view)),
        bearers=tuple(_bearers(variables.values())),
        hiding=is_hiding(container, view.unread),
        foreign_key=next((_told(one.secret) for one in variables.values() if _is_foreign(one, view)), ""),
    )


def _config_map(live: Json, view: View) -> ContainerFacts:
    data = data_of(live)
    values = {key: Variable(name=key, value=value, source="data", where=f"key {key}") for key, value in data.items()}
    return ContainerFacts(
        name="",
        settings=_settings(values),
        exposed=tuple(one.where for one in values.values() if _is_exposed(one, view)),
        other_keys=tuple(_other_keys(values.values(), view)),
        bearers=tuple(_bearers(values.values())),
    )


def _mounted(view: View) -> Iterator[str]:
    """The ConfigMaps with the key in them, whichever way they reach the containers."""
    for name, data in view.config_maps.items():
        for key, value in data.items():
            if view.shows(value):
                yield f"ConfigMap {name}, key {key}"


def _settings(variables: Mapping[str, Variable]) -> Mapping[str, Setting]:
    found = {
        name: Setting(value=one.value, source=one.source)
        for name, one in variables.items()
        # The value of what is named like a key is nobody's business here.
        if name.startswith(SETTINGS) and not _names_a_key(name)
    }
    return MappingProxyType(found)


def _is_exposed(one: Variable, view: View) -> bool:
    return one.value is not None and one.source != "env" and view.shows(one.value)


def _other_keys(variables: Iterable[Variable], view: View) -> Iterator[str]:
    for one in variables:
        if one.value and _names_a_key(one.name) and not view.shows(one.value):
            yield one.where


def _bearers(variables: Iterable[Variable]) -> Iterator[str]:
    for one in variables:
        named = _BEARER_NAME.fullmatch(one.name) is not None
        if named or (one.name.startswith(SETTINGS) and one.value and _BEARER_VALUE.match(one.value)):
            yield one.where


def _is_foreign(one: Variable, view: View) -> bool:
    return one.secret is not None and _names_a_key(one.name) and view.foreign(one.secret)


def _names_a_key(name: str) -> bool:
    return _KEY_NAME.fullmatch(name) is not None


def _told(secret: tuple[str, str] | None) -> str:
    return f"Secret {secret[0]}, key {secret[1]}" if secret else ""
