"""Faults on the wire: each takes the request and the answer it might have had, and does its worst.

A function here returns a response like any handler, or never returns: then it ends by cancellation when the client
goes away. Nothing sleeps where the client's patience can be waited for.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Never

from aiohttp import web

from lab.simulator.faults import Fault
from lab.simulator.messages import Answer
from lab.simulator.words import FaultKind

PORTAL = "<!doctype html><html><title>Sign in</title><body><h1>Welcome to the guest network</h1></body></html>"
TLS_ALERT = bytes.fromhex("15030100020228")  # handshake_failure: nothing an HTTP parser has ever seen
BLOCK = b" " * 65536

Misbehaviour = Callable[[web.BaseRequest, Fault, Answer], Awaitable[web.StreamResponse]]


def respond(answer: Answer) -> web.Response:
    """An answer as it should be."""
    headers = {"Content-Type": answer.media_type, **answer.headers}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def misbehave(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    """Carry out a fault. ``answer`` is what the request would have got, where the fault spoils it."""
    if fault.delay:
        await asyncio.sleep(fault.delay)
    return await MISBEHAVIOURS[fault.kind](request, fault, answer)


async def _hang(_request: web.BaseRequest, _fault: Fault, _answer: Answer) -> Never:
    await asyncio.Event().wait()
    raise AssertionError  # the wait ends by cancellation only


async def _slow(_request: web.BaseRequest, _fault: Fault, answer: Answer) -> web.StreamResponse:
    return respond(answer)


async def _status(_request: web.BaseRequest, fault: Fault, _answer: Answer) -> web.StreamResponse:
    made_up = Answer(
        status=fault.status or 503,
        body=(fault.body or "").encode(),
        media_type=fault.media_type or "text/plain",
        headers=fault.headers,
    )
    return respond(made_up)


async def _garbage(_request: web.BaseRequest, fault: Fault, _answer: Answer) -> web.StreamResponse:
    body = PORTAL if fault.body is None else fault.body
    media_type = fault.media_type or "text/html"
    return respond(Answer(status=fault.status or 200, body=body.encode(), media_type=media_type, headers=fault.headers))


async def _media_type(_request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    return respond(replace(answer, media_type=fault.media_type or "text/html"))


async def _redirect(_request: web.BaseRequest, fault: Fault, _answer: Answer) -> web.StreamResponse:
    headers = {**fault.headers, "Location": fault.location or "/"}
    return respond(Answer(status=fault.status or 307, headers=headers, media_type="text/plain"))


async def _reset(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    transport = _transport(request)
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing now sends RST, not FIN
    transport.abort()
    return await _hang(request, fault, answer)


async def _close(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    _transport(request).close()
    return await _hang(request, fault, answer)


async def _not_http(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    _transport(request).write(fault.body.encode() if fault.body else TLS_ALERT)
    return await _close(request, fault, answer)


async def _drip(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    response = await _start(request, answer, length=len(answer.body))
    for start in range(0, len(answer.body), fault.chunk):
        await response.write(answer.body[start : start + fault.chunk])
        await asyncio.sleep(fault.interval)
    return response


async def _truncate(request: web.BaseRequest, fault: Fault, answer: Answer) -> web.StreamResponse:
    response = await _start(request, answer, length=len(answer.body) or 1)
    await response.write(answer.body[: len(answer.body) // 2])
    return await _close(request, fault, answer)


async def _huge(request: web.BaseRequest, fault: Fault, _answer: Answer) -> web.StreamResponse:
    head = Answer(status=fault.status or 200, media_type=fault.media_type or "application/json", headers=fault.headers)
    response = await _start(request, head, length=fault.size)
    left = fault.size
    while left is None or left > 0:
        block = BLOCK if left is None else BLOCK[:left]
        await response.write(block)
        left = None if left is None else left - len(block)
    return response


async def _start(request: web.BaseRequest, answer: Answer, *, length: int | None) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.media_type, **answer.headers})
    if length is None:
        response.enable_chunked_encoding()
    else:
        response.content_length = length
    await response.prepare(request)
    return response


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client was faster")
    return transport


MISBEHAVIOURS: dict[FaultKind, Misbehaviour] = {
    FaultKind.HANG_POOLED: _hang,
    FaultKind.HANG: _hang,
    FaultKind.SLOW: _slow,
    FaultKind.STATUS: _status,
    FaultKind.GARBAGE: _garbage,
    FaultKind.MEDIA_TYPE: _media_type,
    FaultKind.REDIRECT: _redirect,
    FaultKind.RESET: _reset,
    FaultKind.CLOSE: _close,
    FaultKind.NOT_HTTP: _not_http,
    FaultKind.DRIP: _drip,
    FaultKind.TRUNCATE: _truncate,
    FaultKind.HUGE: _huge,
}
