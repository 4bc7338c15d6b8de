"""The variables of one container as it would see them, each with where it stands. Pure.

``env`` wins over ``envFrom``, and of several entries of one name the last wins, as in a real container.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ideogram_operator.checks.gathering.template import Json, listed

ConfigMaps = Mapping[str, Mapping[str, str]]
"""The data of ConfigMaps by name; one that is not there or may not be read is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable.

    Attributes:
        value: None if it does not stand in clear.
        source: ``env``, ``ConfigMap NAME``, ``Secret NAME``, ``a field``.
        where: for people who look for it: ``env IDEOGRAM_TOKEN``, ``ConfigMap settings, key token (env TOKEN)``.
        secret: name and key of the Secret it comes from, None for others.
    """

    name: str
    value: str | None
    source: str
    where: str
    secret: tuple[str, str] | None = None


def variables_of(
    container: Json, env: list[Json], config_maps: ConfigMaps, unread: Collection[str] = ()
) -> dict[str, Variable]:
    """Returns the container's variables by name.

    Args:
        container: of a pod template.
        env: its entries, as ``template.env_of`` returns them.
        config_maps: the ConfigMaps that it reads.
        unread: those that could not be read; any of them may replace what came before it.
    """
    found: dict[str, Variable] = {}
    for source in listed(container, "envFrom"):
        if _part(source, "configMapRef").get("name") in unread:
            found = {name: replace(variable, value=None) for name, variable in found.items()}
        found.update({variable.name: variable for variable in _from_all(source, config_maps)})
    for entry in env:
        variable = _from_entry(entry, config_maps)
        if variable is not None:
            found[variable.name] = variable
    return found


def is_hiding(container: Json, unread: Collection[str]) -> bool:
    """Returns whether the container has variables of whose names nothing is known."""
    return any(_part(source, "configMapRef").get("name") in unread for source in listed(container, "envFrom"))


def _from_all(source: Json, config_maps: ConfigMaps) -> Iterator[Variable]:
    """The variables of an ``envFrom``; those of a Secret cannot be told by name without reading all of it."""
    prefix = source.get("prefix") or ""
    name = _part(source, "configMapRef").get("name")
    for key, value in config_maps.get(str(name), {}).items():
        yield Variable(
            name=f"{prefix}{key}", value=value, source=f"ConfigMap {name}", where=f"ConfigMap {name}, key {key}"
        )


def _from_entry(entry: Json, config_maps: ConfigMaps) -> Variable | None:
    name, given = entry.get("name"), _part(entry, "valueFrom")
    if not isinstance(name, str) or not name:
        return None
    if not given:
        value = entry.get("value")
        return Variable(name=name, value=value if isinstance(value, str) else "", source="env", where=f"env {name}")
    if reference := _part(given, "configMapKeyRef"):
        source, key = str(reference.get("name")), str(reference.get("key"))
        return Variable(
            name=name,
            value=config_maps.get(source, {}).get(key),
            source=f"ConfigMap {source}",
            where=f"ConfigMap {source}, key {key} (env {name})",
        )
    if reference := _part(given, "secretKeyRef"):
        secret = str(reference.get("name")), str(reference.get("key"))
        return Variable(name=name, value=None, source=f"Secret {secret[0]}", where=f"env {name}", secret=secret)
    return Variable(name=name, value=None, source="a field", where=f"env {name}")


def _part(parent: Json, name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}
