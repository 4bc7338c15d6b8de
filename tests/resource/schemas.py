"""Walking a structural schema: every node with its path, and the values at, and just past, its bounds."""

import copy
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]


def nodes(schema: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every node under `schema`; ``[]`` stands for an item, ``{}`` for the value of a map."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, (*path, name))
    if "items" in schema:
        yield from nodes(schema["items"], (*path, "[]"))
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], (*path, "{}"))


def spoiled(schema: Json, document: Any) -> Iterator[tuple[str, Any]]:
    """Copies of `document`, each breaking one bound of one node that is there, with a name that says which."""
    for path, node, value in _present(schema, document, ()):
        for what, bad in _bad_values(node, value):
            yield f"{'.'.join(map(str, path))} {what}", _replaced(document, path, bad)


def _present(schema: Json, value: Any, path: Path) -> Iterator[tuple[Path, Json, Any]]:
    yield path, schema, value
    for name, child in schema.get("properties", {}).items():
        if name in value:
            yield from _present(child, value[name], (*path, name))
    if "items" in schema:
        for index, item in enumerate(value):
            yield from _present(schema["items"], item, (*path, index))
    if "additionalProperties" in schema:
        for name, item in value.items():
            yield from _present(schema["additionalProperties"], item, (*path, name))


def _bad_values(node: Json, value: Any) -> Iterator[tuple[str, Any]]:
    match node["type"]:
        case "object":
            yield "is text", "text"
            for name in node.get("required", ()):
                yield f"lacks {name}", {key: item for key, item in value.items() if key != name}
            if "maxProperties" in node:
                yield "is too full", {f"k{n}": "v" for n in range(node["maxProperties"] + 1)}
            if node.get("minProperties"):
                yield "is empty", {}
        case "array":
            yield "is too long", [value[0]] * (node["maxItems"] + 1)
            if node.get("minItems"):
                yield "is empty", []
        case "integer":
            yield "is too large", node["maximum"] + 1
            yield "is too small", node["minimum"] - 1
            yield "is text", str(value)
        case "string":
            yield from _bad_strings(node, value)


def _bad_strings(node: Json, value: str) -> Iterator[tuple[str, Any]]:
    yield "is a number", 1
    if "enum" in node:
        yield "is another word", "Whatever"
        return
    yield "is too long", value + "0" * (node["maxLength"] + 1)
    if node.get("minLength"):
        yield "is empty", ""
    if "pattern" in node:
        yield "has a control character", f"{value}\n"
        yield "begins with a control character", f"\x01{value}"
    if node.get("format") == "date-time":
        yield "is no time", "tomorrow"


def _replaced(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    whole = copy.deepcopy(document)
    here = whole
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return whole


def fullest(node: Json) -> Any:
    """The largest value that `node` allows, counted in bytes of JSON."""
    match node:
        case {"type": "object"}:
            value: Any = {name: fullest(child) for name, child in node["properties"].items()}
        case {"type": "array"}:
            value = [fullest(node["items"])] * node["maxItems"]
        case {"type": "integer"}:
            value = node.get("maximum", 2 ** (63 if node["format"] == "int64" else 31) - 1)
        case {"type": "boolean"}:
            value = False
        case {"enum": words}:
            value = max(words, key=len)
        case {"format": "date-time"}:
            value = "2026-12-31T23:59:59.999999Z"
        case _:
            value = "x" * node["maxLength"]
    return value
