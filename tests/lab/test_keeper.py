"""The shared cluster's keeper, and that nothing is skipped silently in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cluster import REPOSITORY
from lab.keeper import KUBECONFIG_VARIABLE, ClusterUnavailableError, Keeper, ask

SKIPS = """
import pytest
def test_skipped(): pytest.skip("no reason")
@pytest.mark.xfail(strict=True)
def test_expected(): assert False
"""


def test_a_cluster_that_cannot_start_says_why_to_everyone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KUBECONFIG_VARIABLE, str(tmp_path / "nothing"))
    keeper = Keeper.spawn()
    try:
        for _ in range(2):
            with pytest.raises(ClusterUnavailableError, match="No such file"):
                ask(keeper.address)
    finally:
        keeper.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(keeper.address)


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed, 1 xfailed"), ("", "1 skipped, 1 xfailed")])
def test_a_skipped_test_fails_in_ci(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS)
    run = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", tmp_path],
        cwd=REPOSITORY,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout
