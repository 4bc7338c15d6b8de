"""Metrics that are there to be watched: a real Prometheus, and real exporters in the place of pods."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from lab.applications.exporter import Exporter
from lab.kube import Json
from lab.ports import ReservedPort
from tests.preflight.world import World, answering, expect, targets

READY = "monitoring-ready"
GENERATIONS = "ideogram_generations_total"
DURATIONS = "ideogram_generation_duration_seconds_bucket"
EXPORT = "Export them from the application and have them scraped; or correct spec.traffic.prometheus: its matchers"


def place(world: World) -> str:
    return f"Prometheus at {world.gallery.prometheus.url.removeprefix('http://')}"


def prometheus(world: World, **parts: Any) -> Json:
    return {"prometheus": {"url": world.gallery.prometheus.url, **parts}}


async def test_a_prometheus_that_has_the_series_passes(world: World) -> None:
    expect(await world.row(READY), "Pass", "Probed", f"{place(world)}: the expected series are there.")


async def test_matchers_that_match_nothing_fail_with_the_series_that_are_missing(world: World) -> None:
    found = await world.row(READY, traffic=prometheus(world, matchers='namespace="nowhere"'))
    expect(found, "Fail", "Probed", f"{place(world)}: no {GENERATIONS}, {DURATIONS}.", EXPORT)


async def test_one_series_that_is_missing_fails_by_its_name(world: World) -> None:
    found = await world.row(READY, traffic=prometheus(world, matchers='style!=""'))
    expect(found, "Fail", "Probed", f"{place(world)}: no {GENERATIONS}.", EXPORT)


async def test_queries_of_the_application_s_own_must_return_something_and_be_read(world: World) -> None:
    good = {"generations": f"sum({GENERATIONS})", "latencyP95": f"max({DURATIONS})"}
    assert (await world.row(READY, traffic=prometheus(world, queries=good))).result == "Pass"
    found = await world.row(READY, traffic=prometheus(world, queries=good | {"rateLimited": "sum(paintings_total)"}))
    expect(found, "Fail", "Probed", f"{place(world)}: no answer to the query rateLimited.", EXPORT)
    found = await world.row(READY, traffic=prometheus(world, queries=good | {"rateLimits": "vector(0)"}))
    expect(found, "Fail", "Probed", f"{place(world)}: no built-in query rateLimits.", EXPORT)


async def test_a_query_that_is_no_promql_fails_with_where_it_is_wrong(world: World) -> None:
    found = await world.row(READY, traffic=prometheus(world, matchers='namespace="shop'))
    assert (found.result, found.evidence) == ("Fail", "Probed"), found
    assert found.message.startswith(f"{place(world)} refuses the query for {GENERATIONS}: bad_data at 1:"), found
    assert found.hint == "Correct spec.traffic.prometheus: the matchers, or the query of that name in queries."


async def test_a_prometheus_that_is_gone_fails(world: World) -> None:
    with ReservedPort() as nobody:
        url = f"http://127.0.0.1:{nobody.number}"
        found = await world.row(READY, traffic={"prometheus": {"url": url}}, hosts=[url])
    says = "127.0.0.1 refuses the connection."
    expect(found, "Fail", "Probed", says, "Check that it runs and listens on that port.")


@pytest.mark.parametrize(
    ("status", "body", "says", "hint"),
    [
        (503, b"busy", "answers HTTP 503", "Check spec.traffic.prometheus.url"),
        (401, b"who", "answers HTTP 401", "an address that asks for no credentials"),
        (404, b"not here", "answers HTTP 404", "without that path"),
        (200, b"<html>", "answers with something that is not an answer of Prometheus", "Check spec.traffic.prometheus"),
        (
            503,
            json.dumps({"status": "error", "errorType": "timeout", "error": "c4n4ry"}).encode(),
            "refuses the query for ideogram_generations_total: timeout",
            "Look at the load of this Prometheus",
        ),
    ],
)
async def test_something_else_at_that_address_fails_with_what_it_said(
    world: World, status: int, body: bytes, says: str, hint: str
) -> None:
    with answering(status, body) as url:
        found = await world.row(READY, traffic={"prometheus": {"url": url}}, hosts=[url])
    where = f"Prometheus at {url.removeprefix('http://')}"
    expect(found, "Fail", "Probed", f"{where} {says}.", hint)


async def test_a_prometheus_that_nobody_allowed_is_unknown_with_the_flag_that_would(world: World) -> None:
    url = world.gallery.prometheus.url
    found = await world.row(READY, hidden=[url])
    assert (found.result, found.evidence) == ("Unknown", "")
    assert found.hint == f"Allow it with --allow-host {url} (chart value allowHosts)."


async def test_metrics_that_nobody_named_are_unknown(world: World) -> None:
    found = await world.row(READY, traffic=None)
    says = "spec.traffic is not given, so the application's metrics are not known."
    expect(
        found, "Unknown", "", says, "Give spec.traffic.prometheus, or spec.traffic.pods where there is no Prometheus."
    )


ATTEMPTS = 20


@contextmanager
def exporters(addresses: list[str]) -> Iterator[list[Exporter]]:
    """An exporter on each address, all on one port as pods have it."""
    for attempt in range(ATTEMPTS):
        with ExitStack() as ends:
            try:
                made = [ends.enter_context(Exporter(address=addresses[0]))]
                made += [ends.enter_context(Exporter(address=one, port=made[0].port)) for one in addresses[1:]]
            except OSError:  # somebody has the port on one of the others
                assert attempt < ATTEMPTS - 1
                continue
            yield made
            return


def pods(world: World, *addresses: str, ready: bool = True, **spec: Any) -> str:
    """A Deployment and pods of its selector at these addresses; the Deployment's name. No kubelet touches them."""
    name = world.workload()
    path = f"/api/v1/namespaces/{world.namespace}/pods"
    for number, address in enumerate(addresses):
        container = {"name": "web", "image": "shop:1"}
        body = {"spec": {"schedulerName": "nobody", "containers": [container], **spec}}
        one = f"{name}-{number}"
        world.kube.create(path, {"metadata": {"name": one, "labels": {"app": name}}, **body})
        condition = {"type": "Ready", "status": "True" if ready else "False"}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [condition]}
        world.kube.patch(f"{path}/{one}/status", {"status": status})
    return name


