"""What the claimants of one target want, together: any that asks for fallback gets it, the earliest wins on a value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.claims import SUSPEND, Claim, Value
from ideogram_operator.resource.words import TargetKind

Slot = tuple[str, str]
"""A container's name (empty outside of workloads) and the switch's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An integration lets go. Releasing what is not held changes nothing."""

    integration: str


def claims_after(claims: Sequence[Claim], change: Claim | Release | None) -> tuple[Claim, ...]:
    """The claims, the earliest first, after a change.

    The same wish asked again (same uid and flip) keeps its time and cause; another uid under the same name takes over
    from an integration that is gone. Neither changes the order.
    """
    if change is None:
        return tuple(claims)
    if isinstance(change, Release):
        return tuple(claim for claim in claims if claim.integration != change.integration)
    old = next((claim for claim in claims if claim.integration == change.integration), None)
    if old is None:
        return (*claims, change)
    same_wish = (old.uid, old.flip) == (change.uid, change.flip)
    new = replace(old, overrides=change.overrides) if same_wish else change
    kept = [claim for claim in claims if claim is old or claim.integration != change.integration]
    return tuple(new if claim is old else claim for claim in kept)


def wanted(kind: TargetKind, live: Mapping[str, Any], claims: Sequence[Claim]) -> dict[Slot, Value]:
    """What each switch of the live object should be."""
    if not kinds.shape(kind).rolls:
        return _first_wins(
            (("", name), value)
            for claim in claims
            for name, value in claim.overrides.values.items()
            if kind is not TargetKind.CRON_JOB or name == SUSPEND
        )
    return _first_wins(
        ((container, name), value)
        for claim in claims
        for container in names_of_containers(kind, live)
        if claim.overrides.containers is None or container in claim.overrides.containers
        for name, value in claim.overrides.values.items()
    )


def missing_containers(kind: TargetKind, live: Mapping[str, Any], claims: Sequence[Claim]) -> dict[str, str]:
    """Containers that a claim names and the target does not have, each with the integration that names it."""
    there = names_of_containers(kind, live)
    if not kinds.shape(kind).rolls:
        return {}
    return {
        name: claim.integration for claim in claims for name in claim.overrides.containers or () if name not in there
    }


def names_of_containers(kind: TargetKind, live: Mapping[str, Any]) -> list[str]:
    """The names of the template's containers, in their order."""
    return [str(container.get("name", "")) for container in kinds.containers(kind, live)]


def _first_wins(pairs: Iterable[tuple[Slot, Value]]) -> dict[Slot, Value]:
    found: dict[Slot, Value] = {}
    for slot, value in pairs:
        found.setdefault(slot, value)
    return found
