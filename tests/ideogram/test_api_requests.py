from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.requests import NotAskableError, Request, possible, probe_request
from ideogram_operator.resource.words import ProbeMethod

SECRET = "ideo-canary-0123456789abcdef"
BASE = "https://api.ideogram.ai"


def asked(model: str, method: ProbeMethod) -> Request:
    return probe_request(base_url=BASE, key=ApiKey(SECRET), model=model, method=method, timeout=30)


def test_the_reference_check_is_the_checklists_request() -> None:
    request = asked("V_2_TURBO", ProbeMethod.GENERATE)
    assert (request.verb, request.url, request.timeout) == ("POST", f"{BASE}/generate", 30)
    assert request.body == {
        "image_request": {"prompt": "health check: simple blue dot", "model": "V_2_TURBO", "magic_prompt_option": "OFF"}
    }


@pytest.mark.parametrize(
    ("model", "path", "body"),
    [
        ("V_1", "/generate", {"image_request"}),
        ("AUTO", "/generate", {"image_request"}),
        ("V_3", "/v1/ideogram-v3/generate", {"prompt", "rendering_speed"}),
        ("ideogram-4-5", "/v2/image/generate/ideogram-4-5", {"prompt"}),
        ("z-image", "/v2/image/generate/z-image", {"prompt"}),
    ],
)
def test_a_model_is_generated_with_on_its_own_route(model: str, path: str, body: set[str]) -> None:
    request = asked(model, ProbeMethod.GENERATE)
    assert request.url == BASE + path
    assert request.body is not None
    assert set(request.body) == body


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("V_2", "ideogram-2"),
        ("V_2_TURBO", "ideogram-2"),
        ("V_2A", "ideogram-2a"),
        ("V_2A_TURBO", "ideogram-2a"),
        ("V_3", "ideogram-3"),
        ("AUTO", "auto"),
        ("ideogram-4-5", "ideogram-4-5"),
        ("p-image-ideogram", "p-image-ideogram"),
    ],
)
def test_a_dry_run_asks_about_the_family(model: str, family: str) -> None:
    assert asked(model, ProbeMethod.DRY_RUN).url == f"{BASE}/v2/image/generate/{family}?dry_run=true"


@pytest.mark.parametrize("model", ["V_1", "V_1_TURBO", "V_9", "", "../../generate", "x/../y", "a?b", "A-b"])
def test_what_has_no_family_is_not_dry_run(model: str) -> None:
    assert not possible(ProbeMethod.DRY_RUN, model)
    with pytest.raises(NotAskableError):
        asked(model, ProbeMethod.DRY_RUN)


def test_the_key_check_lists_the_models() -> None:
    request = asked("V_1", ProbeMethod.KEY_CHECK)
    assert (request.verb, request.url, request.body) == ("GET", f"{BASE}/models", None)


@given(model=st.text(max_size=40), method=st.sampled_from(ProbeMethod))
@settings(deadline=None)
def test_nothing_but_a_v2_generation_is_ever_sent_dry_run(model: str, method: ProbeMethod) -> None:
    try:
        request = asked(model, method)
    except NotAskableError:
        return
    path, _, query = request.url.removeprefix(BASE).partition("?")
    if "dry_run" in request.url:
        assert path.startswith("/v2/image/generate/")
        assert query == "dry_run=true"
        assert ".." not in path
        assert path.count("/") == 4
    else:
        assert method is not ProbeMethod.DRY_RUN


def test_a_request_shows_neither_key_nor_prompt() -> None:
    shown: Any = repr(asked("V_2", ProbeMethod.GENERATE))
    assert SECRET not in shown
    assert "blue dot" not in shown


@pytest.mark.parametrize("base_url", [f"{BASE}/generate?x=", f"{BASE}/generate#"])
@pytest.mark.parametrize("method", ProbeMethod)
def test_a_base_url_cannot_lead_a_dry_run_to_another_route(base_url: str, method: ProbeMethod) -> None:
    with pytest.raises(NotAskableError):
        probe_request(base_url=base_url, key=ApiKey(SECRET), model="V_2", method=method, timeout=1)
