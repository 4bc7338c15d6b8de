"""Reading what the API server sends: documents, refusals, and the lines of a watch."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, failure
from ideogram_operator.resource.bounded import clip

Object = dict[str, Any]

_LARGEST_LINE = 16 * 1024 * 1024
_METADATA: Mapping[str, type] = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion"), str),
    **dict.fromkeys(("labels", "annotations"), dict),
    **dict.fromkeys(("finalizers", "ownerReferences", "managedFields"), list),
    "generation": int,
}
"""What is read of metadata, and its types; null is as good as absent."""


def query_string(params: Mapping[str, str]) -> str:
    """The parameters as they go behind the question mark."""
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in params.items())


def told(error: Exception) -> str:
    """One short phrase for a failed exchange."""
    return "no answer in time" if isinstance(error, TimeoutError) else clip(f"{type(error).__name__}: {error}", 200)


def read_document(content: bytes) -> Object:
    """The JSON object in a body. Raises ValueError for anything else."""
    try:
        parsed = json.loads(content)
    except RecursionError:
        raise ValueError("an answer nested beyond all depth") from None
    if not isinstance(parsed, dict):
        raise ValueError("an answer that is not an object")  # noqa: TRY004 - what json.loads raises as well
    return parsed


async def read_refusal(response: aiohttp.ClientResponse, address: Address, verb: str) -> ClusterError:
    """What an answer of 400 or more stands for; a body that is not JSON (a proxy's) says nothing."""
    try:
        body = read_document(await response.read())
    except ValueError:
        body = {}
    retry_after = response.headers.get("Retry-After", "")
    seconds = float(retry_after) if retry_after.isdecimal() else (1.0 if response.status == 429 else None)  # noqa: PLR2004
    return failure(response.status, body, address=address, verb=verb, retry_after=seconds)


async def read_lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a watch as they come, of any length up to 16 MiB (aiohttp's own reader of lines stops earlier)."""
    pending = bytearray()
    async for piece in content.iter_any():
        # Only what is new is searched: a line that comes in small pieces must not be read again with each of them.
        first, *others = piece.split(b"\n")
        pending += first
        for following in others:
            if pending:
                yield bytes(pending)
            pending = bytearray(following)
        if len(pending) > _LARGEST_LINE:
            raise ValueError("an event beyond all size")


def read_event(line: bytes, address: Address) -> Object:
    """One event of a watch: a type, and an object that has metadata.

    Raises:
        ClusterError: what an ERROR event stands for.
        ValueError: it is no such event.
    """
    event = read_document(line)
    if event.get("type") == "ERROR":
        told = event.get("object")
        status = told if isinstance(told, dict) else {}
        code = status.get("code")
        known = code if isinstance(code, int) and 400 <= code < 600 else 500  # noqa: PLR2004 - HTTP's own numbers
        raise failure(known, status, address=address, verb="watch")
    if not isinstance(event.get("type"), str):
        raise ValueError("an event of no type")  # noqa: TRY004 - as any answer that is not of its form
    must_have_metadata(event.get("object"))
    return event


def read_page(page: Object) -> tuple[list[Object], str, str]:
    """Returns the objects of a page of a list, its resourceVersion, and the token of the next page, empty at the end.

    Raises:
        ValueError: it is no such page.
    """
    items, metadata = page.get("items") or [], page.get("metadata") or {}
    if not isinstance(items, list) or not isinstance(metadata, dict):
        raise ValueError("an answer that is not a list")  # noqa: TRY004 - as any answer that is not of its form
    for item in items:
        must_have_metadata(item)
    return items, str(metadata.get("resourceVersion") or ""), str(metadata.get("continue") or "")


def must_have_metadata(item: Any) -> None:
    """Every object of the API has some, each part of its type. Raises ValueError."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        raise ValueError("an object without metadata")  # noqa: TRY004 - as any answer that is not of its form
    annotations = metadata.get("annotations")
    sound = all(metadata.get(part) is None or isinstance(metadata[part], kind) for part, kind in _METADATA.items())
    if not sound or not all(isinstance(value, str) for value in (annotations or {}).values()):
        raise ValueError("an object with metadata of another form")
