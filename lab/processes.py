"""Child processes that never outlive the laboratory.

Each child leads its own process group (Ctrl-C in a terminal reaches us, not it) and is killed by the kernel when the
*thread* that started it ends (PR_SET_PDEATHSIG): start children from a thread that lives as long as they should,
which is the main thread.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

_PR_SET_PDEATHSIG = 1
# Loaded here, not between fork and exec, where loading a library could wait for a lock nobody will release.
_LIBC = ctypes.CDLL(None, use_errno=True)

LOG_TAIL = 30
NAMELESS_UID = 65532
"""The user of the operator's image; no passwd file names it."""


class ChildDiedError(RuntimeError):
    """A child ended by itself; the message carries the end of its log."""


class Process(Protocol):
    """What is asked of a process of ``subprocess``, and of one that is forked."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""

    def poll(self) -> int | None:
        """Its exit code, found out now."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended; raises ``subprocess.TimeoutExpired``."""


class Child:
    """One child process with a log file.

    Its environment is bare: proxies, Kubernetes and Go settings of the person's shell are not for it.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        output: Path | int | None = None,
    ) -> None:
        """Starts it. Its pid goes to ``folder/NAME.pid``.

        Args:
            name: what it is called here.
            argv: its command line.
            folder: where it runs, and where its temporary files are.
            environment: variables besides.
            output: where its output goes, a file or a descriptor; None: appended to ``folder/NAME.log``.
        """
        self.name = name
        self.log = folder / f"{name}.log"
        self._pid_file = folder / f"{name}.pid"
        bare = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TMPDIR": str(folder)}
        self.log.touch()
        with open(self.log if output is None else output, "ab", closefd=not isinstance(output, int)) as log:
            self._process = self._spawn(
                [str(part) for part in argv],
                folder=folder,
                environment=bare | dict(environment or {}),
                log=log,
            )
        self._pid_file.write_text(str(self.pid))

    def _spawn(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> Process:
        parent = os.getpid()
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            process_group=0,
            preexec_fn=lambda: die_with_parent(parent, signal.SIGKILL),  # noqa: PLW1509 - one system call, nothing that takes a lock
        )

    @property
    def pid(self) -> int:
        """Its process id, and that of its group."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs (a frozen one does)."""
        return self._process.poll() is None

    def must_live(self) -> None:
        """Raises ChildDiedError with the end of the log if it does not run any more."""
        if not self.alive():
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:])
            raise ChildDiedError(f"{self.name} ended with {self._process.returncode}; its log ends with\n{tail}")

    def kill(self) -> None:
        """SIGKILL to the whole group, and waits. Everything a child keeps is thrown away, so nothing needs grace."""
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def terminate(self, *, patience: float) -> int:
        """SIGTERM, and SIGKILL if it has not ended after ``patience`` seconds; its exit code, negative for a signal."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()
        return self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the group; one that is gone needs none."""
        if self.alive():
            os.killpg(self.pid, number)


class NamelessChild(Child):
    """A child as a container runs it: a user without a name, without a home, and with an empty environment.

    The user id is the image's, by a user namespace: files stay readable, and no root is needed.
    """

    def _spawn(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: IO[bytes]) -> Process:
        as_nobody = ["unshare", "--user", f"--map-user={NAMELESS_UID}", f"--map-group={NAMELESS_UID}"]
        # A process that enters a user namespace loses the signal that it gets when its parent ends.
        bound = ["setpriv", "--pdeathsig", "KILL"]
        bare = {name: value for name, value in environment.items() if name not in {"HOME", "TMPDIR"}}
        return super()._spawn([*as_nobody, *bound, *argv], folder=folder, environment=bare, log=log)


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Has the kernel send this process ``number`` when the thread that started it ends; ends now if it has."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)
