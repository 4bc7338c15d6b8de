"""Keys, credit, the limit in flight, safety verdicts, expiry and the usage report."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from lab.simulator import AdminError, Contract, Route, Simulator

from .conftest import GENERATION, Opener

V2 = "/v2/image/generate/ideogram-4-5"


def test_only_the_api_key_header_authenticates(sim: Simulator, opener: Opener) -> None:
    bearer = {"Authorization": f"Bearer {sim.key}"}
    for headers, status in [({}, 401), (bearer, 401), ({"Api-Key": "sk-nobody"}, 401), ({"Api-Key": sim.key}, 200)]:
        assert opener(sim.url).get("/models", headers=headers).status_code == status
        assert opener(sim.url).post(f"{V2}?dry_run=true", json={"prompt": "x"}, headers=headers).status_code == status
        assert opener(sim.url).post("/generate", json=GENERATION, headers=headers).status_code == status


def test_a_revoked_key_is_401_and_a_second_of_the_account_goes_on(sim: Simulator, opener: Opener) -> None:
    standby = sim.admin.add_key()
    sim.admin.revoke(sim.key)
    assert opener(sim.url, sim.key).get("/models").status_code == 401
    assert opener(sim.url, standby.secret).get("/models").status_code == 200
    sim.admin.restore(sim.key)
    assert opener(sim.url, sim.key).get("/models").status_code == 200


def test_a_key_nobody_has_cannot_be_revoked_nor_issued_twice(sim: Simulator) -> None:
    with pytest.raises(AdminError, match="no such key"):
        sim.admin.revoke("nobody")
    with pytest.raises(AdminError, match="already"):
        sim.admin.add_key(sim.key)


def test_credit_runs_out_for_all_keys_of_the_account(sim: Simulator, api: httpx.Client, opener: Opener) -> None:
    second, stranger = sim.admin.add_key(), sim.admin.add_key(account="other", credit="0.50")
    sim.admin.set_credit("0.12")
    assert [api.post("/generate", json=GENERATION).status_code for _ in range(3)] == [200, 200, 402]
    assert opener(sim.url, second.secret).post("/generate", json=GENERATION).status_code == 402
    assert opener(sim.url, stranger.secret).post("/generate", json=GENERATION).status_code == 200
    view = sim.admin.account()
    assert (view.credit_usd, view.billed_usd) == (Decimal("0.02"), Decimal("0.10"))
    assert [record.billed_usd for record in sim.admin.requests(route=Route.GENERATE, key="default-key-1")] == [
        Decimal("0.05"),
        Decimal("0.05"),
        Decimal(0),
    ]


def test_a_v2_402_tells_its_reason(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.set_credit(0, reject_reason="daily_limit")
    answer = api.post(V2, json={"prompt": "x"})
    assert (answer.status_code, answer.json()["reject_reason"]) == (402, "daily_limit")
    Contract().validator("GenerationErrorResponse").validate(answer.json())


def test_whether_a_dry_run_looks_at_the_balance_can_be_chosen(sim: Simulator, api: httpx.Client) -> None:
    sim.admin.set_credit(0)
    assert api.post(f"{V2}?dry_run=true", json={"prompt": "x"}).status_code == 200
    sim.admin.settings(dry_run_checks_balance=True)
    assert api.post(f"{V2}?dry_run=true", json={"prompt": "x"}).status_code == 402


@pytest.mark.parametrize(("path", "body"), [("/generate", GENERATION), (V2, {"prompt": "x"})])
def test_the_eleventh_in_flight_is_429(sim: Simulator, api: httpx.Client, path: str, body: dict[str, object]) -> None:
    sim.admin.settings(latency=0.5)
    with ThreadPoolExecutor(10) as pool:
        running = [pool.submit(api.post, path, json=body) for _ in range(10)]
        sim.admin.wait_for(lambda records: len(records) == 10)
        refused = api.post(path, json=body)
        free = api.post(f"{V2}?dry_run=true", json={"prompt": "x"})
        assert [each.result().status_code for each in running] == [200] * 10
    assert (refused.status_code, free.status_code) == (429, 200)
    if path == V2:
        assert refused.json()["reject_reason"] == "inflight_limit"
        assert refused.json()["max_inflight_requests"] == 10
    view = sim.admin.account()
    assert (view.in_flight, view.peak_in_flight) == (0, 10)
    assert api.post(path, json=body).status_code == 200


def test_work_goes_on_and_is_billed_when_the_client_has_given_up(sim: Simulator, opener: Opener) -> None:
    sim.admin.settings(latency=0.3)
    with pytest.raises(httpx.ReadTimeout):
        opener(sim.url, sim.key, timeout=0.05).post("/generate", json=GENERATION)
    (record,) = sim.admin.wait_for(lambda records: records[0].billed_usd > 0)
    assert record.outcome == "disconnected"
    assert sim.admin.account().billed_usd == Decimal("0.05")


@pytest.mark.parametrize(("path", "wrap"), [("/generate", True), ("/v1/ideogram-v3/generate", False), (V2, False)])
def test_a_blocked_prompt_is_422_and_free(sim: Simulator, api: httpx.Client, path: str, wrap: bool) -> None:
    body = {"prompt": "a [blocked] thing"}
    answer = api.post(path, json={"image_request": body} if wrap else body)
    assert answer.status_code == 422
    Contract().validator("GenerateImageSafetyError").validate(answer.json())
    assert sim.admin.account().billed_usd == 0


@pytest.mark.parametrize(("path", "wrap", "url"), [("/generate", True, ""), (V2, False, None)])
def test_an_unsafe_image_has_no_url_and_is_billed(
    sim: Simulator, api: httpx.Client, path: str, wrap: bool, url: str | None
) -> None:
    body = {"prompt": "an [unsafe] thing"}
    (image,) = api.post(path, json={"image_request": body} if wrap else body).json()["data"]
    assert (image["is_image_safe"], image["url"]) == (False, url)
    assert sim.admin.account().billed_usd > 0


def test_an_image_needs_its_signature_and_its_time(sim: Simulator, api: httpx.Client, opener: Opener) -> None:
    anyone = opener(sim.url)
    url = httpx.URL(api.post("/generate", json=GENERATION).json()["data"][0]["url"])
    assert anyone.get(url).status_code == 200
    assert anyone.get(url.copy_set_param("exp", "99999999999")).status_code == 403
    assert anyone.get(url.copy_remove_param("sig")).status_code == 403
    assert 3500 < int(url.params["exp"]) - datetime.now(UTC).timestamp() <= 3600
    sim.admin.settings(url_lifetime=-1)
    assert anyone.get(api.post("/generate", json=GENERATION).json()["data"][0]["url"]).status_code == 410


def test_usage_is_for_admin_keys_and_minutes_late(sim: Simulator, api: httpx.Client, opener: Opener) -> None:
    admin = opener(sim.url, sim.admin.add_key(admin=True).secret)
    start = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    asked = httpx.QueryParams(start_time=start, bucket_width="1h")
    api.post("/generate", json={"image_request": {"prompt": "x", "model": "V_2", "num_images": 3}})
    assert api.get("/v2/account/usage", params=asked).status_code == 404
    assert not spent(admin.get("/v2/account/usage", params=asked))
    sim.admin.settings(usage_lag=0)
    answer = admin.get("/v2/account/usage", params=asked)
    assert spent(answer) == [("v_2_generate", "0.24", 3, "default-key-1")]
    assert len(answer.json()["buckets"]) >= 48
    assert Contract().answer_error(Route.USAGE, answer.json()) is None


def spent(answer: httpx.Response) -> list[tuple[str, str, int, str]]:
    return [
        (item["product"], item["cost_total"], item["billed_units"]["quantity"], item["api_key"]["id"])
        for bucket in answer.json()["buckets"]
        for item in bucket["line_items"]
    ]


@pytest.mark.parametrize(
    "params",
    [{}, {"start_time": "yesterday"}, {"start_time": "2026-01-01T00:00:00"}, {"start_time": "2020-01-01T00:00:00Z"}],
)
def test_a_usage_request_without_a_sensible_range_is_400(
    sim: Simulator, opener: Opener, params: dict[str, str]
) -> None:
    admin = opener(sim.url, sim.admin.add_key(admin=True).secret)
    assert admin.get("/v2/account/usage", params=params).status_code == 400


def test_a_tls_handshake_with_the_broken_url_fails(sim: Simulator, opener: Opener) -> None:
    with pytest.raises(httpx.ConnectError, match="SSL"):
        opener(sim.broken_tls_url).get("/models")
