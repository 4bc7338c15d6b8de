"""Whoever logs never waits: not for a pipe that nobody empties, not for one that is closed, not for a full disk."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator

import pytest

from ideogram_operator.runtime.log_outlet import PATIENCE, LogOutlet
from lab.waiting import wait_until

FEW = 5
LINE = "x" * 4096


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        with contextlib.suppress(OSError):  # the test closed it
            os.close(end)


def logger(descriptor: int) -> tuple[logging.Logger, LogOutlet]:
    outlet = LogOutlet(descriptor, most_waiting=FEW)
    found = logging.Logger("test")  # noqa: LOG001 - one of its own, with nothing above it
    found.addHandler(outlet)
    return found, outlet


def test_lines_are_written_in_their_order(pipe: tuple[int, int]) -> None:
    log, outlet = logger(pipe[1])
    for number in range(FEW):
        log.warning("line %d", number)
    outlet.flush()
    assert os.read(pipe[0], 4096).decode().splitlines() == [f"line {number}" for number in range(FEW)]


def test_nobody_waits_for_a_pipe_that_is_not_emptied_and_what_was_lost_is_told(pipe: tuple[int, int]) -> None:
    log, outlet = logger(pipe[1])
    began = time.monotonic()
    for _ in range(200):
        log.warning(LINE)
    outlet.flush()
    assert time.monotonic() - began < PATIENCE + 5
    text = ""

    def told() -> bool:
        nonlocal text
        text += os.read(pipe[0], 1 << 16).decode()
        return "are lost" in text

    wait_until(told, "the loss to be told", timeout=10)
    written = text.count(LINE)
    lost = int(next(line for line in text.splitlines() if "are lost" in line).split()[0])
    assert 0 < lost <= 200 - written


@pytest.mark.parametrize("kind", ["closed", "full"])
def test_what_cannot_be_written_is_no_trouble(pipe: tuple[int, int], kind: str) -> None:
    descriptor = pipe[1] if kind == "closed" else os.open("/dev/full", os.O_WRONLY)
    os.close(pipe[0])
    log, outlet = logger(descriptor)
    for _ in range(3 * FEW):
        log.warning(LINE)
    outlet.flush()
    assert outlet.waiting == 0
