"""The operator, forked from a process that has imported it already: a start that costs no second of processor time.

For tests that start it hundreds of times. Nothing else is different: it is a process of its own, leads its own group,
has a bare environment, and holds nothing of those that were forked before it, for the one they come from only imports.
"""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

from ideogram_operator.cli.main import main
from lab.processes import Child, Process, die_with_parent

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class WarmChild(Child):
    """A child whose command is the operator's own, whatever program is named; its output goes to a file."""

    def _spawn(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> Process:
        given = (argv[1:], folder, environment, Path(log.name))
        forked = _FORKS.Process(target=_operate, args=given, daemon=True)
        forked.start()
        return _Fork(forked)


class _Fork:
    """A forked process, asked as one of ``subprocess`` is."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self.pid = process.pid or 0

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("ideogram-operator", timeout or 0.0)
        return code


def _operate(argv: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> None:
    """What a process of its own does between fork and exec, and then the command."""
    os.setpgid(0, 0)
    die_with_parent(os.getppid(), signal.SIGKILL)
    # One of them would keep the process that forks alive when those are gone for whom it does.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    told, nothing = os.open(log, os.O_WRONLY | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for wanted, given in ((0, nothing), (1, told), (2, told)):
        os.dup2(given, wanted)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    main(list(argv))
