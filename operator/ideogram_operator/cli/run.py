"""``ideogram-operator run``: the operator itself, and the options by which its owner decides what tenants cannot."""

import asyncio
import contextlib
import gc
import re
import resource
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from prometheus_client import disable_created_metrics

from ideogram_operator.cli.options import allow_host, ca_file, option
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.election import Deposed
from ideogram_operator.runtime.app import ConfigurationError, operate
from ideogram_operator.runtime.logs import LogFormat, configure_logs
from ideogram_operator.runtime.loop import EventLoop
from ideogram_operator.runtime.settings import Settings

STOPPED, BAD_CONFIGURATION, NO_CLUSTER, DEPOSED = 0, 1, 2, 3
DEFAULT = Settings()


class Misconfigured(click.UsageError):
    """An option that cannot be."""

    exit_code = BAD_CONFIGURATION


class Configured(click.Command):
    """A command whose bad options end it with the exit code of a bad configuration; click's own is no cluster here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments that are left."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise Misconfigured(error.format_message(), ctx=ctx) from error


def _url(_: click.Context, __: click.Parameter, value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise click.BadParameter(f"{value!r} is not an http or https URL")
    return value


def _patterns(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in value:
        try:
            re.compile(pattern)
        except re.error as error:
            raise click.BadParameter(f"{pattern!r} is not a regular expression: {error}") from error
    return value


def _lease(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?", value):
        raise click.BadParameter(f"{value!r} is not NAMESPACE/NAME, such as ideogram/ideogram-operator")
    return value


@click.command(cls=Configured)
@option("--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), help="Default: the pod's ServiceAccount.")
@option("--namespace", "namespaces", multiple=True, metavar="NS", help="Repeatable; none: all namespaces.")
@allow_host()
@option(
    "--control-url",
    default=DEFAULT.control_url,
    callback=_url,
    show_default=True,
    help="Asked to tell the provider's outage from our own network's; empty: none.",
)
@ca_file()
@option("--read-only", is_flag=True, help="Decide and report; switch nothing.")
@option(
    "--switch-name",
    "switch_names",
    multiple=True,
    callback=_patterns,
    metavar="REGEX",
    help="Names that switches may have besides IDEOGRAM_…. Repeatable.",
)
@option("--listen", default=DEFAULT.listen, show_default=True, metavar="ADDR:PORT", help="Health and metrics.")
@option(
    "--max-rollouts",
    type=click.IntRange(1),
    default=DEFAULT.max_rollouts,
    show_default=True,
    help="Rollouts in progress at once.",
)
@option(
    "--max-flips-per-minute",
    type=click.IntRange(1),
    default=DEFAULT.max_flips_per_minute,
    show_default=True,
    help="Targets switched within any minute.",
)
@option(
    "--lease",
    default=DEFAULT.lease,
    callback=_lease,
    metavar="NAMESPACE/NAME",
    help="The Lease to hold while at work, so that of several operators one works; empty: none.",
)
@option(
    "--lease-duration",
    type=click.IntRange(3, 600),
    default=DEFAULT.lease_duration,
    show_default=True,
    metavar="SECONDS",
    help="How long after its last sign of life the holder is succeeded.",
)
@option(
    "--identity",
    default=DEFAULT.identity,
    metavar="NAME",
    help="What the Lease calls this process, and no other that runs; default: the host's name and something random.",
)
@option(
    "--log-format",
    type=click.Choice([str(each) for each in LogFormat]),
    default="json",
    show_default=True,
    help="For machines or for people.",
)
@option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The least that is told.",
)
def run(**given: Any) -> None:
    """Run the operator until SIGTERM.

    Exit codes: 0 stopped, 1 configuration, 2 cluster unreachable at start, 3 another operator took the Lease.
    """
    settings = Settings(**given)
    disable_created_metrics()  # type: ignore[no-untyped-call] # the library has none for this one
    configure_logs(LogFormat(settings.log_format), settings.log_level)
    _allow_open_files()
    _collect_garbage_rarely()
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        sys.exit(runner.run(_run(settings)))


def _allow_open_files() -> None:
    """Raises the limit on open files as far as it goes: the usual 1024 are fewer than the probes of a hanging hour."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _collect_garbage_rarely() -> None:
    """Has the collector of cycles look at what is old once in a long while, and never at what was imported.

    Ten thousand integrations are millions of objects that stay. Looking through them all for cycles is a quarter of a
    second in which nothing else happens, and the usual thresholds ask for it every few thousand requests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


async def _run(settings: Settings) -> int:
    try:
        await operate(settings)
    except ConfigurationError as error:
        click.echo(f"ideogram-operator: {error}", err=True)
        return BAD_CONFIGURATION
    except Unreachable as error:
        click.echo(f"ideogram-operator: {error}", err=True)
        return NO_CLUSTER
    except Deposed as error:
        click.echo(f"ideogram-operator: {error}", err=True)
        return DEPOSED
    return STOPPED
