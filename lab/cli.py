"""The laboratory's commands."""

import os
import runpy
import sys
from pathlib import Path

import click

from lab.controlplane.binaries import binary, kubectl, missing
from lab.controlplane.build import built
from lab.folders import live_runs
from lab.up import up as start_laboratory

_PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A laboratory on localhost: control plane, kubelet, a simulated Ideogram, sample applications."""


@main.command()
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="A running cluster to use instead.")
def up(kubeconfig: Path | None) -> None:
    """Start a cluster with everything in it, for a person to play with, until Ctrl-C."""
    start_laboratory(kubeconfig)


@main.command()
def build() -> None:
    """Build what is missing of the control plane, kubelet and helm (once, about ten minutes)."""
    for recipe in missing():
        built(recipe)


@main.command(context_settings=_PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> None:
    """Watch the operator take an application through an outage and back."""
    sys.argv = ["python -m lab demo", *arguments]
    runpy.run_module("lab.demo", run_name="__main__")


@main.command("kubectl", context_settings=_PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_kubectl(arguments: tuple[str, ...]) -> None:
    """Run kubectl in the laboratory started last."""
    _become(kubectl(), arguments)


@main.command("helm", context_settings=_PASSED_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_helm(arguments: tuple[str, ...]) -> None:
    """Run helm in the laboratory started last."""
    _become(binary("helm"), arguments)


def _become(program: Path, arguments: tuple[str, ...]) -> None:
    kubeconfigs = [folder / "kubeconfig" for folder in live_runs() if (folder / "kubeconfig").exists()]
    if not kubeconfigs:
        raise click.ClickException("no laboratory is running: start one with python -m lab up")
    environment = os.environ | {"KUBECONFIG": str(kubeconfigs[0])}
    os.execve(program, [str(program), *arguments], environment)  # noqa: S606 - becoming it is the point
