"""Reading what the API server sends: documents, refusals, and the lines of a watch."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, failure

Object = dict[str, Any]

_LARGEST_LINE = 16 * 1024 * 1024


def query_string(params: Mapping[str, str]) -> str:
    """The parameters as they go behind the question mark."""
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in params.items())


def told(error: Exception) -> str:
    """One short phrase for a failed exchange."""
    return "no answer in time" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"[:200]


def read_document(content: bytes) -> Object:
    """The JSON object in a body. Raises ValueError for anything else."""
    parsed = json.loads(content)
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
        pending += piece
        *whole, rest = pending.split(b"\n")
        for line in whole:
            if line:
                yield bytes(line)
        pending = bytearray(rest)
        if len(pending) > _LARGEST_LINE:
            raise ValueError("an event beyond all size")


def read_event(line: bytes, address: Address) -> Object:
    """One event of a watch. Raises what an ERROR event stands for."""
    event = read_document(line)
    if event.get("type") == "ERROR":
        status = event.get("object") or {}
        raise failure(int(status.get("code") or 500), status, address=address, verb="watch")
    return event
