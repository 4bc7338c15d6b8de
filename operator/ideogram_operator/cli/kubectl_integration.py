"""One integration in the cluster: read, asked for something by annotation, and looked at until that is done.

A request is an annotation with a value that was never there before. The operator says in status which value it has
obeyed, so nobody can take an older result for the answer.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ideogram_operator.checks.gathering.permissions import INTEGRATIONS
from ideogram_operator.cli.clusters import connect, find
from ideogram_operator.cli.options import Command
from ideogram_operator.cli.running import CouldNotRunError
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.errors import ClusterError, Forbidden, NotFound, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.durations import parse_duration
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.runtime.clock import SystemClock

PAUSE: Final = 0.5
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The integration as it was at one look."""

    generation: int
    spec: dict[str, Any]
    status: IntegrationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """An integration that may be there."""

    gateway: Gateway
    namespace: str
    name: str
    clock: SystemClock

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    async def look(self) -> Seen:
        """Returns it as it is now.

        Raises:
            CouldNotRunError: it is not there, or may not be read.
            Unavailable: the cluster does not answer.
        """
        try:
            raw = await self.gateway.get(self._at)
        except ClusterError as error:
            raise self._told(error, "read") from error
        return Seen(
            generation=int(raw["metadata"].get("generation", 0)),
            spec=raw.get("spec") or {},
            status=IntegrationStatus.parse(raw.get("status")),
        )

    async def ask(self, annotation: str) -> str:
        """Asks the operator for something; returns the value that it will say it has obeyed.

        Raises:
            CouldNotRunError: it is not there, or may not be changed.
            Unavailable: the cluster does not answer.
        """
        token = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}-{secrets.token_hex(4)}"
        try:
            await self.gateway.merge_patch(self._at, {"metadata": {"annotations": {annotation: token}}})
        except ClusterError as error:
            raise self._told(error, "change") from error
        return token

    async def until(self, done: Callable[[Seen], bool], *, timeout: float, what: str) -> Seen:  # noqa: ASYNC109 - it says what it waited for
        """Returns it as it is once ``done`` says so.

        Args:
            done: asked at each look; may tell how far it is.
            timeout: seconds.
            what: is waited for, for people.

        Raises:
            CouldNotRunError: it was not within the time, or the integration is gone.
        """
        end = self.clock.monotonic() + timeout
        while True:
            try:
                seen = await self.look()
                if done(seen):
                    return seen
            except Unavailable:
                pass  # an API server that restarts is no answer; the time runs on
            if self.clock.monotonic() >= end:
                raise CouldNotRunError(f"{self}: no {what} within {timeout:g} s; is the operator running?")
            await self.clock.sleep(PAUSE)

    @property
    def _at(self) -> Address:
        return Address(resource=INTEGRATIONS, namespace=self.namespace, name=self.name)

    def _told(self, error: ClusterError, verb: str) -> Exception:
        match error:
            case NotFound():
                return CouldNotRunError(f"there is no IdeogramIntegration {self.name} in namespace {self.namespace}")
            case Forbidden():
                return CouldNotRunError(f"you may not {verb} {self}; ask for a role with {error.rule or 'that right'}")
            case Unavailable():
                return error
        return CouldNotRunError(str(error))


@asynccontextmanager
async def integration(
    name: str, *, kubeconfig: Path | None, context: str | None, namespace: str | None
) -> AsyncIterator[Integration]:
    """The integration that is meant; connections are closed at the end of the block.

    Raises:
        CouldNotRunError: nothing says where the cluster is, or it does not answer.
    """
    try:
        place = find(kubeconfig=kubeconfig, context=context, namespace=namespace)
        async with await connect(place) as gateway:
            yield Integration(gateway=gateway, namespace=place.namespace, name=name, clock=SystemClock())
    except Unreachable as error:
        raise CouldNotRunError(f"{error}; name a cluster with --kubeconfig") from error
    except Unavailable as error:
        raise CouldNotRunError(f"the cluster does not answer: {error}") from error


def where(command: Command) -> Command:
    """Adds kubectl's own options for a cluster and a namespace."""
    for decorate in (
        click.option("--context", metavar="NAME", help="Of the kubeconfig; default: its current one."),
        click.option("--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), help="Default: as for kubectl."),
        click.option("--namespace", "-n", metavar="NS", help="Default: the context's."),
    ):
        command = decorate(command)
    return command


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Returns the seconds that a duration option names."""
    try:
        return parse_duration(value).total_seconds() if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
