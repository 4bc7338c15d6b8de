"""Options that several commands have, spelt the same in all of them; each also a variable of the environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ideogram_operator.ideogram.hosts import AllowedHosts, InvalidHostError

Command = TypeVar("Command", bound=Callable[..., Any])


def option(name: str, *names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Returns an option that may also be given as ``IDEOGRAM_OPERATOR_<NAME>``."""
    variable = "IDEOGRAM_OPERATOR_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def allow_host() -> Callable[[Command], Command]:
    """Returns ``--allow-host``: where keys may be sent."""
    return option(
        "--allow-host",
        "allow_hosts",
        multiple=True,
        callback=_hosts,
        metavar="HOST[:PORT]",
        help="Where API keys may be sent besides api.ideogram.ai; http://HOST:PORT for plain http. Repeatable.",
    )


def ca_file() -> Callable[[Command], Command]:
    """Returns ``--ca-file``: whom to trust besides the system's authorities."""
    return option(
        "--ca-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="PEM, added to the system's."
    )


def _hosts(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        AllowedHosts.parse(value)
    except InvalidHostError as error:
        raise click.BadParameter(str(error)) from error
    return value
