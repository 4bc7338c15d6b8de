"""The matrix of faults: its rows from the tests that measure them, its times from their last run.

``python -m docs.generator.faults RESULTS`` takes over the times of a run (``make faults``) and writes the page.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docs.generator import measured
from docs.generator.markdown import MARK, table
from tests.faults.row import Place, Row
from tests.faults.rows import ROWS

PAGE: Final = Path(__file__).resolve().parents[1] / "faults.md"

_INTRODUCTION: Final = """# Under fire: what happens when something breaks

Every row is a test that passes, and its times are what that test measured: a real API server, controller manager and
scheduler, the operator as its chart's ServiceAccount, and a simulated Ideogram that really listens and breaks. `make
faults` runs them and writes this page.

- **Detected**: from the fault until a person can see in `status` that something is wrong.
- **Acted**: from the fault until the targets have been told what is promised; *nothing* where that is the promise, and
  it was looked at that nothing was done.
- **Recovered**: from the end of the fault until all is as if it had not been. A dash: there is nothing to wait for.

Times are in seconds, measured on two shared cores; of several runs, the median. The integrations are quick, so that
hours need not be waited for: checked every second, confirmed every half second, a check's timeout 2 s, a hold of 2 s,
two good checks to return. With the defaults (10 s, 2 s, 10 s, 5 min, three) an outage is acted on within 15 s, a hang
within 25 s. A row says so where it differs.

"""
_NOTHING_TO_WAIT_FOR: Final = "\N{EN DASH}"
_CRASHES: Final = """## The operator is killed

The operator is killed (SIGKILL) just before the API server has each write that it makes, and just after the first of
each kind (what is stored after a write is what is stored before the next), and started again. Each time the end is
the one of an undisturbed run, with exactly one rollout per flip and a
pod template that is the same to the bit. *Recovered*: from the start of the new process until that end.

"""


def faults_page(rows: Iterable[Row], times: Mapping[str, measured.Line], crashes: Iterable[measured.Line]) -> str:
    """The page `docs/faults.md`."""
    return MARK + _INTRODUCTION + "\n".join([*_places(list(rows), times), *_killed(list(crashes))])


def _places(rows: list[Row], times: Mapping[str, measured.Line]) -> Iterator[str]:
    head = ["Fault", "What is promised", "Detected", "Acted", "Recovered"]
    for place in Place:
        found = [_row(row, times.get(row.id)) for row in rows if row.place is place]
        if found:
            yield f"## {place}\n\n{table(head, found)}"


def _row(row: Row, times: measured.Line | None) -> list[str]:
    told = [_time(times.get(name)) if times else "not measured" for name in measured.TIMES]
    return [row.fault, row.promised, *told]


def _time(value: Any) -> str:
    match value:
        case None:
            return _NOTHING_TO_WAIT_FOR
        case str():
            return "nothing"
        case _:
            return f"{value:.1f}"


def _killed(crashes: list[measured.Line]) -> Iterator[str]:
    head = ["While", "Killed", "At", "Points", "Recovered", "Longest"]
    rows = [
        [line["scenario"], line["when"], line["write"], str(line["points"]), *map(_time, _both(line))]
        for line in crashes
    ]
    if rows:
        yield _CRASHES + table(head, rows)


def _both(line: measured.Line) -> tuple[float, float]:
    return line["recovered"], line["longest"]


def main(results: Path) -> None:
    """Takes the results over and writes the page."""
    measured.take_over(results, [row.id for row in ROWS])
    PAGE.write_text(faults_page(ROWS, measured.faults(), measured.crashes()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
