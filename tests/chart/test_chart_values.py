"""Bad values are refused before anything is installed, and the message names the value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.generator.files import ROOT
from tests.chart.helm import CHART, Rendered, helm

CRD = "ideogramintegrations.ideogram-operator.io.yaml"


def test_helm_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    answer = helm("lint", "--strict", CHART, home=tmp_path)
    assert answer.returncode == 0, answer.stdout
    assert "WARNING" not in answer.stdout


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replicas": 6}, "'/replicas': maximum: got 6, want 5"),
        ({"leaderElection.duration": 2}, "'/leaderElection/duration': minimum: got 2, want 3"),
        ({"readonly": True}, "additional properties 'readonly' not allowed"),
        ({"image.tagg": "1"}, "additional properties 'tagg' not allowed"),
        ({"namespaces": "shop"}, "'/namespaces': got string, want array"),
        ({"namespaces": ["Shop"]}, "'/namespaces/0': 'Shop' does not match pattern"),
        ({"allowHosts": ["https://api.example.com"]}, "'/allowHosts/0'"),
        ({"allowHosts": ["api.example.com/path"]}, "'/allowHosts/0'"),
        ({"controlURL": "status.example.com"}, "'/controlURL'"),
        ({"maxRollouts": 0}, "'/maxRollouts': minimum: got 0, want 1"),
        ({"listen": "8080"}, "'/listen'"),
        ({"logLevel": "loud"}, "'/logLevel': value must be one of 'debug', 'info', 'warning', 'error'"),
        ({"networkPolicy.egressPorts": [0]}, "'/networkPolicy/egressPorts/0'"),
        ({"caFile.configMapName": "a", "caFile.secretName": "b"}, "give configMapName or secretName, not both"),
        ({"serviceAccount.create": False}, "name the account to use in serviceAccount.name"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_bad_value_is_refused_by_name(refusal: Callable[..., str], values: dict[str, Any], said: str) -> None:
    assert said in refusal(values)


def test_the_crd_is_the_repositorys_and_is_kept(render: Callable[..., Rendered]) -> None:
    wanted = yaml.safe_load((ROOT / "crds" / CRD).read_text())
    assert (CHART / "files" / CRD).read_text() == (ROOT / "crds" / CRD).read_text()
    rendered = render().one("CustomResourceDefinition")
    assert rendered["spec"] == wanted["spec"]
    assert rendered["metadata"]["name"] == wanted["metadata"]["name"]
    assert rendered["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert not render({"crds.install": False}).all("CustomResourceDefinition")
