"""What decides knows nothing of clusters, networks or clocks: its imports say so."""

import ast
import sys
from pathlib import Path

import ideogram_operator.decisions

FOLDER = Path(ideogram_operator.decisions.__file__).parent
OURS = ("ideogram_operator.decisions", "ideogram_operator.resource")
IMPURE = {"asyncio", "logging", "random", "socket", "subprocess", "threading", "time", "os"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_decisions_import_the_standard_library_and_the_resource_only() -> None:
    foreign = {
        (path.name, name)
        for path in FOLDER.glob("*.py")
        for name in imported(path)
        if not name.startswith(OURS) and (name.partition(".")[0] not in sys.stdlib_module_names or name in IMPURE)
    }
    assert not foreign
