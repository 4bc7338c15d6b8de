"""The status of an integration that is at rest, to be given to all of a fleet.

What a preflight finds wrong is looked at again and again, and a thousand first preflights take minutes: neither is what
is measured here. So one integration comes to rest, its checks are taken for passed, and the others begin where it is.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from bench.raw import JSON_PATCH, Raw
from bench.rig import Rig

Json = dict[str, Any]

PATIENCE: Final = 60.0


async def settled_status(rig: Rig, admin: Raw, path: str) -> Json:
    """The status of the integration at this path, once nothing more is written to it; the operator is stopped then.

    Raises:
        TimeoutError: it did not come to rest.
    """
    rig.operator.start()
    status = await _rests(rig, admin, path, lambda status: bool((status.get("preflight") or {}).get("lastTime")))
    rig.operator.stop()
    passed = [
        {"id": one["id"], "result": "Pass", "message": "as it should be"} for one in status["preflight"]["checks"]
    ]
    status["preflight"] |= {"checks": passed, "passed": len(passed), "failed": 0, "unknown": 0}
    change = {"op": "add", "path": "/status", "value": status}
    await admin.ask("PATCH", f"{path}/status", [change], content_type=JSON_PATCH)
    rig.operator.start()
    settled = await _rests(rig, admin, path, lambda status: _condition(status, "PreflightPassed") == "True")
    rig.operator.stop()
    return settled


async def _rests(rig: Rig, admin: Raw, path: str, holds: Callable[[Json], bool]) -> Json:
    deadline = time.monotonic() + PATIENCE
    while True:
        status: Json = (await admin.ask("GET", path)).get("status") or {}
        if status.get("health") == "Healthy" and holds(status):
            await rig.quiet()
            return dict((await admin.ask("GET", path))["status"])
        if time.monotonic() > deadline:
            raise TimeoutError(f"the first integration does not come to rest: {status}")
        await asyncio.sleep(0.2)


def _condition(status: Json, kind: str) -> str:
    return str(next((one["status"] for one in status["conditions"] if one["type"] == kind), ""))
