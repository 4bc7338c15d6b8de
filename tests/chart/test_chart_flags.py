"""The chart and the command line know the same flags."""

from collections.abc import Callable

from ideogram_operator.cli.run import run
from tests.chart.helm import Rendered
from tests.chart.test_chart_pod import EVERYTHING


def test_there_is_a_value_for_every_flag_and_no_other(render: Callable[..., Rendered]) -> None:
    passed = {argument.split("=")[0] for argument in render(EVERYTHING).container["args"][1:]}
    assert passed == {flag for parameter in run.params for flag in parameter.opts}


def test_the_command_line_takes_what_the_chart_passes_by_default(render: Callable[..., Rendered]) -> None:
    arguments = render().container["args"][1:]
    run.make_context("run", list(arguments))
