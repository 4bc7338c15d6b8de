"""What CI holds a smoke run to: ratios and counts only, since a shared machine has no seconds to rely on."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

WORST_STORM: Final = 6.0
"""Times the floor. The goal is 1.25; a quadratic cost, or a report before a patch, is ten and more."""
MOST_UNTIL_LAST: Final = 3.0
"""Requests of the operator for each target until the last one is told: two are needed."""
MOST_GROWTH: Final = 1.6
"""Times linear, from the smallest to the largest fleet."""


def broken(found: Mapping[str, Any]) -> list[str]:
    """The bounds that do not hold, each in a sentence."""
    return [*_of_storm(found.get("storm")), *_of_scale(found.get("scale"))]


def _of_storm(storm: Mapping[str, Any] | None) -> Iterator[str]:
    if storm is None:
        return
    # On the way back status has to be written first: the floor writes it, too.
    for way, ratio in (("dies", storm["dies"]["ratio"]), ("returns", storm["returns"]["ratio_with_status"])):
        if ratio > WORST_STORM:
            yield f"storm, provider {way}: {ratio} times the floor, more than {WORST_STORM}"
    until = storm["dies"]["requests_per_target_until_last"]
    if until > MOST_UNTIL_LAST:
        yield f"storm, provider dies: {until} requests a target before the last is told, more than {MOST_UNTIL_LAST}"


def _of_scale(steps: list[Mapping[str, Any]] | None) -> Iterator[str]:
    if steps is None:
        return
    least, most = steps[0], steps[-1]
    times = most["integrations"] / least["integrations"]
    grown = most["restart"]["cpu_seconds"] / least["restart"]["cpu_seconds"]
    if grown > MOST_GROWTH * times:
        yield f"CPU of a start grew {grown:.1f} times with {times:.1f} times the integrations"
    for step in steps:
        if step["idle"]["writes"]:
            yield f"{step['integrations']} integrations at rest: {step['idle']['writes']}"
