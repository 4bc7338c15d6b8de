"""The operator that is forked is the operator: a process of its own that says, takes and ends what the other does."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from ideogram_operator.cli import crd
from lab.cluster import REPOSITORY
from lab.processes import ChildDiedError
from lab.waiting import wait_until
from lab.warm import WarmChild

OWNER = """
    import signal
    from pathlib import Path
    from lab.warm import WarmChild
    child = WarmChild("operator", ["ideogram-operator", "run", "--kubeconfig", "{path}"], folder=Path("{folder}"))
    print(child.pid, flush=True)
    signal.pause()
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[WarmChild]:
    """One that waits for its cluster's first answer, which never comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        argv = ["ideogram-operator", "run", "--kubeconfig", _kubeconfig(tmp_path, silent)]
        found = WarmChild("operator", argv, folder=tmp_path)
        _called(silent)
        yield found
        found.kill()


def test_it_runs_in_its_folder_in_a_group_of_its_own(child: WarmChild, tmp_path: Path) -> None:
    assert os.getpgid(child.pid) == child.pid
    assert psutil.Process(child.pid).cwd() == str(tmp_path)


def test_it_can_be_frozen_and_killed(child: WarmChild) -> None:
    process = psutil.Process(child.pid)
    child.freeze()
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "its freezing")
    assert child.alive()
    child.kill()
    assert not child.alive()
    assert not process.is_running()


def test_it_takes_a_signal(child: WarmChild) -> None:
    assert child.terminate(patience=0) == -signal.SIGKILL


def test_it_does_not_outlive_its_owner(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = textwrap.dedent(OWNER).format(folder=str(tmp_path), path=_kubeconfig(tmp_path, silent))
        owner = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, process_group=0
        )
        assert owner.stdout
        with owner.stdout as told:
            child = psutil.Process(int(told.readline()))
        _called(silent)
        owner.kill()
        owner.wait(30)
        wait_until(lambda: not child.is_running(), "the child's end")


def test_it_says_what_the_command_says(tmp_path: Path) -> None:
    child = WarmChild("operator", ["ideogram-operator", "crd"], folder=tmp_path)
    wait_until(lambda: not child.alive(), "its end")
    assert child.terminate(patience=0) == 0
    assert child.log.read_text() == crd.render()


def test_it_ends_with_the_commands_own_code_and_words(tmp_path: Path) -> None:
    child = WarmChild("operator", ["ideogram-operator", "run", "--lease", "?"], folder=tmp_path)
    wait_until(lambda: not child.alive(), "its end")
    with pytest.raises(ChildDiedError, match=r"operator ended with 1(.|\n)*is not NAMESPACE/NAME"):
        child.must_live()
    child.kill()


def _called(silent: socket.socket) -> None:
    """Returns once it has asked its cluster something."""
    silent.settimeout(60)
    silent.accept()[0].detach()


def _kubeconfig(folder: Path, server: socket.socket) -> str:
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    told = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": url}}],
        "users": [{"name": "it", "user": {"token": "t"}}],
    }
    path = folder / "kubeconfig.yaml"
    path.write_text(yaml.safe_dump(told))
    return str(path)
