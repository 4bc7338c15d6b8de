"""``kubectl ideogram drill NAME``: asks the operator to rehearse the fallback, and tells how that goes."""

from pathlib import Path
from typing import Final

import click

from ideogram_operator.cli.kubectl_integration import Integration, Seen, integration, seconds, where
from ideogram_operator.cli.preflight_progress import Progress, progress
from ideogram_operator.cli.running import NOT_PASSED, PASSED, CouldNotRunError, finish, plain
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.observations import DrillStatus
from ideogram_operator.resource.readiness import DrillSpec
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import DRILL_ANNOTATION

COMMAND: Final = "kubectl ideogram drill"
BESIDE_THE_HOLD: Final = 900.0
"""Seconds that a drill may take beside its hold: for the turn, and for the rollouts there and back."""

PHASES: Final = {
    DrillPhase.FALLING: "the targets go into fallback",
    DrillPhase.HOLDING: "the targets are in fallback",
    DrillPhase.RETURNING: "the targets come back",
}


@click.command()
@click.argument("name")
@where
@click.option("--wait", is_flag=True, help="Wait for its end, and tell how it went.")
@click.option(
    "--timeout",
    callback=seconds,
    metavar="DURATION",
    help="How long --wait waits. Default: spec.drill.duration and 15 minutes.",
)
def drill(
    *,
    name: str,
    wait: bool,
    timeout: float | None,
    kubeconfig: Path | None,
    context: str | None,
    namespace: str | None,
) -> None:
    """Have the operator rehearse the fallback of the integration NAME: its targets fall back, and return.

    Exit codes: 0 it was asked for, or with --wait: it succeeded; 1 it did not succeed; 2 it could not be asked for, or
    there was no end in time.
    """

    async def rehearse() -> int:
        async with integration(name, kubeconfig=kubeconfig, context=context, namespace=namespace) as asked:
            return await _rehearse(asked, wait=wait, timeout=timeout)

    finish(COMMAND, rehearse())


async def _rehearse(asked: Integration, *, wait: bool, timeout: float | None) -> int:  # noqa: ASYNC109 - it is told in the end
    seen = await asked.look()
    limit = timeout if timeout is not None else _hold(asked, seen) + BESIDE_THE_HOLD
    token = await asked.ask(DRILL_ANNOTATION)
    if not wait:
        click.echo(
            f"asked for a drill of {asked}; see how it goes: kubectl -n {asked.namespace} describe idi {asked.name}"
        )
        return PASSED
    with progress() as told:
        told.say(f"asked for a drill of {asked}; waiting for the operator to begin, {limit:g} s at most")
        ended = await asked.until(lambda seen: _over(asked, seen, token, told), timeout=limit, what="end of the drill")
    status = ended.status.drill or DrillStatus()
    click.echo(f"{asked}: {status.result}: {plain(status.message or '')}")
    return PASSED if status.result is DrillResult.SUCCEEDED else NOT_PASSED


def _over(asked: Integration, seen: Seen, token: str, told: Progress) -> bool:
    status = seen.status.drill
    if status is None or status.last_handled_request != token:
        return False
    if status.phase is not None:
        told.say(f"{asked}: {status.phase}: {PHASES[status.phase]}")
    return status.phase is None and status.result is not None


def _hold(asked: Integration, seen: Seen) -> float:
    try:
        spec = IntegrationSpec.parse(seen.spec)
    except SpecError as error:
        raise CouldNotRunError(*(f"{asked}: {problem}" for problem in error.problems)) from error
    return (spec.drill or DrillSpec()).duration.total_seconds()
