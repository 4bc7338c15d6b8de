"""What the log tells, and what it never shows."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from decimal import Decimal

import httpx
import pytest

from lab.simulator import Config, Latency, Route, Simulator

from .conftest import GENERATION, Opener


def test_a_record_tells_the_request_and_never_the_key(sim: Simulator, api: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {sim.key}", "X-Trace": f"a-{sim.key}", "Cookie": "session=1"}
    api.post(f"/generate?key={sim.key}", json={**GENERATION, "note": sim.key}, headers=headers)
    (record,) = sim.admin.requests()
    assert (record.route, record.method, record.path, record.key) == (
        Route.GENERATE,
        "POST",
        "/generate",
        "default-key-1",
    )
    assert record.key_seen_in == ("api-key", "authorization", "body", "url", "x-trace")
    assert record.headers["x-trace"] == "a-***"
    assert {"authorization", "api-key", "cookie"} <= set(record.header_names)
    assert record.body["image_request"] == GENERATION["image_request"]
    assert (record.status, record.outcome, record.billed_usd) == (200, "answered", Decimal("0.05"))
    assert sim.key not in httpx.get(f"{sim.admin_url}/requests", trust_env=False).text


def test_unknown_keys_are_told_apart_but_not_told(sim: Simulator, opener: Opener) -> None:
    for key in ("sk-one", "sk-two", "sk-one"):
        opener(sim.url, key).get("/models")
    names = [record.key for record in sim.admin.requests()]
    assert names[0] == names[2] != names[1]
    assert "sk-" not in str(names)
    assert sim.admin.requests(status=401)[0].key_seen_in == ("api-key",)


def test_connections_are_numbered(sim: Simulator, opener: Opener) -> None:
    pooled = opener(sim.url, sim.key)
    for client in (pooled, pooled, opener(sim.url, sim.key)):
        client.get("/models")
    first, second, third = (record.connection for record in sim.admin.requests())
    assert first == second != third


def test_waiting_ends_when_it_happens_and_not_before(sim: Simulator, api: httpx.Client) -> None:
    late = threading.Timer(0.1, lambda: api.get("/models"))
    late.start()
    assert len(sim.admin.wait_for_count(1, route=Route.MODELS, timeout=5)) == 1
    late.join()
    with pytest.raises(TimeoutError, match="GET /models -> 200"):
        sim.admin.wait_for_count(2, route=Route.MODELS, timeout=0.05)


def test_a_hanging_request_is_in_the_log_while_it_hangs(sim: Simulator, opener: Opener) -> None:
    sim.admin.fault("hang")
    client = opener(sim.url, sim.key, timeout=0.5)

    def ask() -> None:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/models")

    caller = threading.Thread(target=ask)
    caller.start()
    (record,) = sim.admin.wait_for_count(1)
    assert (record.outcome, record.status, record.fault) == ("pending", None, "hang")
    caller.join()
    sim.admin.wait_for(lambda records: records[0].outcome == "disconnected")


def test_a_cleared_log_starts_empty_also_for_who_waits(sim: Simulator, api: httpx.Client) -> None:
    api.get("/models")
    sim.admin.clear_requests()
    assert sim.admin.requests() == []
    api.get("/v1/.well-known/jwks.json")
    assert [record.route for record in sim.admin.wait_for(bool)] == [Route.JWKS]


async def test_it_works_from_a_coroutine() -> None:
    async with Simulator() as sim, httpx.AsyncClient(trust_env=False, headers={"Api-Key": sim.key}) as client:
        waiting = asyncio.create_task(sim.admin.until(lambda records: len(records) == 2))
        await client.get(f"{sim.url}/models")
        sim.admin.revoke(sim.key)
        assert (await client.get(f"{sim.url}/models")).status_code == 401
        assert (await waiting)[0].status == 200


def test_leaving_frees_every_port_and_thread_even_with_requests_hanging(opener: Opener) -> None:
    before = threading.active_count()
    with Simulator() as sim:
        sim.admin.fault("hang")
        client = opener(sim.url, sim.key)
        failures: list[BaseException] = []

        def ask() -> None:
            try:
                client.get("/models")
            except httpx.TransportError as error:
                failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        sim.admin.wait_for_count(1)
        ports = [int(url.rpartition(":")[2]) for url in (sim.url, sim.admin_url, sim.elsewhere_url)]
    asking.join(5)
    assert len(failures) == 1
    assert threading.active_count() == before
    for port in ports:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
    with pytest.raises(RuntimeError):
        sim.url  # noqa: B018 - the access is the test


def test_a_taken_port_is_an_error_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Simulator(Config(port=taken.getsockname()[1])).start()


def test_two_simulators_share_nothing(sim: Simulator, opener: Opener) -> None:
    with Simulator() as other:
        assert opener(other.url, sim.key).get("/models").status_code == 401
        assert sim.admin.requests() == []


def test_latencies_spread_as_told() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    drawn = sorted(Latency(median=9, sigma=0.33).draw(dice) for _ in range(1000))
    assert 8 < drawn[500] < 10
    assert 4 < drawn[50] < drawn[950] < 18
    assert {Latency(median=2).draw(dice), Latency(median=0, sigma=1).draw(dice)} == {2, 0}


def test_the_process_says_where_it_is_and_ends_when_told(opener: Opener) -> None:
    environment = {**os.environ, "SIMULATOR_KEY": "sim-canary-of-a-process"}
    command = [sys.executable, "-m", "lab.simulator", "--credit", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        client = opener(where["url"], "sim-canary-of-a-process")
        assert [client.post("/generate", json=GENERATION).status_code for _ in range(2)] == [200, 402]
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - started < 5
