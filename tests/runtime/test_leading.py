"""The Lease around the operator's work: how it begins and how it ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ideogram_operator.runtime import leading
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.settings import Settings

CONFIG = """apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{token: x}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""


async def answer(request: web.Request) -> web.Response:
    """There is no Lease; one may be made; nothing else is ever answered."""
    if request.method == "GET":
        return web.json_response({"kind": "Status", "reason": "NotFound", "message": "none"}, status=404)
    if request.method == "PUT":
        await asyncio.sleep(60)
    body: dict[str, Any] = await request.json()
    return web.json_response(body, status=201)


async def test_an_end_does_not_wait_for_a_cluster_that_is_gone_however_long_the_lease_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leading, "RELEASE_SECONDS", 0.2)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = tmp_path / "config"
    config.write_text(CONFIG.format(port=runner.addresses[0][1]))
    settings = Settings(kubeconfig=config, lease="ops/ideogram-operator", lease_duration=600)
    try:
        async with asyncio.timeout(20), leading.candidate(settings, SystemClock()) as elector:
            assert elector is not None
            await elector.acquire()
        assert elector.tenure() < 0
    finally:
        await runner.cleanup()
