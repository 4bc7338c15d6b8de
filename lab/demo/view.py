"""How the demo is told: live in a terminal, or as plain lines wherever else it goes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from types import TracebackType
from typing import Protocol, Self

from lab.demo.sight import Sight
from lab.demo.timeline import Row


class Mark(Enum):
    """What kind of line it is; the value is its sign."""

    NOTE = " "
    DONE = "»"  # somebody did this
    SEEN = "·"  # this was seen to happen
    PROVEN = "✔"
    MISSING = "✘"


class View(Protocol):
    """Takes what is told, from any thread, and shows it inside its ``with`` block."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def scene(self, title: str, about: str) -> None:
        """A scene begins; the title has its number."""

    def line(self, mark: Mark, text: str) -> None:
        """One thing that was done, seen, proven or missed."""

    def doing(self, text: str) -> None:
        """What is waited for now."""

    def sights(self, sights: Mapping[str, Sight]) -> None:
        """How the applications look now."""

    def timeline(self, rows: Sequence[Row]) -> None:
        """Every scene's times."""

    def screen(self, title: str, text: str) -> None:
        """What a command printed, as it printed it."""


def clock_time() -> str:
    """Now in UTC, as in status, to the tenth of a second: ``12:00:03.5``."""
    return f"{datetime.now(UTC):%H:%M:%S.%f}"[:10]
