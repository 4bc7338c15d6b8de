"""Bounds that status keeps by itself: writing status must never fail because a message was too long.

The spec refuses what is out of bounds, the status cuts it: an operator that cannot report is worse than one that
reports the first hundred characters.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

ELLIPSIS: Final = "…"
_COST: Final = len(ELLIPSIS.encode())


def one_line(text: str) -> str:
    """`text` in one line, without what would steer a terminal or turn the reading direction around.

    kubectl prints status and events as they are, and parts of them are a tenant's words.
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def clip(text: str, limit: int) -> str:
    """`text` as `one_line`, cut to `limit` bytes as JSON writes it in UTF-8; what is cut ends in an ellipsis."""
    line = one_line(text)
    if _size(line) <= limit:
        return line
    sizes = [_size(character) for character in line[:limit]]
    spent, kept = _COST, 0
    while kept < len(sizes) and spent + sizes[kept] <= limit:
        spent += sizes[kept]
        kept += 1
    return line[:kept].rstrip() + ELLIPSIS


def _size(text: str) -> int:
    """The bytes that `text` takes inside a JSON string, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode(errors="replace")) - 2


@dataclass(frozen=True, slots=True)
class Clipped:
    """Annotates a string of status: at most so many bytes, the rest is cut."""

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._cut, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "maxLength": self.limit}

    def _cut(self, text: str) -> str:
        return clip(text, self.limit)


@dataclass(frozen=True, slots=True)
class Newest:
    """Annotates a list of status in the order of time: the last so many are kept."""

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._cut, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "maxItems": self.limit}

    def _cut(self, items: Sequence[Any]) -> Sequence[Any]:
        return items[-self.limit :]


@dataclass(frozen=True, slots=True)
class First:
    """Annotates a list of status with the most important first: the first so many are kept."""

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._cut, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "maxItems": self.limit}

    def _cut(self, items: Sequence[Any]) -> Sequence[Any]:
        return items[: self.limit]
