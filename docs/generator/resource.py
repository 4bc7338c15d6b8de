"""The resource field by field, from the CRD: the API server and the reader are told by the same source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from docs.generator.markdown import MARK, code, table
from ideogram_operator.resource.pending import PENDING
from ideogram_operator.resource.words import CATEGORY, GROUP, KIND, SHORT_NAME, VERSION

Schema = Mapping[str, Any]

_INTRODUCTION = f"""# The resource

`{KIND}`, group `{GROUP}`, version `{VERSION}`, namespaced. Short name `{SHORT_NAME}`, category `{CATEGORY}`.
It acts in its own namespace only. Durations are written `500ms`, `10s`, `5m`, `6h` or `1h30m`; money is a string in
USD, such as `"1.00"`; times are RFC 3339 with an offset.

**Not yet** marks what this version checks and stores, but does not act on.

"""

_RULES = "x-kubernetes-validations"
_NOT_YET = "**Not yet.** "
_BOUNDS: Final = (("minimum", "from {}"), ("maximum", "to {}"), ("minItems", "at least {}"), ("maxItems", "at most {}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row: where it is under the section, and its schema."""

    path: str
    schema: Schema
    required: bool


def resource_page(crd: Schema) -> str:
    """The page `docs/resource.md`."""
    root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return "".join([MARK, _INTRODUCTION, *_part("spec", root["spec"]), *_part("status", root["status"])])


def _part(name: str, schema: Schema) -> Iterator[str]:
    yield f"## {name}\n\n{schema['description']}\n\n"
    yield from _rules(schema)
    simple = [field for field in _fields(schema, deep=False) if not _children(field.schema)]
    yield _table(name, simple)
    for field in _fields(schema, deep=False):
        if _children(field.schema):
            yield f"\n### {name}.{field.path}\n\n{_mark(name, field.path)}{field.schema['description']}"
            yield f"{_what(field.schema)}\n\n"
            yield from _rules(field.schema)
            yield _table(name, _fields(_children(field.schema), prefix=field.path))
    yield "\n"


def _rules(schema: Schema) -> Iterator[str]:
    found = [*schema.get(_RULES, ()), *schema.get("items", {}).get(_RULES, ())]
    yield "".join(f"- {rule['message']}\n" for rule in found) + ("\n" if found else "")


def _fields(schema: Schema, *, prefix: str = "", deep: bool = True) -> Iterator[Field]:
    for name, child in schema.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        path += "[]" if child["type"] == "array" else ""
        yield Field(path=path, schema=child, required=name in schema.get("required", ()))
        if deep:
            yield from _fields(_children(child), prefix=path)


def _children(schema: Schema) -> Schema:
    """The object whose fields are told one by one: the schema itself, or its items; empty if there is none."""
    inner: Schema = schema.get("items", schema)
    return inner if "properties" in inner else {}


def _table(part: str, fields: Iterator[Field] | list[Field]) -> str:
    rows = ((code(field.path), _type(field.schema), _default(field), _told(part, field)) for field in fields)
    return table(["Field", "Type", "Default", "Meaning"], rows)


def _type(schema: Schema) -> str:
    match schema:
        case {"enum": values}:
            return ", ".join(code(value) for value in values)
        case {"items": items}:
            return f"list of {_type(items)}"
        case {"additionalProperties": {"type": value}}:
            return f"map of {value}"
        case {"format": "date-time"}:
            return "time"
    return str(schema["type"])


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if "default" not in field.schema or isinstance(field.schema["default"], Mapping):
        return ""
    written = str(yaml.safe_dump(field.schema["default"], default_flow_style=True))
    return code(written.removesuffix("...\n").strip())


def _told(part: str, field: Field) -> str:
    told: str = _mark(part, field.path) + field.schema.get("description", "") + _what(field.schema)
    rules = [] if _children(field.schema) and "items" not in field.schema else field.schema.get(_RULES, ())
    return told + "".join(f" Rule: {rule['message']}." for rule in rules)


def _what(schema: Schema) -> str:
    bounds = [text.format(schema[key]) for key, text in _BOUNDS if key in schema]
    return f" ({', '.join(bounds)})" if bounds else ""


def _mark(part: str, path: str) -> str:
    behind = part == "spec" and any(_covers(pending, path) for pending in PENDING)
    return _NOT_YET if behind else ""


def _covers(pending: str, path: str) -> bool:
    return path in {pending, f"{pending}[]"} or path.startswith((f"{pending}.", f"{pending}[]."))
