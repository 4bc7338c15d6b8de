"""Reading what is left of a damaged document."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Loc = tuple[int | str, ...]


def without(document: Any, places: Iterable[Loc]) -> Any:
    """`document` without what stands at `places`, unchanged itself.

    A place that is not there, a required field that is missing, takes its parent along: half an alert is none.
    Removing always makes the document smaller, so whoever repeats it comes to an end.
    """
    present = {_nearest(document, place) for place in places}
    return _pruned(document, (), present)


def _nearest(document: Any, place: Loc) -> Loc:
    """The longest part of `place` that exists, or the parent of what does not."""
    here = document
    for depth, step in enumerate(place):
        if not _has(here, step):
            return place[:depth]
        here = here[step]
    return place


def _has(value: Any, step: int | str) -> bool:
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, Sequence) and not isinstance(value, str) and isinstance(step, int) and step < len(value)


def _pruned(value: Any, here: Loc, gone: set[Loc]) -> Any:
    if here in gone:
        return {}
    if isinstance(value, Mapping):
        return {k: _pruned(v, (*here, k), gone) for k, v in value.items() if (*here, k) not in gone}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_pruned(v, (*here, i), gone) for i, v in enumerate(value) if (*here, i) not in gone]
    return value
