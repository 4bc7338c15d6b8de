"""Builds what a recipe says, once, into the cache; tells how far it is while it does.

Two builds at once: the second waits for the first and finds its result. A build that was killed leaves only a
``.new`` folder, which the next one clears: a folder without that suffix is complete.
"""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from lab.controlplane.recipes import Recipe
from lab.controlplane.toolchain import find_go, go_environment
from lab.folders import cache_folder
from lab.locked import locked

PROGRESS_EVERY: Final = 15.0


class BuildFailedError(RuntimeError):
    """``go`` failed; the message carries the end of what it said."""


def say_to_stderr(line: str) -> None:
    """One line for a person or a log file, at once."""
    print(f"lab: {line}", file=sys.stderr, flush=True)


def destination(recipe: Recipe, *, cache: Path | None = None) -> Path:
    """The cache folder of a recipe's binaries, whether or not they are there."""
    return (cache or cache_folder()) / "bin" / f"{recipe.name}-{recipe.version}-{recipe.fingerprint()}"


def built(recipe: Recipe, *, say: Callable[[str], None] = say_to_stderr, cache: Path | None = None) -> Path:
    """The folder with the recipe's binaries; builds them if they are missing.

    Raises:
        BuildFailedError: the sources did not build, or could not be fetched.
    """
    folder = destination(recipe, cache=cache)
    if folder.is_dir():
        return folder
    with locked(folder):
        if not folder.is_dir():
            _build(recipe, folder, say)
    return folder


def _build(recipe: Recipe, folder: Path, say: Callable[[str], None]) -> None:
    go = find_go(say)
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    what = f"{', '.join(recipe.binaries)} {recipe.version}"
    say(f"building {what} ({recipe.usual}; once, then kept in {folder})")
    started = time.monotonic()
    _run_go(go, recipe, fresh, lambda packages: say(f"building {what}: {_elapsed(started)}, {packages} packages"))
    for name in recipe.binaries:
        if not (fresh / name).exists():
            raise BuildFailedError(f"go succeeded without making {name}")
    fresh.rename(folder)
    say(f"built {what} in {_elapsed(started)}")


def _run_go(go: Path, recipe: Recipe, out: Path, progress: Callable[[int], None]) -> None:
    arguments = [part.replace("{out}", str(out)) for part in recipe.arguments]
    with subprocess.Popen(
        [go, arguments[0], "-v", *arguments[1:]],
        cwd=recipe.module or out,
        env=go_environment(recipe.goflags) | {"GOBIN": str(out)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        lines: list[str] = []
        assert process.stderr is not None  # noqa: S101 - asked for as a pipe, for the type checker
        reader = threading.Thread(target=_collect, args=(process.stderr, lines), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(PROGRESS_EVERY)
            if reader.is_alive():
                progress(len(lines))
    if process.returncode:
        raise BuildFailedError(f"go {arguments[0]} for {recipe.name} failed:\n" + "\n".join(lines[-20:]))


def _collect(stream: TextIO, lines: list[str]) -> None:
    # Downloads come first and are not packages built; kept for the error message only.
    lines.extend(line.rstrip() for line in stream if not line.startswith("go: downloading"))


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
