"""A simulator and a client per test: starting one takes a few milliseconds."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from lab.simulator import Simulator

GENERATION = {"image_request": {"prompt": "a simple blue dot", "model": "V_2_TURBO", "magic_prompt_option": "OFF"}}

Opener = Callable[..., httpx.Client]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread() as simulator:
        yield simulator


@pytest.fixture
def opener() -> Iterator[Opener]:
    """Opens clients that are closed with the test."""
    opened: list[httpx.Client] = []

    def open_client(url: str, key: str | None = None, **options: Any) -> httpx.Client:
        headers = {"Api-Key": key} if key is not None else {}
        opened.append(httpx.Client(base_url=url, headers=headers, trust_env=False, **{"timeout": 5, **options}))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture
def api(sim: Simulator, opener: Opener) -> httpx.Client:
    """A client of the API with the default key."""
    return opener(sim.url, sim.key)
