"""The operator's log cannot be written: a full disk, a closed pipe, and a pipe that nobody empties."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop
from tests.faults.measuring import Measuring, each
from tests.faults.rows import machine

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


@pytest.fixture
def sink(request: pytest.FixtureRequest) -> Iterator[Path | int]:
    """Where the operator's log goes, of the kind that the test says."""
    if request.param == "full":
        yield Path("/dev/full")
        return
    reader, writer = os.pipe()
    if request.param == "closed":
        os.close(reader)
    else:
        fill(writer)
    yield writer
    os.close(writer)
    if request.param != "closed":
        os.close(reader)


def fill(writer: int) -> None:
    """Nothing more fits into the pipe."""
    os.set_blocking(writer, False)
    try:
        while os.write(writer, b"\n" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(writer, True)


@each({machine.LOG_FULL: "full", machine.LOG_CLOSED: "closed", machine.LOG_STUCK: "stuck"}, fixture="sink")
def test_without_a_log(shop: Shop, run_operator: RunOperator, sink: Path | int, row: Measuring) -> None:
    operator = run_operator(output=sink, log_level="debug")
    before = shop.deploy(replicas=1)
    shop.integrate()
    shop.live()
    row.begins()
    shop.simulator.admin.fault("refused")
    shop.reads("false")
    row.acted()
    shop.fallen_back()
    row.ends()
    shop.simulator.admin.heal()
    shop.live()
    row.recovered()
    assert shop.settled()["spec"] == before["spec"]
    assert httpx.get(f"{operator.url}/healthz", trust_env=False, timeout=5).status_code == 200
    operator.stop()
