"""The operator as its image runs it: a user without a name, without a home, with an empty environment."""

import os
from pathlib import Path

import pytest

from lab.processes import NAMELESS_UID, NamelessChild
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def test_it_switches_and_returns_as_a_user_without_a_name(shop: Shop, run_operator: RunOperator) -> None:
    operator = run_operator(process=NamelessChild)
    process = Path(f"/proc/{operator.pid}")
    names = {entry.partition("=")[0] for entry in (process / "environ").read_text().split("\0") if entry}
    assert names <= {"PATH"}
    assert f"{NAMELESS_UID} {os.getuid()}" in " ".join((process / "uid_map").read_text().split())
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("status", status=500)
    shop.fallen_back()
    assert shop.told() == "false"
    shop.simulator.admin.heal()
    shop.live()
    assert shop.told() == "true"
    operator.stop()
