"""Which parts of the spec this version accepts and stores, but does not act on yet.

The resource is a contract from its first version on; what is given and has no effect must be said, not swallowed.
A field that gets its implementation loses its line here.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel

from ideogram_operator.resource.spec import IntegrationSpec

PENDING: Final = (
    "api.standbyKeySecretRef",
    "api.activeKeySecret",
    "triggers.slowGeneration",
    "triggers.creditsLow",
    "triggers.safetyRejections",
    "billing",
)
"""Fields by their path on the wire; ``[]`` stands for every item."""


def not_yet_acted_on(spec: IntegrationSpec, pending: Iterable[str] = PENDING) -> tuple[str, ...]:
    """The paths of `pending` that somebody gave in `spec`, in that order, as in ``spec.traffic``."""
    return tuple(f"spec.{path}" for path in pending if any(_given(spec, path.split("."))))


def _given(part: Any, steps: list[str]) -> Iterator[bool]:
    """One True for every place under `part` where the path was given and not empty."""
    if not steps:
        yield part not in (None, (), {})
        return
    name = steps[0].removesuffix("[]")
    value = _field(part, name)
    for item in value if steps[0].endswith("[]") else (value,):
        if item is not None:
            yield from _given(item, steps[1:])


def _field(part: BaseModel, wire_name: str) -> Any:
    """The value of a field that was given, None of one that has its default: the API server writes that in by itself.

    Raises:
        StopIteration: there is no such field: the path above is misspelt.
    """
    name, field = next((name, field) for name, field in type(part).model_fields.items() if field.alias == wire_name)
    value = getattr(part, name)
    return value if name in part.model_fields_set and value != field.default else None
