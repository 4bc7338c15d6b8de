"""How a command for people runs and ends: in silence but for its own words, by one exit code, at once on Ctrl-C.

Libraries log what is none of a terminal's business, some of it with URLs. Our own words are all that is printed.
"""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any, Final, NoReturn

import click
import structlog

PASSED: Final = 0
NOT_PASSED: Final = 1
COULD_NOT: Final = 2
INTERRUPTED: Final = 130
"""What shells take an end by Ctrl-C for."""


class CouldNotRunError(Exception):
    """What was asked could not be done; each line says what, where, and what to do."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def finish(command: str, work: Coroutine[Any, Any, int]) -> NoReturn:
    """Does the work and ends the process with what it returns.

    Args:
        command: what people typed, to begin a line of complaint with.
        work: returns the exit code; may raise CouldNotRunError.
    """
    _silence()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(asyncio.run(work))
    except CouldNotRunError as error:
        for line in error.lines:
            click.echo(f"{command}: {plain(line)}", err=True)
        sys.exit(COULD_NOT)
    except KeyboardInterrupt:
        click.echo(f"{command}: interrupted", err=True)
        sys.exit(INTERRUPTED)


def plain(text: str) -> str:
    """`text` in one line, without anything that would steer a terminal or break a document."""
    line = " ".join(text.split())
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _silence() -> None:
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
