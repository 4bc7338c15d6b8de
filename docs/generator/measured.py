"""What the tests of faults and crashes measured, kept in `docs/measured/`: a page can be made without running them.

A run replaces what it measured anew and leaves the rest: one row may be measured by itself.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, Final

Line = Mapping[str, Any]

FOLDER: Final = Path(__file__).resolve().parents[1] / "measured"
TIMES: Final = ("detected", "acted", "recovered")
CRASH: Final = ("scenario", "write", "when")


def faults() -> dict[str, Line]:
    """Each row's times by its id; of several runs the medians."""
    return {line["id"]: line for line in _read(FOLDER / "faults.jsonl")}


def crashes() -> list[Line]:
    """One line for each scenario, kind of write and side of it."""
    return _read(FOLDER / "crashes.jsonl")


def take_over(results: Path, known: Iterable[str]) -> None:
    """Takes over what is in the folder of results; of what was kept, rows that are not ``known`` any more go."""
    new = {line["id"]: line for line in _grouped(_read(results / "faults.jsonl"), _id, _row)}
    kept = faults() | new
    _write("faults.jsonl", [kept[row] for row in known if row in kept])
    if crashed := _read(results / "crashes.jsonl"):
        _write("crashes.jsonl", _grouped(crashed, _point, _points))


def _row(lines: list[Line]) -> Line:
    found = {name: [line[name] for line in lines if name in line] for name in TIMES}
    return {"id": lines[0]["id"], **{name: _typical(values) for name, values in found.items() if values}}


def _points(lines: list[Line]) -> Line:
    seconds = [line["recovered"] for line in lines]
    told = {name: lines[0][name] for name in CRASH}
    return {**told, "points": len(lines), "recovered": round(median(seconds), 2), "longest": round(max(seconds), 2)}


def _typical(values: list[float | str]) -> float | str:
    """The median; a word where that is what was measured."""
    numbers = [value for value in values if not isinstance(value, str)]
    return round(median(numbers), 2) if numbers else values[0]


def _id(line: Line) -> str:
    return str(line["id"])


def _point(line: Line) -> tuple[str, ...]:
    return tuple(str(line[name]) for name in CRASH)


def _grouped(lines: Iterable[Line], by: Callable[[Line], Any], told: Callable[[list[Line]], Line]) -> Iterator[Line]:
    for _, alike in groupby(sorted(lines, key=by), by):
        yield told(list(alike))


def _read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _write(name: str, lines: Iterable[Line]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
