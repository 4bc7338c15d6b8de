"""Where switches live in an object, and the JSON Patch operations that set them or give them back.

Two places: the ``env`` list of a container, in which a switch is every entry of its name; and a mapping of values (a
ConfigMap's ``data``, a CronJob's ``spec``), in which it is one key. Operations name exactly the entries that change,
by index or key: nothing beside them is sent, so nothing beside them can be lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from ideogram_operator.cluster.claims import Held, Value
from ideogram_operator.cluster.entries import Ours, Settled, claimed, env_entry, given_back, is_env_entry

Operation = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Section:
    """What a plan does in one place; filled while planning, read after.

    Attributes:
        operations: the patch, in an order in which indexes stay right.
        held: the baseline from now on.
        put_back: names that the operator had set and found changed.
        already: names that had the value wanted before anybody asked.
        absent: whether the place itself was not there when the operator first added to it.
    """

    operations: list[Operation] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    put_back: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    absent: bool = False


def pointer(*steps: str | int) -> str:
    """An RFC 6901 pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def plan_env(
    at: tuple[str | int, ...],
    container: Mapping[str, Any],
    *,
    wanted: Mapping[str, Value],
    held: Mapping[str, Held],
    absent: bool,
) -> Section:
    """The switches of one container. ``at`` is its place; ``absent``: it had no ``env`` before the operator came."""
    name = str(container.get("name", ""))
    env: list[JsonValue] = container.get("env") or []
    place = pointer(*at, "env")
    section = Section(absent=absent if env else container.get("env") is None)
    replaced: dict[int, JsonValue] = {}
    removed: set[int] = set()
    appended: list[JsonValue] = []
    for switch in dict.fromkeys([*held, *wanted]):
        indexes = [i for i, entry in enumerate(env) if isinstance(entry, dict) and entry.get("name") == switch]
        now = [env[i] for i in indexes]
        settled = _settle(section, name, switch, now, wanted=wanted, held=held, entry=env_entry, is_ours=is_env_entry)
        for index, before, after in zip(indexes, now, settled.entries, strict=True):
            if after is None:
                removed.add(index)
            elif after != before:
                replaced[index] = after
        if settled.append is not None:
            appended.append(settled.append)
    section.operations = _env_operations(
        place, env, replaced, removed, appended, vanish=section.absent, missing=container.get("env") is None
    )
    section.absent = section.absent and bool(section.held)
    return section


def plan_values(
    at: tuple[str | int, ...],
    values: Mapping[str, Any] | None,
    *,
    wanted: Mapping[str, Value],
    held: Mapping[str, Held],
    absent: bool,
) -> Section:
    """The switches in a mapping at ``at``, None where the mapping is not there."""
    present = values or {}
    section = Section(absent=absent if present else values is None)
    added: dict[str, JsonValue] = {}
    removed: set[str] = set()
    for switch in dict.fromkeys([*held, *wanted]):
        now = [present[switch]] if switch in present else []
        settled = _settle(section, "", switch, now, wanted=wanted, held=held, entry=_value, is_ours=_is_value)
        after = settled.entries[0] if settled.entries else settled.append
        if after is None and now:
            removed.add(switch)
        elif after is not None and [after] != now:
            added[switch] = after
    section.operations = _value_operations(at, added, removed, missing=values is None)
    if removed and removed == set(present) and not added and section.absent:
        section.operations = [{"op": "remove", "path": pointer(*at)}]
    section.absent = section.absent and bool(section.held)
    return section


def _settle(
    section: Section,
    container: str,
    switch: str,
    now: Sequence[JsonValue],
    *,
    wanted: Mapping[str, Value],
    held: Mapping[str, Held],
    entry: Any,
    is_ours: Any,
) -> Settled:
    """What becomes of one switch; what is worth telling goes into ``section``."""
    before = held.get(switch)
    back: tuple[JsonValue | None, ...] = tuple(now)
    if before is not None:
        set_by_us: Ours = is_ours(switch, before.value)
        back = given_back(now, before.was, set_by_us)
        in_place = bool(now) and all(set_by_us(one) for one in now)
        if not in_place:
            section.put_back.append(switch)
        elif wanted.get(switch) == before.value:
            section.held.append(before)
            return Settled(entries=tuple(now), was=before.was)
    if switch not in wanted:
        return Settled(entries=back)
    value = wanted[switch]
    ours: Ours = is_ours(switch, value)
    if before is None and now and all(ours(one) for one in now):
        section.already.append(switch)
    settled = claimed(now, back, entry=entry(switch, value), ours=ours)
    section.held.append(Held(container=container, name=switch, value=value, was=settled.was))
    return settled


def _env_operations(
    place: str,
    env: Sequence[JsonValue],
    replaced: Mapping[int, JsonValue],
    removed: set[int],
    appended: Sequence[JsonValue],
    *,
    vanish: bool,
    missing: bool,
) -> list[Operation]:
    if appended and missing:
        return [{"op": "add", "path": place, "value": [*appended]}]
    if removed and vanish and len(removed) == len(env) and not appended:
        return [{"op": "remove", "path": place}]
    return [
        *({"op": "replace", "path": f"{place}/{index}", "value": entry} for index, entry in sorted(replaced.items())),
        *({"op": "remove", "path": f"{place}/{index}"} for index in sorted(removed, reverse=True)),
        *({"op": "add", "path": f"{place}/-", "value": entry} for entry in appended),
    ]


def _value_operations(
    at: tuple[str | int, ...], added: Mapping[str, JsonValue], removed: set[str], *, missing: bool
) -> list[Operation]:
    if added and missing:
        return [{"op": "add", "path": pointer(*at), "value": dict(added)}]
    return [
        *({"op": "remove", "path": pointer(*at, switch)} for switch in sorted(removed)),
        *({"op": "add", "path": pointer(*at, switch), "value": value} for switch, value in added.items()),
    ]


def _value(_: str, value: Value) -> JsonValue:
    return value


def _is_value(_: str, value: Value) -> Ours:
    return lambda entry: entry == value
