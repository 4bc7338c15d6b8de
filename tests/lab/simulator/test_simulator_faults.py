"""What a client sees of each fault, over real sockets."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from lab.simulator import AdminError, FaultKind, Host, Route, Simulator

from .conftest import GENERATION, Opener

V2 = "/v2/image/generate/ideogram-4-5"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503, 504, 299])
def test_any_status_with_headers_and_body(sim: Simulator, api: httpx.Client, status: int) -> None:
    sim.admin.fault("status", status=status, headers={"Retry-After": "7"}, body="down", media_type="text/plain")
    answer = api.get("/models")
    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (status, "7", "down")
    sim.admin.heal()
    assert api.get("/models").status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.HANG, httpx.ReadTimeout),
        (FaultKind.RESET, httpx.ReadError),
        (FaultKind.CLOSE, httpx.RemoteProtocolError),
        (FaultKind.NOT_HTTP, httpx.RemoteProtocolError),
        (FaultKind.TRUNCATE, httpx.RemoteProtocolError),
        (FaultKind.DRIP, httpx.ReadTimeout),
    ],
)
@pytest.mark.parametrize("host", [Host.API, Host.CONTROL])
def test_broken_answers(sim: Simulator, opener: Opener, kind: FaultKind, error: type[Exception], host: Host) -> None:
    url = f"{sim.url}/models" if host is Host.API else sim.control_url
    client = opener("", sim.key)
    sim.admin.fault(kind, host=host, interval=3600)
    with pytest.raises(error):
        client.get(url, timeout=0.3)
    sim.admin.wait_for(lambda records: records[-1].outcome == "disconnected")
    sim.admin.heal()
    assert client.get(url).status_code == 200


def test_a_drip_delivers_the_real_body_late(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("drip", chunk=2, interval=0.01)
    started = time.monotonic()
    assert api.get("/models").json() == {"models": []}
    assert time.monotonic() - started >= 0.06


def test_success_that_is_none(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("garbage")
    portal = api.post(f"{V2}?dry_run=true", json={"prompt": "x"})
    assert (portal.status_code, portal.headers["content-type"]) == (200, "text/html")
    sim.admin.heal()
    sim.admin.fault("media_type", media_type="text/plain")
    assert api.get("/models").headers["content-type"] == "text/plain"
    assert api.get("/models").json() == {"models": []}


def test_an_endless_body_is_there_for_as_long_as_one_reads(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("huge")
    with api.stream("GET", "/models") as answer:
        read = 0
        for chunk in answer.iter_bytes():
            read += len(chunk)
            if read > 2**20:
                break
    sim.admin.wait_for(lambda records: records[-1].outcome == "disconnected")


def test_a_body_beyond_the_limit_of_a_careful_reader(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("huge", size=70_000)
    assert len(api.get("/models").content) == 70_000


def test_whoever_follows_a_redirect_is_seen_elsewhere(sim: Simulator, opener: Opener) -> None:
    sim.admin.fault("redirect", status=308)
    careful, careless = opener(sim.url, sim.key), opener(sim.url, sim.key, follow_redirects=True)
    assert careful.get("/models").headers["location"] == f"{sim.elsewhere_url}/models"
    assert not sim.admin.requests(host=Host.ELSEWHERE)
    assert careless.post(f"{V2}?dry_run=true", json={"prompt": "x"}).status_code == 200
    (followed,) = sim.admin.requests(host=Host.ELSEWHERE)
    assert "api-key" in followed.key_seen_in


@pytest.mark.parametrize("host", [Host.API, Host.CONTROL])
def test_refusing_cuts_open_connections_keeps_the_port_and_ends(sim: Simulator, opener: Opener, host: Host) -> None:
    url = f"{sim.url}/models" if host is Host.API else sim.control_url
    client = opener("", sim.key)
    assert client.get(url).status_code == 200
    sim.admin.fault("refused", host=host)
    with pytest.raises(httpx.TransportError):
        client.get(url)
    with pytest.raises(httpx.ConnectError, match="refused"):
        client.get(url)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", urlsplit(url).port))
    sim.admin.heal(host=host)
    assert client.get(url).status_code == 200


def test_a_fault_with_a_duration_ends_by_itself(sim: Simulator, opener: Opener) -> None:
    hasty = opener(sim.url, sim.key)
    patient = opener(sim.url, sim.key, transport=httpx.HTTPTransport(retries=5))
    sim.admin.fault("refused", for_seconds=1.5)
    with pytest.raises(httpx.ConnectError):
        hasty.get("/models")
    assert patient.get("/models").status_code == 200
    assert sim.admin.faults() == []


def test_requests_in_flight_end_when_the_host_goes_down(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.settings(latency=3600)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(api.post, "/generate", json=GENERATION)
        sim.admin.wait_for_count(1, route=Route.GENERATE)
        sim.admin.fault("refused")
        assert isinstance(asking.exception(timeout=5), httpx.TransportError)


def test_a_black_hole_times_out_while_connecting(sim: Simulator, opener: Opener) -> None:
    client = opener(sim.url, sim.key)
    sim.admin.fault("blackhole")
    with pytest.raises(httpx.ConnectTimeout):
        client.get("/models", timeout=0.3)
    sim.admin.heal()
    assert client.get("/models").status_code == 200


def test_only_connections_that_were_open_before_stall(sim: Simulator, opener: Opener) -> None:
    old, fresh = opener(sim.url, sim.key), opener(sim.url, sim.key)
    assert old.get("/models").status_code == 200
    sim.admin.fault("hang_pooled")
    with pytest.raises(httpx.ReadTimeout):
        old.get("/models", timeout=0.3)
    assert [fresh.get("/models").status_code for _ in range(2)] == [200, 200]
    assert old.get("/models").status_code == 200, "the stalled connection was given up, the next one is fresh"


def test_routes_keys_and_counts_narrow_a_fault(sim: Simulator, opener: Opener) -> None:
    other = opener(sim.url, sim.admin.add_key(name="standby").secret)
    api = opener(sim.url, sim.key)
    sim.admin.fault("status", status=503, routes=[Route.DRY_RUN], key="standby", times=2)
    asked = [
        (client.get("/models").status_code, client.post(f"{V2}?dry_run=true", json={"prompt": "x"}).status_code)
        for client in (api, other, other, other)
    ]
    assert asked == [(200, 200), (200, 503), (200, 503), (200, 200)]
    assert [record.fault for record in sim.admin.requests(key="standby", status=503)] == [FaultKind.STATUS] * 2


def test_slow_is_late_but_right(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("slow", delay=0.15)
    assert api.get("/models").status_code == 200
    assert sim.admin.requests()[0].seconds >= 0.15  # type: ignore[operator]


def test_an_answer_can_be_lost_after_it_was_billed(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.fault("status", status=504, bills=True)
    assert api.post("/generate", json=GENERATION).status_code == 504
    (record,) = sim.admin.requests()
    assert record.billed_usd == sim.admin.account().billed_usd > 0


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "bad mood"},
        {"kind": "refused", "times": 1},
        {"kind": "blackhole", "routes": ["models"]},
        {"kind": "hang", "routes": ["nowhere"]},
        {"kind": "hang", "key": "nobody"},
    ],
)
def test_a_fault_that_means_nothing_is_refused(sim: Simulator, asked: dict[str, str]) -> None:
    with pytest.raises(AdminError):
        sim.admin.fault(**asked)  # type: ignore[arg-type]
    assert sim.admin.faults() == []


def test_the_status_page_says_what_it_is_told(sim: Simulator, opener: Opener) -> None:
    visitor = opener("")
    before = visitor.get(sim.control_url).json()
    assert (before["status"]["indicator"], before["components"][0]["name"]) == ("none", "API")
    sim.admin.status_page(indicator="major", components={"API": "major_outage"})
    after = visitor.get(sim.control_url).json()
    assert (after["status"]["indicator"], after["components"][0]["status"]) == ("major", "major_outage")
    with pytest.raises(AdminError):
        sim.admin.status_page(indicator="fine")
    sim.admin.fault("status", host="control", status=502)
    assert visitor.get(sim.control_url).status_code == 502
    assert visitor.get(f"{sim.url}/v1/.well-known/jwks.json").status_code == 200
