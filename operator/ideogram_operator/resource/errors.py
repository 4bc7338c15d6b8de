"""A spec that cannot be used, in words that a person can act on."""

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ideogram_operator.resource.bounded import clip

MAX_PROBLEMS: Final = 5
MOST_TOLD: Final = 50
"""Mistakes that are told one by one, where there is room for all."""
_LONGEST_NAME: Final = 100


class SpecError(ValueError):
    """The spec breaks its own rules.

    Attributes:
        problems: one sentence each: the field's path, what is wrong, what to do. Never the offending value: it may
            be a credential in the wrong place.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self._told()))

    def _told(self) -> Iterator[str]:
        yield from self.problems[:MAX_PROBLEMS]
        if len(self.problems) > MAX_PROBLEMS:
            yield f"and {len(self.problems) - MAX_PROBLEMS} more"


def spec_error(error: ValidationError, model: type[BaseModel]) -> SpecError:
    """What pydantic found in a `model`, retold for a person."""
    found = _first_causes(error.errors(include_url=False, include_input=False))
    problems = [f"{path(problem['loc'])}: {_sentence(problem, model)}" for problem in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        problems.append(f"spec: has {len(found) - MOST_TOLD} more mistakes: correct these first")
    return SpecError(problems)


def _first_causes(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The problems without those that only follow: a list whose items are bad counts as too short as well."""
    problems = list(found)
    around = {problem["loc"][:end] for problem in problems for end in range(len(problem["loc"]))}
    return [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in around]


def path(loc: Iterable[int | str]) -> str:
    """A place in the spec as ``kubectl explain`` and the API server write it: ``spec.targets[0].name``."""
    return "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{clip(part, _LONGEST_NAME)}" for part in loc)


def _sentence(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    match problem["type"]:
        case "missing":
            return "is required: add it"
        case "extra_forbidden":
            return "unknown field: remove it or correct its spelling" + _suggestion(problem["loc"], model)
        case "value_error":
            return str(problem["ctx"]["error"])
        case "too_short" | "too_long":
            return _count(problem)
        case "rule" | "distinct":
            return str(problem["msg"])
        case _:
            return _lower_first(str(problem["msg"]))


def _count(problem: Mapping[str, Any]) -> str:
    """How many entries a list or map must have."""
    if problem["type"] == "too_short":
        return f"must have at least {problem['ctx']['min_length']} entry: add it or remove the field"
    return f"must have at most {problem['ctx']['max_length']} entries: remove some"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _suggestion(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """The known field that was probably meant, from all that the models know: the place is already in the path."""
    close = difflib.get_close_matches(str(loc[-1]), sorted(_fields(model)), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


@functools.cache
def _fields(model: type[BaseModel]) -> frozenset[str]:
    """The names under "properties" anywhere in the schema of `model`."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))
