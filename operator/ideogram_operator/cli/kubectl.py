"""``kubectl ideogram``: what the operator knows, told to people. kubectl finds the script by its name."""

import click

from ideogram_operator import __version__
from ideogram_operator.cli.kubectl_drill import drill
from ideogram_operator.cli.kubectl_preflight import preflight


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kubectl ideogram")
def main() -> None:
    """What the Ideogram Operator knows and does in this cluster."""


main.add_command(preflight)
main.add_command(drill)
