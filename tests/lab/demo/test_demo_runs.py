"""``make demo`` as a person, a pipe and a CI job run it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lab.cluster import REPOSITORY
from lab.demo.scenes import SCENES, provider_goes_down
from lab.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


GOES_DOWN = next(scene for scene in SCENES if scene.play is provider_goes_down)


@contextmanager
def demo(temporary: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The demo, piped, with all that it writes under the folder."""
    person = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "lab", "demo", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        process_group=0,
    )
    try:
        yield person
    finally:
        person.terminate()
        person.communicate(timeout=30)


def read_until(person: "subprocess.Popen[str]", words: str) -> str:
    assert person.stdout
    return next(line for line in person.stdout if words in line)


def rest_of(person: "subprocess.Popen[str]") -> str:
    return person.communicate(timeout=90)[0]


def operator_pid(temporary: Path) -> int:
    def found() -> int | None:
        files = list(temporary.glob("ideogram-lab-*/demo-*/operator.pid"))
        return int(files[0].read_text()) if files else None

    return wait_until(found, "the operator's pid")


def left_behind(temporary: Path) -> list[str]:
    """Processes that have something to do with the folder (each child of the demo is given a file of it), and files."""
    processes = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    folders = [str(folder) for runs in temporary.glob("ideogram-lab-*") for folder in runs.iterdir() if folder.is_dir()]
    return [command for command in processes if str(temporary) in command] + folders


@pytest.mark.timeout(240)
def test_all_of_it_happens_and_is_told_in_plain_lines(tmp_path: Path) -> None:
    with demo(tmp_path, "--patience", "60") as person:
        told, _ = person.communicate(timeout=220)
    assert person.returncode == 0, told
    positions = [told.index(f"== {number} of {len(SCENES)}: {scene.title}") for number, scene in enumerate(SCENES, 1)]
    assert positions == sorted(positions)
    played = told[: told.index("== Before the outage")]
    assert "✘" not in played
    assert "everything happened" in told.splitlines()[-1]
    assert not {"\x1b", "\r", "\b"} & set(told)
    assert max(map(len, played.splitlines())) <= 120
    for kept in (
        "The checklist",
        "Before the outage",
        "During the outage",
        "After the outage",
        "At the end",
        "When it happened",
    ):
        assert f"\n== {kept}" in told
    assert not left_behind(tmp_path)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        pytest.param(signal.SIGSTOP, "✘ not seen within 8 s: ", id="an operator that does nothing"),
        pytest.param(signal.SIGKILL, "✘ operator ended with -9", id="an operator that died"),
    ],
)
def test_what_does_not_happen_is_told_and_the_demo_fails(tmp_path: Path, number: signal.Signals, told: str) -> None:
    with demo(tmp_path, "--patience", "8") as person:
        read_until(person, GOES_DOWN.title)
        os.kill(operator_pid(tmp_path), number)
        rest = rest_of(person)
    assert person.returncode == 1
    assert told in rest
    assert "\n== The end of the operator's log" in rest
    assert "everything happened" not in rest
    assert not left_behind(tmp_path)


def test_ctrl_c_is_no_success_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path) as person:
        read_until(person, GOES_DOWN.title)
        os.killpg(person.pid, signal.SIGINT)
        rest = rest_of(person)
    assert person.returncode == 130
    assert "✘" not in rest
    assert not left_behind(tmp_path)
