"""``python -m lab demo``: exits 0 only if everything that is claimed was seen."""

import sys

import click
from rich.console import Console

from lab.demo.live import LiveView
from lab.demo.performance import perform
from lab.demo.plain import PlainView
from lab.demo.scenes import SCENES
from lab.demo.view import View
from lab.signals import ended_by_signals

INTERRUPTED = 130


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--plain", is_flag=True, help="Lines of text, as when it is piped; a terminal gets the live view.")
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a claim may take to come true.",
)
def main(*, plain: bool, patience: float) -> None:
    """Watch the operator take three applications through outages and back. Takes about a minute."""
    finished = False
    try:
        with ended_by_signals():
            succeeded = perform(SCENES, _view(plain=plain), patience=patience)
            finished = True
    except SystemExit as ended:
        # Ctrl-C is how a laboratory ends well; a demo that it ends has not shown what it claims.
        sys.exit(ended.code or INTERRUPTED)
    sys.exit(0 if finished and succeeded else 1)


def _view(*, plain: bool) -> View:
    console = Console(highlight=False)
    if plain or not console.is_terminal or console.is_dumb_terminal:
        # One write for a line and its end: the watcher tells of its own from another thread.
        return PlainView(lambda text: print(f"{text}\n", end="", flush=True))
    return LiveView(console, scenes=len(SCENES))


if __name__ == "__main__":
    main(prog_name="python -m lab demo")
