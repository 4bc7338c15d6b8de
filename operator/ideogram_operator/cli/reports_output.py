"""The forms of output, by the name that ``-o`` takes."""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click

from ideogram_operator.cli import reports_json, reports_junit, reports_markdown
from ideogram_operator.cli.reports import Report
from ideogram_operator.cli.table import print_table

TABLE: Final = "table"
_DOCUMENTS: Final[Mapping[str, Callable[[Sequence[Report]], str]]] = MappingProxyType(
    {"json": reports_json.render, "junit": reports_junit.render, "markdown": reports_markdown.render}
)
FORMS: Final = (TABLE, *_DOCUMENTS)


def print_reports(reports: Sequence[Report], form: str) -> None:
    """Prints the reports to standard output in one of ``FORMS``."""
    if form == TABLE:
        print_table(reports, sys.stdout)
    else:
        click.echo(_DOCUMENTS[form](reports), nl=False)
