"""Where the laboratory keeps things: a cache that outlives it, and run folders that do not.

A run folder is locked by the process that owns it for as long as that process lives. The kernel drops the lock
whatever way the process ends, so whoever starts next can tell an orphaned folder from a live one and sweep it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Where binaries are kept between runs: ``$XDG_CACHE_HOME``, else ``~/.cache``, and our name."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ideogram-operator"


def runs_folder() -> Path:
    """The parent of all run folders of this user; readable by nobody else, for they hold admin credentials."""
    folder = Path(tempfile.gettempdir()) / f"ideogram-lab-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """A fresh folder whose name starts with ``name``, removed at the end. Orphans are swept first."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=runs_folder()))
    with (folder / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        owner.write(str(os.getpid()))
        owner.flush()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def live_runs() -> list[Path]:
    """Run folders whose owner lives, the youngest first."""
    folders = [owner.parent for owner in runs_folder().glob("*/owner") if _locked(owner)]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)


def sweep() -> None:
    """Removes what owners that were killed left behind."""
    for owner in runs_folder().glob("*/owner"):
        # An empty file: made a moment ago, its owner is about to lock it.
        if owner.exists() and owner.stat().st_size and not _locked(owner):
            shutil.rmtree(owner.parent, ignore_errors=True)


def _locked(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
