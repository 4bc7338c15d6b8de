"""Children end with their owner, whatever ends it, and say why when they end by themselves."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from lab.cluster import REPOSITORY
from lab.processes import Child, ChildDiedError
from lab.waiting import wait_until

OWNER = """
    import signal
    from lab.folders import run_folder
    from lab.processes import Child
    from lab.signals import ended_by_signals
    with ended_by_signals(), run_folder("owner") as folder:
        child = Child("sleeper", ["sleep", "600"], folder=folder)
        try:
            print(child.pid, folder, flush=True)
            while True:
                signal.pause()
        finally:
            child.kill()
"""


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_its_owner(tmp_path: Path, end: signal.Signals) -> None:
    owner = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", textwrap.dedent(OWNER)],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert owner.stdout
    with owner.stdout as told:
        pid, folder = told.readline().split()
    child = psutil.Process(int(pid))
    owner.send_signal(end)
    owner.wait(30)
    wait_until(lambda: not alive(child), "the child's end")
    if end is not signal.SIGKILL:  # after which the next start sweeps, see test_folders.py
        assert not Path(folder).exists()


def test_a_child_that_died_says_its_last_words(tmp_path: Path) -> None:
    child = Child("short", ["sh", "-c", "echo the disk is full >&2; exit 3"], folder=tmp_path)
    wait_until(lambda: not child.alive(), "its end")
    with pytest.raises(ChildDiedError, match=r"short ended with 3(.|\n)*the disk is full"):
        child.must_live()
    child.kill()


def test_a_child_has_a_bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    child = Child("env", ["env"], folder=tmp_path)
    wait_until(lambda: not child.alive(), "its end")
    assert "PROXY" not in child.log.read_text()
    child.kill()


def test_a_frozen_child_is_alive_and_can_be_killed(tmp_path: Path) -> None:
    child = Child("sleeper", ["sleep", "600"], folder=tmp_path)
    process = psutil.Process(child.pid)
    child.freeze()
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "its freezing")
    assert child.alive()
    child.thaw()
    wait_until(lambda: process.status() == psutil.STATUS_SLEEPING, "its thawing")
    child.freeze()
    child.kill()
    assert not alive(process)
    assert not (tmp_path / "sleeper.pid").exists()


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    child = Child("stubborn", ["sh", "-c", "trap '' TERM; echo ready; sleep 600 & wait; wait"], folder=tmp_path)
    wait_until(lambda: "ready" in child.log.read_text(), "its trap")
    child.terminate(patience=0.1)
    assert not child.alive()
