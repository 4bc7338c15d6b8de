"""The algebra of one switch: entries of one name, in one list, held or free.

A switch is a list of entries: the env variables of that name (none, one, or several: Kubernetes allows duplicates and
the last one counts), or the one value of a ConfigMap key. Three operations cover everything that can happen to it, and
none of them knows Kubernetes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from ideogram_operator.cluster.claims import Value

Ours = Callable[[JsonValue], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What becomes of a switch.

    Attributes:
        entries: for each entry that is there now, what it becomes; None: it is taken out.
        append: an entry to add at the end, None for none.
        was: the baseline from now on.
    """

    entries: tuple[JsonValue | None, ...]
    append: JsonValue | None = None
    was: tuple[JsonValue, ...] = ()


def env_entry(name: str, value: Value) -> JsonValue:
    """The env entry that the operator sets."""
    return {"name": name, "value": value}


def is_env_entry(name: str, value: Value) -> Ours:
    """Whether an env entry is the one the operator sets; an empty value is stored as no value at all."""
    return lambda entry: isinstance(entry, dict) and {"value": "", **entry} == {"name": name, "value": value}


def given_back(now: Sequence[JsonValue], was: Sequence[JsonValue], ours: Ours) -> tuple[JsonValue | None, ...]:
    """For each entry that is there now, what it goes back to; None: it is taken out.

    An entry that is no longer ours stays, whoever wrote it. While the count is the baseline's, entries belong together
    pairwise; else ours are matched from the end, where the entry is that counts.
    """
    if len(now) == len(was):
        return tuple(before if ours(entry) else entry for entry, before in zip(now, was, strict=True))
    mine = [index for index, entry in enumerate(now) if ours(entry)]
    back: list[JsonValue | None] = list(now)
    for index, before in zip(reversed(mine), _latest_first(was, len(mine)), strict=True):
        back[index] = before
    return tuple(back)


def _latest_first(was: Sequence[JsonValue], count: int) -> list[JsonValue | None]:
    latest: list[JsonValue | None] = list(reversed(was))
    return (latest + [None] * count)[:count]


def claimed(now: Sequence[JsonValue], back: Sequence[JsonValue | None], *, entry: JsonValue, ours: Ours) -> Settled:
    """The switch with every entry that counts set to ``entry``; what each would go back to is the new baseline."""
    was = tuple(before for before in back if before is not None)
    keep_last = not was and bool(now)
    entries: list[JsonValue | None] = []
    for index, (current, before) in enumerate(zip(now, back, strict=True)):
        stays = before is not None or (keep_last and index == len(now) - 1)
        entries.append((current if ours(current) else entry) if stays else None)
    return Settled(entries=tuple(entries), append=None if entries else entry, was=was)
