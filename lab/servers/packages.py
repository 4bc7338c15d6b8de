"""What Debian's packages bring, where it is, and one clear word when it is not there.

Building PostgreSQL, MariaDB and Prometheus ourselves would take longer than all tests; every Debian has them, and
libfaketime, by which a clock jumps.
"""

import shutil
from pathlib import Path
from typing import Final

PACKAGES: Final = {
    "postgresql": ("initdb", "postgres"),
    "mariadb-server": ("mariadb-install-db", "mariadbd"),
    "prometheus": ("prometheus", "promtool"),
}
LIBRARIES: Final = {"libfaketime": "faketime/libfaketimeMT.so.1"}
_LIBRARY_FOLDERS: Final = (Path("/usr/lib"), Path("/usr/local/lib"))
_POSTGRES: Final = Path("/usr/lib/postgresql")
_MORE_FOLDERS: Final = (Path("/usr/sbin"), Path("/usr/local/sbin"))


class PackageMissingError(RuntimeError):
    """A server's program is not on this machine; the message says what to install."""


def program(name: str) -> Path:
    """Where ``initdb``, ``postgres``, ``mariadbd``, … is.

    Raises:
        PackageMissingError: nowhere.
    """
    found = _find(name)
    if found is None:
        raise PackageMissingError(f"{name} is missing; on Debian: {advice()}")
    return found


def library(package: str) -> Path:
    """Where the library of one of ``LIBRARIES`` is.

    Raises:
        PackageMissingError: nowhere.
    """
    found = _find_library(LIBRARIES[package])
    if found is None:
        raise PackageMissingError(f"{package} is missing; on Debian: {advice()}")
    return found


def missing_packages() -> list[str]:
    """The Debian packages of which something is missing."""
    servers = [package for package, names in PACKAGES.items() if not all(_find(name) for name in names)]
    return servers + [package for package, path in LIBRARIES.items() if _find_library(path) is None]


def advice() -> str:
    """The command that installs all of them."""
    return f"apt-get install --no-install-recommends {' '.join([*PACKAGES, *LIBRARIES])}"


def _find(name: str) -> Path | None:
    # Debian keeps PostgreSQL's programs off the PATH, a folder per major version: the newest one is taken.
    versions = sorted(_POSTGRES.glob("[0-9]*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    on_path = shutil.which(name)
    beside = [folder / name for folder in (*versions, *_MORE_FOLDERS) if (folder / name).is_file()]
    return Path(on_path) if on_path else next(iter(beside), None)


def _find_library(path: str) -> Path | None:
    # A folder per architecture, or none.
    beside = (found for folder in _LIBRARY_FOLDERS for found in (*folder.glob(f"*/{path}"), folder / path))
    return next((found for found in beside if found.is_file()), None)
