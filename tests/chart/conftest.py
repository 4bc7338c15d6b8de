from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.chart.helm import CHART, Json, Rendered, helm, settings


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rendered]:
    """``helm template`` with the values, parsed; what was rendered before is not rendered again."""
    home = tmp_path_factory.mktemp("helm")

    @cache
    def rendered(*arguments: str) -> Rendered:
        answer = helm("template", "ideogram-operator", CHART, *arguments, home=home)
        assert answer.returncode == 0, answer.stderr
        return Rendered.read(answer.stdout)

    return lambda values=None, namespace="ops": rendered("--namespace", namespace, *settings(values or {}))


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[[Json], str]:
    """What helm says when it refuses the values."""

    def refused(values: Json) -> str:
        answer = helm("template", "ideogram-operator", CHART, *settings(values), home=tmp_path)
        assert answer.returncode != 0, "helm took the values"
        return answer.stderr

    return refused
