"""The demo in a terminal: the story scrolls by, and how the applications stand stays in sight below it."""

from collections.abc import Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Final, Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from lab.demo.sight import Sight
from lab.demo.timeline import HEADERS, LEFT, NOTES, Row
from lab.demo.view import Mark, clock_time

STYLES: Final = {
    Mark.NOTE: "dim",
    Mark.DONE: "bold yellow",
    Mark.SEEN: "cyan",
    Mark.PROVEN: "green",
    Mark.MISSING: "bold red",
}
WORDS: Final = {
    "Live": "green", "Healthy": "green", "enabled": "green",
    "Suspect": "yellow", "Degraded": "yellow", "Recovering": "cyan",
    "Fallback": "bold magenta", "disabled": "magenta", "Down": "bold red", "Unknown": "dim",
}  # fmt: skip

COLUMNS: Final = {
    "application": 14, "state": 10, "API": 8, "reason": 17, "is told": 22, "pods": 7, "its /health": 11,
}  # fmt: skip
"""The board's columns and their least widths, so that nothing jumps when a word changes."""


class Board:
    """The part that stays in sight; rendered anew several times a second."""

    def __init__(self, scenes: int) -> None:
        self.scenes = scenes
        self.number = 0
        self.title = "Setting the stage"
        self.sights: Mapping[str, Sight] = {}
        self._started = monotonic()
        self._waiting: Spinner | Text = Text("")

    def doing(self, text: str) -> None:
        """What is waited for now."""
        self._waiting = Spinner("dots", Text(text, overflow="ellipsis", no_wrap=True))

    def rest(self, text: str) -> None:
        """Nothing is waited for any more."""
        self._waiting = Text(text, "dim")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        steps = Text()
        for number in range(1, self.scenes + 1):
            steps.append(
                "━━━ ", "green" if number < self.number else "yellow" if number == self.number else "bright_black"
            )
        head = Table.grid(expand=True)
        head.add_row(Text(self.title, "bold"), Text.assemble(steps, (f" {monotonic() - self._started:.0f} s", "dim")))
        head.columns[1].justify = "right"
        yield Group(Rule(style="bright_black"), head, applications(self.sights), Padding(self._waiting, (0, 1)))


def applications(sights: Mapping[str, Sight]) -> Table:
    """A row for each application."""
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for header, width in COLUMNS.items():
        table.add_column(header, no_wrap=True, min_width=width)
    for sight in sights.values():
        words = (sight.state, sight.health, sight.reason)
        table.add_row(
            Text(sight.name, "bold"),
            *(Text(word, WORDS.get(word, "")) for word in words),
            Text(sight.switch),
            pods(sight),
            Text(sight.says, WORDS.get(sight.says, "")),
        )
    return table


def pods(sight: Sight) -> Text:
    """A dot for each pod: full and green where it draws, hollow where it was told not to, small while it starts."""
    if not sight.pods:
        return Text("none", "dim")
    dots = {"enabled": ("● ", "green"), "disabled": ("○ ", "magenta")}
    return Text.assemble(*(dots.get(pod.says, ("· ", "dim")) for pod in sight.pods))


class LiveView:
    """Shows it on a console that is a terminal."""

    def __init__(self, console: Console, scenes: int) -> None:
        self._console = console
        self._board = Board(scenes)
        self._live = Live(self._board, console=console, refresh_per_second=10)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ends = {type(None): "all of it was seen", SystemExit: "interrupted"}
        self._board.rest(ends.get(kind or type(None), "it ends here: not everything happened"))
        self._live.stop()

    def scene(self, title: str, about: str) -> None:
        self._board.number += 1
        self._board.title = title
        self._console.print(Text(f"\n{title}", "bold"), Text(about, "dim italic"), sep="\n")

    def line(self, mark: Mark, text: str) -> None:
        style = STYLES[mark]
        body = Text(text, "" if mark in {Mark.PROVEN, Mark.SEEN} else style)
        row = Table.grid(padding=(0, 1))
        row.add_row(Text(clock_time(), "bright_black"), Text(mark.value, style), body)
        self._console.print(row)

    def doing(self, text: str) -> None:
        self._board.doing(text)

    def sights(self, sights: Mapping[str, Sight]) -> None:
        self._board.sights = sights

    def timeline(self, rows: Sequence[Row]) -> None:
        table = Table(box=None, header_style="dim", padding=(0, 1))
        for index, header in enumerate(HEADERS):
            table.add_column(header, justify="left" if index in LEFT else "right", no_wrap=True)
        for row in rows:
            table.add_row(*row.cells())
        self._console.print(Text("\nWhen it happened", "bold"), Text("\n".join(NOTES), "dim italic"), table, sep="\n")

    def screen(self, title: str, text: str) -> None:
        self._console.print(Text(f"\n{title}", "bold"))
        # As it was printed: a terminal that is too narrow wraps it as it would wrap kubectl's own.
        self._console.print(Text(text.rstrip()), soft_wrap=True)
