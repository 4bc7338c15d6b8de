"""Equal parts of specs and statuses, kept once: ten thousand integrations say the same few things."""

from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)

# Module-level, for nobody can tell whether a part is in it: a frozen model by its own content, while it is in use.
_KNOWN: Final = WeakValueDictionary[tuple[type, str], Any]()
"""By what was given: a default that somebody wrote out is not one that nobody mentioned."""


def shared(model: Model) -> Model:
    """A frozen model that was given the same: the first that is still in use, which may be this one."""
    found: Model = _KNOWN.setdefault((type(model), model.model_dump_json(exclude_unset=True)), model)
    # Not all that differs is written differently.
    return found if found == model else model
