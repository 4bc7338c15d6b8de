"""The event loop: libuv's, for in a storm the loop's own work is a quarter of it all."""

import ipaddress
import socket
from functools import partial
from typing import Any

import uvloop


class EventLoop(uvloop.Loop):
    """libuv's, but names are looked up as asyncio does it.

    libuv has four threads for them and for no more than that: with a resolver that does not answer, four names would
    keep all others from being looked up.
    """

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's name
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """What the host's name resolves to. Raises ``socket.gaierror``."""
        look_up = partial(socket.getaddrinfo, host, port, family, type, proto, flags)
        if _is_address(host):
            # At once, for each connection begins so: it must not wait for threads that wait for a resolver.
            return look_up()
        found: list[Any] = await self.run_in_executor(None, look_up)
        return found


def _is_address(host: Any) -> bool:
    try:
        return isinstance(host, str) and bool(ipaddress.ip_address(host))
    except ValueError:
        return False
