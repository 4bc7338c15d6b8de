"""``ideogram-operator``: the commands people type."""

import click

from ideogram_operator import __version__
from ideogram_operator.cli import crd
from ideogram_operator.cli.preflight import preflight
from ideogram_operator.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ideogram-operator")
def main() -> None:
    """Keeps applications that draw with the Ideogram API working when the API does not."""


@main.command("crd")
def print_crd() -> None:
    """Print the CustomResourceDefinition as YAML, for ``kubectl apply -f -``."""
    click.echo(crd.render(), nl=False)


main.add_command(run)
main.add_command(preflight)
