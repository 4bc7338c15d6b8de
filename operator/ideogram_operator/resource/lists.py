"""How lists merge: the Kubernetes list types that say when two items are the same item."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """Annotates a list in which no item, or no item's key, comes twice; the API server enforces it by list type.

    Attributes:
        list_type: ``set`` of scalars or ``map`` of objects.
        keys: the wire names that identify an object of a ``map``.
        identity: what identifies a parsed item.
    """

    list_type: str
    keys: tuple[str, ...] = ()
    identity: Callable[[Any], object] = lambda item: item

    def check(self, items: Any) -> Any:
        """`items`, unchanged.

        Raises:
            PydanticCustomError: two items are the same.
        """
        seen = {self.identity(item) for item in items}
        if len(seen) < len(items):
            raise PydanticCustomError("distinct", "must not name the same {what} twice", {"what": self._what})
        return items

    @property
    def _what(self) -> str:
        return ", ".join(self.keys) or "item"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        schema["x-kubernetes-list-type"] = self.list_type
        if self.keys:
            schema["x-kubernetes-list-map-keys"] = list(self.keys)
        return schema


def distinct_items() -> Distinct:
    """A list of scalars without repetition."""
    return Distinct(list_type="set")


def distinct_by(key: str, identity: Callable[[Any], object]) -> Distinct:
    """A list of objects identified by the wire name `key`, which `identity` reads from a parsed item."""
    return Distinct(list_type="map", keys=(key,), identity=identity)
