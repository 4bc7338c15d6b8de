"""Certificate authorities as one file: the system's and our own. Some libraries take a file and trust nothing else."""

import os
import ssl
import tempfile
from pathlib import Path
from typing import IO, Final

_SYSTEM: Final = Path("/etc/ssl/certs/ca-certificates.crt")


class Authorities:
    """The file, in memory where that can be; there until it is closed.

    Args:
        ca_file: PEM, added to the system's.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, ca_file: Path | None) -> None:
        known = ssl.get_default_verify_paths()
        files = [Path(known.cafile) if known.cafile else _SYSTEM, ca_file]
        content = b"\n".join(
            file.read_bytes() for file in files if file is not None and (file == ca_file or file.exists())
        )
        if hasattr(os, "memfd_create"):
            self._file: IO[bytes] = os.fdopen(os.memfd_create("authorities"), "wb")
            self.path = Path(f"/proc/self/fd/{self._file.fileno()}")
        else:
            self._file = tempfile.NamedTemporaryFile()  # noqa: SIM115 - kept open until close
            self.path = Path(self._file.name)
        self._file.write(content)
        self._file.flush()

    def close(self) -> None:
        """The file is gone."""
        self._file.close()
