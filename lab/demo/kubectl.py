"""What kubectl printed, cut to what a reader of the demo looks for."""

import textwrap
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 116
TELLING: Final = ("Health", "History", "Message", "Reason", "Since", "State", "Targets")
"""What the essence keeps of the status, by the names under which kubectl prints it."""


def folded(text: str) -> str:
    """A long line as a paragraph."""
    return textwrap.fill(text, WIDTH)


def essence(described: str) -> str:
    """Of ``kubectl describe``: how it stands, the history and the events; long lines cut."""
    kept = (*_sections(described, "Status", TELLING), *_tail(described, "Events"))
    return "\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in kept)


def _sections(described: str, block: str, names: tuple[str, ...]) -> Iterator[str]:
    inside, wanted = False, False
    for line in described.splitlines():
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            inside = line.startswith(f"{block}:")
            if inside:
                yield line
            continue
        if depth == 2:  # kubectl's step: a field of the block itself
            wanted = line.strip().split(":")[0] in names
        if inside and wanted:
            yield line


def _tail(described: str, block: str) -> list[str]:
    lines = described.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(f"{block}:")]
    return lines[starts[-1] :] if starts else []
