"""A report as a table for people: sections, one line per check, and under each that did not pass what to do."""

from collections.abc import Sequence
from typing import Final, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ideogram_operator.cli.reports import Report, Row, closing, moment
from ideogram_operator.resource.checklist import CheckId, CheckResult

WIDTH: Final = 100
_WIDEST: Final = 140
_NARROWEST: Final = 72
_ID_WIDTH: Final = max(len(check) for check in CheckId)
_EVIDENCE_WIDTH: Final = len("Inspected")

MARKS: Final = {
    CheckResult.PASS: ("\N{HEAVY CHECK MARK}", "green"),
    CheckResult.WARN: ("!", "yellow"),
    CheckResult.FAIL: ("\N{HEAVY BALLOT X}", "red"),
    CheckResult.UNKNOWN: ("?", "yellow"),
    CheckResult.SKIPPED: ("\N{EN DASH}", "dim"),
}
ARROW: Final = "\N{RIGHTWARDS ARROW}"


def print_table(reports: Sequence[Report], out: TextIO) -> None:
    """Prints the reports; in colour only on a terminal, and not where ``NO_COLOR`` is set."""
    # FORCE_COLOR, which CI servers like to set, would put control characters into files.
    shown = out.isatty()
    console = Console(
        file=out, force_terminal=shown, width=None if shown else WIDTH, highlight=False, markup=False, emoji=False
    )
    console.width = max(_NARROWEST, min(console.width, _WIDEST))
    with console.capture() as drawn:
        for index, report in enumerate(reports):
            if index:
                console.print()
            _print(report, console)
    # What a cell is filled up with is of no use to anybody who copies it.
    out.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def _print(report: Report, console: Console) -> None:
    at = f", as of {moment(report.at)}" if report.at else ""
    console.print(Text(f"{report.title} ({report.environment}){at}", style="bold"))
    for remark in report.remarks:
        console.print(Text(remark, style="yellow"))
    for section, rows in report.sections:
        console.print()
        console.print(Text(section.value, style="bold"))
        console.print(Padding(_grid(rows), (0, 0, 0, 1)))
    console.print()
    for line in closing(report):
        console.print(Text(line, style="green" if report.passed else "red"))


def _grid(rows: Sequence[Row]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=1)
    grid.add_column(width=_ID_WIDTH)
    grid.add_column(width=_EVIDENCE_WIDTH)
    grid.add_column(overflow="fold", ratio=1)
    for row in rows:
        mark, style = MARKS[row.result]
        grid.add_row(Text(mark, style=style), Text(row.id), Text(row.evidence, style="dim"), Text(_said(row)))
        if row.hint and row.result is not CheckResult.PASS:
            grid.add_row("", "", "", Text(f"{ARROW} {row.hint}", style="cyan"))
    return grid


def _said(row: Row) -> str:
    return f"{row.message} (since {moment(row.since)})" if row.since else row.message
