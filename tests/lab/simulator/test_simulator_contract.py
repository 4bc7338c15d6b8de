"""What the simulator answers is what the published contract promises."""

import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from lab.simulator import Contract, Route, Simulator
from lab.simulator.contract import as_json_schema

from .conftest import GENERATION, Opener

CONTRACT = Contract()

GENERATIONS = [
    pytest.param(Route.GENERATE, "/generate", {"json": GENERATION}, "V_2_TURBO", id="legacy"),
    pytest.param(
        Route.GENERATE_V1,
        "/v1/ideogram-v3/generate",
        {"json": {"prompt": "a cat", "rendering_speed": "TURBO", "aspect_ratio": "16x9"}},
        "V_3_TURBO",
        id="v1-json",
    ),
    pytest.param(
        Route.GENERATE_V1,
        "/v1/ideogram-v3/generate",
        {"files": {"prompt": (None, "a cat"), "num_images": (None, "2"), "style_reference_images": ("a.png", b"\x89")}},
        "V_3_DEFAULT",
        id="v1-form",
    ),
    pytest.param(
        Route.GENERATE_V2, "/v2/image/generate/ideogram-4-5", {"json": {"prompt": "a cat"}}, "ideogram-4-5", id="v2"
    ),
]


@pytest.mark.parametrize(("route", "path", "body", "product"), GENERATIONS)
def test_a_generation_keeps_the_contract_and_its_image_downloads(  # noqa: PLR0917 - pytest passes by name
    sim: Simulator, api: httpx.Client, route: Route, path: str, body: dict[str, Any], product: str
) -> None:
    answer = api.post(path, **body)
    assert answer.status_code == 200, answer.text
    assert CONTRACT.answer_error(route, answer.json()) is None
    for image in answer.json()["data"]:
        download = httpx.get(image["url"], trust_env=False)
        assert download.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(download.content)) as picture:
            picture.load()
            assert f"{picture.width}x{picture.height}" == image["resolution"]
    assert sim.admin.requests(route=route)[0].billed_usd > 0


@pytest.mark.parametrize(
    ("model", "micros", "qualifier"),
    [("ideogram-4-5", 100_000, "exact"), ("z-image", 5_000, "exact"), ("auto", 60_000, "estimate")],
)
def test_a_dry_run_quotes_and_neither_runs_nor_bills(
    sim: Simulator, api: httpx.Client, model: str, micros: int, qualifier: str
) -> None:
    quote = api.post(f"/v2/image/generate/{model}?dry_run=true", json={"prompt": "[blocked] a mug"}).json()
    assert CONTRACT.answer_error(Route.DRY_RUN, quote) is None
    assert (quote["usd_micros"], quote["qualifier"]) == (micros, qualifier)
    assert ("upper_bound_usd_micros" in quote) is (qualifier == "estimate")
    assert sim.admin.account().billed_usd == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [("/generate", GENERATION), ("/v1/ideogram-v3/generate", {"prompt": "a cat"})],
)
def test_other_routes_do_not_know_dry_run_and_bill(
    sim: Simulator, api: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    assert "data" in api.post(f"{path}?dry_run=true", json=body).json()
    assert sim.admin.account().billed_usd > 0


def test_models_and_the_signing_keys_are_listed(sim: Simulator, api: httpx.Client, opener: Opener) -> None:
    sim.admin.settings(
        models=[
            {
                "model_id": "m",
                "name": "mine",
                "status": "COMPLETED",
                "creation_time": "2026-01-01T00:00:00+00:00",
                "is_owned": True,
                "is_available_for_generation": True,
                "custom_model_uri": None,
            }
        ]
    )
    models = api.get("/models").json()
    assert [model["name"] for model in models["models"]] == ["mine"]
    assert CONTRACT.answer_error(Route.MODELS, models) is None
    assert opener(sim.url).get("/v1/.well-known/jwks.json").json()["keys"]


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("/generate", {"json": {"prompt": "not wrapped"}}),
        ("/generate", {"json": {"image_request": {}}}),
        ("/generate", {"json": {"image_request": {"prompt": "x", "model": "V_9"}}}),
        ("/generate", {"json": {"image_request": {"prompt": "x", "num_images": 9}}}),
        ("/generate", {"json": {"image_request": {"prompt": "x", "aspect_ratio": "ASPECT_1_1", "resolution": "RESOLUTION_1024_1024"}}}),
        ("/generate", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        ("/generate", {"content": b"prompt=x"}),
        ("/generate", {"json": []}),
        ("/v1/ideogram-v3/generate", {"json": {"prompt": "x", "rendering_speed": "turbo"}}),
        ("/v1/ideogram-v3/generate", {"files": {"num_images": (None, "2")}}),
        ("/v1/ideogram-v3/generate", {"files": {"prompt": (None, "x"), "num_images": (None, "two")}}),
        ("/v1/ideogram-v3/generate", {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
        ("/v2/image/generate/ideogram-4-5", {"json": {"prompt": "x", "magic_prompt": "OFF"}}),
        ("/v2/image/generate/ideogram-4-5?dry_run=true", {"json": {}}),
        ("/v2/image/generate/ideogram-9", {"json": {"prompt": "x"}}),
        ("/v2/image/generate/V_2", {"json": {"prompt": "x"}}),
    ],
)  # fmt: skip
def test_an_invalid_request_is_400_and_costs_nothing(
    sim: Simulator, api: httpx.Client, path: str, request_: dict[str, Any]
) -> None:
    assert api.post(path, **request_).status_code == 400
    assert sim.admin.account().billed_usd == 0


@pytest.mark.parametrize(
    ("model", "path", "body"),
    [
        ("V_2_TURBO", "/generate", GENERATION),
        ("ideogram-2", "/v2/image/generate/ideogram-2", {"prompt": "x"}),
        ("ideogram-2", "/v2/image/generate/ideogram-2?dry_run=true", {"prompt": "x"}),
    ],
)
def test_a_retired_model_is_400(sim: Simulator, api: httpx.Client, model: str, path: str, body: dict[str, Any]) -> None:
    assert api.post(path, json=body).status_code == 200
    sim.admin.settings(retired_models=[model])
    assert api.post(path, json=body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/generate", 405),
        ("GET", "/v2/image/generate/ideogram-4-5", 405),
        ("POST", "/models", 405),
        ("GET", "/nothing", 404),
        ("POST", "/v2/image/generate/", 404),
        ("POST", "/v2/image/generate/a/b", 404),
    ],
)
def test_what_is_not_served_is_404_or_405(api: httpx.Client, method: str, path: str, status: int) -> None:
    assert api.request(method, path).status_code == status


def test_every_example_of_the_documents_is_valid_by_them() -> None:
    example = {
        "error": "x",
        "reject_reason": "inflight_limit",
        "max_inflight_requests": 10,
        "task_completion_speed": "fast",
    }
    CONTRACT.validator("GenerationErrorResponse").validate(example)
    assert not CONTRACT.validator("GenerationErrorResponse").is_valid({"error": "x", "reject_reason": "mood"})


def test_nullable_becomes_a_null_that_json_schema_knows() -> None:
    assert as_json_schema({"type": "string", "nullable": True}) == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert json.dumps(as_json_schema([{"nullable": False, "type": "string"}])) == '[{"type": "string"}]'
