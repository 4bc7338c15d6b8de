"""A thousand keys: nothing is shared, so every integration is a stream of probes of its own."""

import asyncio
import json
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

from bench.fleet import ALL, API, Json, integration, make_secret
from bench.raw import JSON_PATCH, Raw, spread
from bench.rig import Provider, Rig, megabytes, processor_seconds, provide
from bench.settling import settled_status
from bench.sizes import Sizes
from bench.spec import spec

NAMESPACE: Final = "keys"
INTEGRATIONS: Final = f"{API}/namespaces/{NAMESPACE}/ideogramintegrations"
PROVIDERS: Final = 2
PATIENCE: Final = 300.0


async def measure_keys(rig: Rig, admin: Raw, sizes: Sizes) -> dict[str, Any]:
    """CPU, and how late probes are, while every key is probed at its interval."""
    with ExitStack() as ends:
        providers = [ends.enter_context(provide(rig.folder, f"provider-{number}")) for number in range(PROVIDERS)]
        rig.operator.flags = replace(rig.operator.flags, allow_hosts=tuple(provider.url for provider in providers))
        await _make(admin, providers, rig, sizes)
        rig.operator.start()
        await _all_healthy(admin, rig, sizes.keys)
        await rig.quiet(seconds=2.0 * sizes.keys_interval)
        figures = await _watch(rig, providers, sizes)
        rig.operator.kill()
        return figures


async def _make(admin: Raw, providers: list[Provider], rig: Rig, sizes: Sizes) -> None:
    await admin.ask("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    probe: Json = {"interval": f"{sizes.keys_interval}s", "generate": {"interval": "0s"}}

    async def make(number: int) -> None:
        name, provider = _name(number), providers[number % PROVIDERS]
        key = provider.admin.add_key(account=f"account-{number}").secret
        await make_secret(admin, NAMESPACE, name, key)
        data = {"metadata": {"name": name}, "data": {"LOG_LEVEL": "info"}}
        await admin.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", data)
        body = integration(name, "ConfigMap", spec(provider.url, probe=probe), secret=name)
        await admin.ask("POST", INTEGRATIONS, body)

    await make(0)
    told = json.dumps(await settled_status(rig, admin, f"{INTEGRATIONS}/{_name(0)}"))
    await spread(range(1, sizes.keys), make)

    async def write(number: int) -> None:
        value = json.loads(told.replace(_name(0), _name(number)))
        change = {"op": "add", "path": "/status", "value": value}
        await admin.ask("PATCH", f"{INTEGRATIONS}/{_name(number)}/status", [change], content_type=JSON_PATCH)

    await spread(range(sizes.keys), write)


def _name(number: int) -> str:
    return f"app-{number:05}"


async def _all_healthy(admin: Raw, rig: Rig, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        items = [item async for page in admin.pages(ALL) for item in page if item["metadata"]["namespace"] == NAMESPACE]
        if sum((item.get("status") or {}).get("health") == "Healthy" for item in items) == count:
            return
        await asyncio.sleep(1.0)
    raise TimeoutError(f"waited {PATIENCE:g} s for all keys to be probed; {rig.operator.log_tail()}")


async def _watch(rig: Rig, providers: list[Provider], sizes: Sizes) -> dict[str, Any]:
    process = rig.process()
    before, used, began = await rig.reading(), processor_seconds(process), time.monotonic()
    theirs = sum(processor_seconds(provider.process) for provider in providers)
    await asyncio.sleep(sizes.keys_seconds)
    lasted, used = time.monotonic() - began, processor_seconds(process) - used
    theirs = sum(processor_seconds(provider.process) for provider in providers) - theirs
    now = (await rig.reading()).since(before)
    return {
        "keys": sizes.keys,
        "interval": sizes.keys_interval,
        "seconds": round(lasted, 1),
        "probes_per_second": round(now.total("probes_total") / lasted, 1),
        "cpu_percent": round(100 * used / lasted, 1),
        "simulators": PROVIDERS,
        "simulators_cpu_percent": round(100 * theirs / lasted, 1),
        "lateness_p99_ms": now.milliseconds("probe_lateness_seconds", 0.99),
        "lateness_max_ms": now.milliseconds("probe_lateness_seconds", 1.0),
        "loop_delay_p99_ms": now.milliseconds("loop_delay_seconds", 0.99),
        "megabytes": round(megabytes(process)),
    }
