"""Running as somebody else: PostgreSQL refuses to run as root, and MariaDB would rather not.

For anybody but root there is nothing to do. For root a server runs as the unprivileged account of its Debian package,
and keeps its data in a folder of that account's: run folders are closed to all others.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.controlplane.certificates import Certificates
from lab.folders import runs_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a server runs as; ``uid`` None: whoever we are."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of(cls, *names: str) -> Self:
        """The first account of these names that exists, if we are root; else ourselves."""
        if os.geteuid() != 0:
            return cls()
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = next(known[name] for name in (*names, "nobody") if name in known)
        return cls(uid=entry.pw_uid, gid=entry.pw_gid)

    def command(self, argv: Sequence[str | Path]) -> list[str | Path]:
        """``argv``, run as this account."""
        if self.uid is None:
            return list(argv)
        # The kernel forgets the parent-death signal when the user changes; setpriv asks for it again.
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", "--pdeathsig=KILL", *argv]

    def give(self, certificates: Certificates, folder: Path) -> None:
        """Copies the server's certificate and key into ``folder``, for this account's eyes only."""
        for name, source in (("server.crt", certificates.server), ("server.key", certificates.server_key)):
            shutil.copy(source, folder / name)
            (folder / name).chmod(0o600)
            self.own(folder / name)

    def own(self, *paths: Path) -> None:
        """Makes the account the owner of ``paths``."""
        for path in paths:
            if self.uid is not None and self.gid is not None:
                os.chown(path, self.uid, self.gid)


@contextmanager
def data_folder(account: Account, run: Path) -> Iterator[Path]:
    """A folder that ``account`` may use and nobody else, gone at the end.

    It is within the folder ``run``, or beside all run folders and named like ``run``, so that one whose run folder is
    gone is known to be an orphan.
    """
    if account.uid is None:
        folder = run / "data"
        folder.mkdir(mode=0o700)
        yield folder
        return
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_prefix()}{run.name}-"))
    account.own(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prefix() -> str:
    return f"ideogram-data-{os.getuid()}-"


def _sweep() -> None:
    runs = {folder.name for folder in runs_folder().iterdir()}
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix()}*"):
        if folder.stat().st_uid == 0 or folder.name.removeprefix(_prefix()).rpartition("-")[0] in runs:
            continue
        shutil.rmtree(folder, ignore_errors=True)
