"""Every row has its test and every test its row; the page tells the rows and only what was measured of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.generator import measured
from docs.generator.faults import faults_page
from lab.cluster import REPOSITORY
from tests.faults.row import Place, Row
from tests.faults.rows import ROWS
from tests.results import VARIABLE, keep

IDS = [row.id for row in ROWS]
ROW = Row(id="provider/gone", place=Place.PROVIDER, fault="It is gone", promised="Nothing")


def test_rows_have_names_of_their_own() -> None:
    assert len(set(IDS)) == len(IDS)


def test_every_row_is_measured_by_one_test_and_every_test_measures_one() -> None:
    """In a process of its own: this run may have collected a part of the folder only."""
    collected = collected_rows()
    assert sorted(collected) == sorted(IDS)


def collected_rows() -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:xdist",
        "-p",
        "tests.faults.telling",
    ]
    told = subprocess.run(  # noqa: S603 - ourselves
        [*command, "--collect-only", "tests/faults"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return [line.removeprefix("row: ") for line in told.stdout.splitlines() if line.startswith("row: ")]


def test_a_row_without_times_says_so_and_one_with_times_tells_them() -> None:
    page = faults_page([ROW], {}, [])
    assert "| It is gone | Nothing | not measured | not measured | not measured |" in page
    page = faults_page([ROW], {ROW.id: {"id": ROW.id, "detected": 0.44, "acted": "none"}}, [])
    assert "| It is gone | Nothing | 0.4 | nothing | \N{EN DASH} |" in page


def test_results_are_lines_of_their_own_however_many_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "results"))
    for number in range(3):
        keep("faults", {"id": ROW.id, "detected": number})
    lines = [json.loads(line) for line in (tmp_path / "results" / "faults.jsonl").read_text().splitlines()]
    assert [line["detected"] for line in lines] == [0, 1, 2]


def test_medians_of_several_runs_are_taken_over_and_other_rows_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "FOLDER", tmp_path / "measured")
    runs: list[dict[str, Any]] = [{"id": "a", "detected": seconds, "acted": "none"} for seconds in (1.0, 9.0, 2.0)]
    monkeypatch.setenv(VARIABLE, str(tmp_path / "first"))
    keep("faults", {"id": "b", "acted": 4.0})
    keep("faults", {"id": "c", "acted": 4.0})
    measured.take_over(tmp_path / "first", ["a", "b", "c"])
    monkeypatch.setenv(VARIABLE, str(tmp_path / "second"))
    for run in runs:
        keep("faults", run)
    measured.take_over(tmp_path / "second", ["a", "b"])
    assert measured.faults() == {
        "a": {"id": "a", "detected": 2.0, "acted": "none"},
        "b": {"id": "b", "acted": 4.0},
    }


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    keep("faults", {"id": ROW.id})
    assert list(tmp_path.iterdir()) == []


def test_points_of_the_crash_matrix_are_told_by_scenario_and_kind_of_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "FOLDER", tmp_path / "measured")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "results"))
    for seconds in (1.0, 2.0, 6.0):
        keep("crashes", {"scenario": "a flip", "write": "status", "when": "before", "recovered": seconds})
    measured.take_over(tmp_path / "results", [])
    page = faults_page([], {}, measured.crashes())
    assert "| a flip | before | status | 3 | 2.0 | 6.0 |" in page
