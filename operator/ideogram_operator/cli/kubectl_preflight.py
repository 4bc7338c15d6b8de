"""``kubectl ideogram preflight NAME``: what the operator's own preflight found, or finds when asked now."""

from pathlib import Path
from typing import Final

import click

from ideogram_operator.checks.required import required
from ideogram_operator.cli.kubectl_integration import Integration, Seen, integration, seconds, where
from ideogram_operator.cli.preflight_progress import progress
from ideogram_operator.cli.reports import Report, report_of
from ideogram_operator.cli.reports_output import FORMS, TABLE, print_reports
from ideogram_operator.cli.running import NOT_PASSED, PASSED, CouldNotRunError, finish
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.observations import PreflightStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import PREFLIGHT_ANNOTATION
from ideogram_operator.runtime.preflight.outcome import results_of

COMMAND: Final = "kubectl ideogram preflight"


@click.command()
@click.argument("name")
@where
@click.option("--now", is_flag=True, help="Have it carried out now, and wait for the result.")
@click.option(
    "--timeout",
    default="120s",
    show_default=True,
    callback=seconds,
    metavar="DURATION",
    help="How long --now waits.",
)
@click.option("-o", "--output", "form", type=click.Choice(FORMS), default=TABLE, show_default=True)
def preflight(
    *,
    name: str,
    now: bool,
    timeout: float,
    form: str,
    kubeconfig: Path | None,
    context: str | None,
    namespace: str | None,
) -> None:
    """Show the production checklist of the integration NAME, as the operator carried it out.

    Exit codes: 0 every required check passed, 1 one did not, 2 there is nothing to show.
    """

    async def show() -> int:
        async with integration(name, kubeconfig=kubeconfig, context=context, namespace=namespace) as asked:
            seen = await _carried_out(asked, timeout) if now else await asked.look()
            report = report_of_status(asked, seen)
        print_reports([report], form)
        return PASSED if report.passed else NOT_PASSED

    finish(COMMAND, show())


def report_of_status(asked: Integration, seen: Seen) -> Report:
    """Returns the report that status holds.

    Raises:
        CouldNotRunError: there is none yet, or the spec cannot be used.
    """
    status = seen.status.preflight
    if status is None or status.last_time is None:
        raise CouldNotRunError(f"{asked}: no preflight has been carried out yet; is the operator running?")
    try:
        spec = IntegrationSpec.parse(seen.spec)
    except SpecError as error:
        raise CouldNotRunError(*(f"{asked}: {problem}" for problem in error.problems)) from error
    return report_of(
        results_of(status.checks),
        required(spec),
        namespace=asked.namespace,
        name=asked.name,
        environment=spec.environment,
        at=status.last_time,
        since={one.id: one.time for one in status.checks if one.time is not None},
        remarks=_remarks(status, seen),
    )


def _remarks(status: PreflightStatus, seen: Seen) -> list[str]:
    if status.observed_generation in {None, seen.generation}:
        return []
    return [f"It is about an earlier spec: generation {status.observed_generation}, and now it is {seen.generation}."]


async def _carried_out(asked: Integration, limit: float) -> Seen:
    with progress() as told:
        token = await asked.ask(PREFLIGHT_ANNOTATION)
        told.say(f"asked for a preflight of {asked}; waiting for the operator, {limit:g} s at most")
        return await asked.until(lambda seen: _obeyed(seen) == token, timeout=limit, what="preflight")


def _obeyed(seen: Seen) -> str | None:
    return seen.status.preflight.last_handled_request if seen.status.preflight is not None else None
