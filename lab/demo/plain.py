"""The demo as lines of text: for a file, a pipe, a CI log. No control codes; the times are UTC, as in status."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from lab.demo.sight import Sight
from lab.demo.timeline import HEADERS, LEFT, NOTES, Row
from lab.demo.view import Mark, clock_time

WIDTH = 118


class PlainView:
    """Writes each line as it comes, through ``write``."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to clean up."""

    def scene(self, title: str, about: str) -> None:
        self._write(f"\n== {title}\n{textwrap.fill(about, WIDTH, initial_indent='   ', subsequent_indent='   ')}")

    def line(self, mark: Mark, text: str) -> None:
        first, *others = text.splitlines() or [""]
        folded = textwrap.wrap(f"{clock_time()}  {mark.value} {first}", WIDTH, subsequent_indent=" " * 14)
        self._write("\n".join([*folded, *(part for other in others for part in _indented(other))]))

    def doing(self, text: str) -> None:
        """What is waited for is told once it has come."""

    def sights(self, sights: Mapping[str, Sight]) -> None:
        """What changes is told by lines."""

    def timeline(self, rows: Sequence[Row]) -> None:
        cells = [HEADERS, *(row.cells() for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(HEADERS))]
        self._write("\n== When it happened\n" + "\n".join(f"   {note}" for note in NOTES) + "\n")
        for row in cells:
            aligned = (
                cell.ljust(width) if index in LEFT else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self._write("   " + "  ".join(aligned).rstrip())

    def screen(self, title: str, text: str) -> None:
        self._write(f"\n== {title}\n\n{text.rstrip()}")


def _indented(line: str) -> list[str]:
    """A further line under the first; as it is if it fits, for it may be a row of a table."""
    margin = " " * 14
    if len(line) <= WIDTH - len(margin):
        return [margin + line]
    return textwrap.wrap(line, WIDTH, initial_indent=margin, subsequent_indent=margin)
