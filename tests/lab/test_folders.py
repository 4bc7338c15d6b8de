"""Run folders: locked while their owner lives, swept once it is dead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cluster import REPOSITORY
from lab.folders import live_runs, run_folder, runs_folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_run_folder_is_there_for_as_long_as_its_block() -> None:
    with run_folder("a") as folder:
        assert live_runs() == [folder]
        assert runs_folder().stat().st_mode & 0o077 == 0
    assert not folder.exists()
    assert live_runs() == []


def test_orphans_are_swept_and_the_living_are_not(tmp_path: Path) -> None:
    code = (
        "import os; from lab.folders import run_folder\nwith run_folder('dead') as f: print(f, flush=True); os._exit(9)"
    )
    killed = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    orphan = Path(killed.stdout.strip())
    assert orphan.exists()
    with run_folder("alive") as alive:
        assert not orphan.exists()
        with run_folder("another"):
            assert alive.exists()
