"""``ideogram-operator preflight FILE``: the checklist from a laptop or a pipeline, before anything is installed."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from ideogram_operator.cli.clusters import connect, find
from ideogram_operator.cli.options import allow_host, ca_file, option
from ideogram_operator.cli.preflight_course import Wishes, carry_out
from ideogram_operator.cli.preflight_files import read_documents
from ideogram_operator.cli.preflight_progress import progress
from ideogram_operator.cli.reports import Report
from ideogram_operator.cli.reports_output import FORMS, TABLE, print_reports
from ideogram_operator.cli.running import NOT_PASSED, PASSED, CouldNotRunError, finish
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.resource.checklist import CheckId

COMMAND: Final = "ideogram-operator preflight"
_ACCOUNT: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def _account(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not _ACCOUNT.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not NAMESPACE/NAME of a ServiceAccount")
    return value


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: as kubectl finds it, else the pod's ServiceAccount.",
)
@option("--context", metavar="NAME", help="Of the kubeconfig; default: its current one.")
@option("--namespace", "-n", metavar="NS", help="Of documents that name none. Default: the context's.")
@allow_host()
@ca_file()
@click.option(
    "-o", "--output", "form", type=click.Choice(FORMS), default=TABLE, show_default=True, help="The form of the result."
)
@click.option("--paid", is_flag=True, help="Make the paid check too: one image, within the day's budget.")
@click.option("--send-test-messages", is_flag=True, help="Send a test message to every receiver of spec.notify.")
@click.option(
    "--operator-account",
    default="",
    callback=_account,
    metavar="NAMESPACE/NAME",
    help="The operator's ServiceAccount, whose permissions are asked about.",
)
@click.option(
    "--check",
    "only",
    multiple=True,
    type=click.Choice([str(check) for check in CheckId]),
    metavar="ID",
    help="Carry out only this check. Repeatable.",
)
def preflight(
    *,
    files: tuple[str, ...],
    kubeconfig: Path | None,
    context: str | None,
    namespace: str | None,
    form: str,
    only: tuple[str, ...],
    **given: Any,
) -> None:
    """Carry out the production checklist for every IdeogramIntegration in FILE; - is standard input.

    Nothing has to be installed. Exit codes: 0 every required check passed, 1 one did not, 2 it could not run.
    """
    wishes = Wishes(only=tuple(CheckId(one) for one in only), **given)
    finish(COMMAND, _run(files, wishes, form, kubeconfig=kubeconfig, context=context, namespace=namespace))


async def _run(
    files: Sequence[str],
    wishes: Wishes,
    form: str,
    *,
    kubeconfig: Path | None,
    context: str | None,
    namespace: str | None,
) -> int:
    try:
        place = find(kubeconfig=kubeconfig, context=context, namespace=namespace)
        documents = read_documents(files, namespace=place.namespace)
        async with await connect(place) as gateway:
            with progress() as told:
                reports = await carry_out(documents, wishes=wishes, gateway=gateway, progress=told)
    except Unreachable as error:
        raise CouldNotRunError(f"{error}; name a cluster with --kubeconfig") from error
    print_reports(reports, form)
    return exit_code(reports)


def exit_code(reports: Sequence[Report]) -> int:
    """Returns 0 if all that is required passed, in every report, 1 otherwise."""
    return PASSED if all(report.passed for report in reports) else NOT_PASSED
