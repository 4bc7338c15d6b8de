"""How far it is, on standard error: a live line on a terminal, and a plain line per answer in a pipeline."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from rich.console import Console
from rich.status import Status

from ideogram_operator.checks.facts import Facts, Inquiry


class Progress(Protocol):
    """Is told of every answer, and of whatever else goes on."""

    def heard(self, facts: Facts, wanted: frozenset[Inquiry]) -> None:
        """The facts so far of an integration, of all that is wanted."""

    def say(self, text: str) -> None:
        """Something goes on."""


@dataclass(slots=True, kw_only=True)
class PlainProgress:
    """Lines that a log keeps; no control characters."""

    out: TextIO
    _told: dict[str, set[Inquiry]] = field(default_factory=dict)
    _last: str = ""

    def heard(self, facts: Facts, wanted: frozenset[Inquiry]) -> None:
        """A line for each answer that is new."""
        name = f"{facts.namespace}/{facts.name}"
        told = self._told.setdefault(name, set())
        for inquiry in Inquiry:
            if inquiry in wanted and inquiry not in told and facts.asked(inquiry):
                told.add(inquiry)
                self.say(f"{name}: {inquiry} asked ({len(told)} of {len(wanted)})")

    def say(self, text: str) -> None:
        """A line, unless it was the last one already."""
        if text != self._last:
            print(text, file=self.out, flush=True)
        self._last = text


@dataclass(slots=True, kw_only=True)
class LiveProgress:
    """One line that changes."""

    status: Status
    _waiting: dict[str, str] = field(default_factory=dict)

    def heard(self, facts: Facts, wanted: frozenset[Inquiry]) -> None:
        """What is still waited for."""
        name = f"{facts.namespace}/{facts.name}"
        left = [inquiry.value for inquiry in Inquiry if inquiry in wanted and not facts.asked(inquiry)]
        if left:
            self._waiting[name] = f"{name}: {len(wanted) - len(left)} of {len(wanted)}, waiting for {', '.join(left)}"
        else:
            self._waiting.pop(name, None)
        more = f" (and {len(self._waiting) - 1} more integrations)" if len(self._waiting) > 1 else ""
        self.say(next(iter(self._waiting.values()), "judging") + more)

    def say(self, text: str) -> None:
        """Replaces the line."""
        # Names are RFC 1123 and inquiries are ours, so there is no markup in it.
        self.status.update(text)


@contextmanager
def progress() -> Iterator[Progress]:
    """The progress that fits standard error; a live line is gone at the end of the block."""
    if not sys.stderr.isatty():
        yield PlainProgress(out=sys.stderr)
        return
    console = Console(file=sys.stderr, force_terminal=True, highlight=False, emoji=False)
    with console.status("looking around") as status:
        yield LiveProgress(status=status)