def scraped(name: str, port: int, **how: Any) -> Json:
    return {"targets": targets(name), "traffic": {"pods": {"port": port}}, **how}


async def test_pods_that_export_the_series_pass_without_any_prometheus(world: World) -> None:
    addresses = ["127.0.0.2", "127.0.0.3"]
    with exporters(addresses) as made:
        for one in made:
            one.generated(times=3)
        port = made[0].port
        name = pods(world, *addresses)
        hosts = [f"http://{one.target}" for one in made]
        rows = await world.look(READY, "rate-limit-hidden", **scraped(name, port, hosts=hosts))
        expect(rows[READY], "Pass", "Probed", f"2 pods on port {port}: the expected series are there.")
        # How much there was in a day cannot be told by a scrape: so its zero rate limits say nothing.
        assert (rows["rate-limit-hidden"].result, rows["rate-limit-hidden"].evidence) == ("Unknown", "")
        made[1].generated("rate_limited", times=2)
        found = await world.row("rate-limit-hidden", **scraped(name, port, hosts=hosts))
    says = f"2 pods on port {port}: generations that ended with a rate limit since the pods started: 2."
    expect(found, "Fail", "Observed", says, "Retry 429s with exponential backoff")


async def test_pods_that_export_nothing_of_ideogram_fail(world: World) -> None:
    with exporters(["127.0.0.4"]) as (one,):
        found = await world.row(READY, **scraped(pods(world, "127.0.0.4"), one.port, hosts=[f"http://{one.target}"]))
    says = f"1 pod on port {one.port}: no {GENERATIONS}, {DURATIONS}."
    expect(found, "Fail", "Probed", says, "Export them from the application.")


async def test_pods_that_refuse_to_be_scraped_fail(world: World) -> None:
    with ReservedPort() as nobody:
        hosts = [f"http://127.0.0.1:{nobody.number}"]
        found = await world.row(READY, **scraped(pods(world, "127.0.0.1"), nobody.number, hosts=hosts))
    assert (found.result, found.evidence) == ("Fail", "Probed"), found
    assert "refuses the connection" in found.message, found


async def test_pods_that_nobody_can_ask_are_unknown_and_why_is_told(world: World) -> None:
    wait = "Wait until the targets' pods are ready."
    cases = (
        (pods(world), "The targets have no pods.", wait),
        (pods(world, "10.1.0.9", ready=False), "No pod can be scraped (1 not ready).", wait),
        (
            pods(world, "10.1.0.9", hostNetwork=True),
            "No pod can be scraped (1 on the host's network).",
            "Give spec.traffic.prometheus: pods on the host's network are not scraped",
        ),
    )
    for name, says, hint in cases:
        expect(await world.row(READY, **scraped(name, 9090)), "Unknown", "", says, hint)


async def test_a_pod_on_the_operator_s_own_machine_is_not_asked_unless_that_is_meant(world: World) -> None:
    with exporters(["127.0.0.5"]) as (one,):
        found = await world.row(READY, **scraped(pods(world, "127.0.0.5"), one.port))
    assert (found.result, found.evidence) == ("Unknown", ""), found
    assert "has the address 127.0.0.5, which the operator does not call" in found.message, found
