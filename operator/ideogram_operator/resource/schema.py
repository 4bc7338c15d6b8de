"""From a model to a structural schema: the part of OpenAPI v3 that the API server takes in a CRD.

Structural means: no references, a type everywhere, nothing but `properties`, `items`, `additionalProperties` and value
validations. Pydantic writes JSON Schema 2020; each function here undoes one difference.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ideogram_operator.resource.durations import format_duration

Schema = dict[str, Any]

_REFS: Final = "#/$defs/"
_DROPPED: Final = frozenset({"title", "additionalProperties", "$defs", "propertyNames"})
_FORMATS: Final = {"integer": "int32"}


class _Defaults(GenerateJsonSchema):
    """Writes defaults as they are written in YAML.

    The default of an object is written out whole. An empty one would do for the values, but the API server checks it
    against the object's rules before it fills in the defaults of the fields, and refuses the CRD.
    """

    def encode_default(self, dft: Any) -> Any:
        match dft:
            case timedelta():
                return format_duration(dft)
            case Decimal():
                return f"{dft:f}"
            case BaseModel():
                return dft.model_dump(mode="json", by_alias=True, exclude_none=True)
            case _:
                return super().encode_default(dft)


def structural(model: type[BaseModel]) -> Schema:
    """The structural schema of `model`, as the API server takes it."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Defaults)
    return _structural(schema, schema.get("$defs", {}))


def _structural(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Schema:
    whole = _not_null(_inlined(node, defs), defs)
    schema = {key: value for key, value in whole.items() if key not in _DROPPED and not _no_default(key, value)}
    if "properties" in whole:
        schema["properties"] = {name: _structural(child, defs) for name, child in whole["properties"].items()}
    if "items" in whole:
        schema["items"] = _structural(whole["items"], defs)
        schema.setdefault("x-kubernetes-list-type", "atomic")
    if isinstance(whole.get("additionalProperties"), Mapping):
        schema["additionalProperties"] = _structural(whole["additionalProperties"], defs)
    if schema.get("type") in _FORMATS:
        schema.setdefault("format", _FORMATS[schema["type"]])
    return dict(sorted(schema.items()))


def _inlined(node: Mapping[str, Any], defs: Mapping[str, Any]) -> Schema:
    """`node` with its reference replaced; what stands beside the reference, such as a description, wins."""
    if "$ref" not in node:
        return dict(node)
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return {**_inlined(defs[node["$ref"].removeprefix(_REFS)], defs), **beside}


def _not_null(node: Schema, defs: Mapping[str, Any]) -> Schema:
    """An optional field without its null: in Kubernetes a field that is not there is not null, it is not there."""
    if "anyOf" not in node:
        return node
    (only,) = (choice for choice in node["anyOf"] if choice.get("type") != "null")
    beside = {key: value for key, value in node.items() if key != "anyOf"}
    return {**_inlined(only, defs), **beside}


def _no_default(key: str, value: Any) -> bool:
    """Whether this is the default of something that is simply not there: null, an empty list."""
    return key == "default" and value in (None, [], "")
