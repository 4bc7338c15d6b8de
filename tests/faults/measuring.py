"""Measuring a row: seconds from the fault until a person can see what is promised, and from its end until all is well."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.faults.row import Row
from tests.results import keep

NOTHING: Final = "none"
"""Kept in the place of a time where the promise is that nothing is done, and nothing was."""


def measures(row: Row) -> pytest.MarkDecorator:
    """Says which row of the matrix a test measures."""
    return pytest.mark.row(row)


def each(cases: Mapping[Row, Any], *, fixture: str = "") -> Callable[..., Any]:
    """Parametrises a test's ``case``, or one of its fixtures: one run for each of the rows."""
    runs = [pytest.param(case, id=row.id, marks=measures(row)) for row, case in cases.items()]
    return pytest.mark.parametrize(fixture or "case", runs, indirect=[fixture] if fixture else False)


@dataclass
class Measuring:
    """One run of a row. ``begins`` at the fault, ``ends`` where the fault is taken away."""

    row: Row
    times: dict[str, float | str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def begins(self) -> None:
        """The fault is there from now on; in the same breath as it is made."""
        self.began = time.monotonic()

    def detected(self) -> None:
        """A person can see in ``status`` that something is wrong."""
        self._mark("detected", self.began)

    def acted(self) -> None:
        """The operator has done to the targets what it promises."""
        self._mark("acted", self.began)

    def left_alone(self) -> None:
        """It promises to do nothing to the targets, and has not."""
        self.times["acted"] = NOTHING

    def ends(self) -> None:
        """The fault is taken away."""
        self.ended = time.monotonic()

    def recovered(self) -> None:
        """All is as it should be without the fault."""
        if self.ended is None:
            raise LookupError("it cannot have recovered from what has not ended")
        self._mark("recovered", self.ended)

    def simulated(self, **times: float) -> None:
        """Seconds of a clock that the test moves, by what they are."""
        self.times |= times

    def keep(self) -> None:
        """Tells the times, and keeps them for the page."""
        if not self.times:
            raise LookupError(f"the test of row {self.row.id} measured nothing")
        told = ", ".join(f"{what} {when:.2f} s" for what, when in self.times.items() if isinstance(when, float))
        print(f"{self.row.id}: {told}")  # noqa: T201 - a test tells its times
        keep("faults", {"id": self.row.id, **self.times})

    def _mark(self, what: str, since: float) -> None:
        self.times.setdefault(what, round(time.monotonic() - since, 3))
