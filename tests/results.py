"""What a passing test measured, kept where the pages of `docs/` are made from: one JSON line at a time.

Nothing is kept unless IDEOGRAM_RESULTS names a folder, as ``make faults`` does.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "IDEOGRAM_RESULTS"


def keep(kind: str, result: Mapping[str, Any]) -> None:
    """Appends a line to ``KIND.jsonl``: in a single write, so that workers do not cut into each other's lines."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    line = json.dumps(result, separators=(",", ":")) + "\n"
    descriptor = os.open(Path(folder) / f"{kind}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
