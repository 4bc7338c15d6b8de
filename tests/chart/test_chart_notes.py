"""What helm says after an installation is what a person can do next."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from ideogram_operator.resource.spec import IntegrationSpec
from tests.chart.helm import CHART, helm, settings


@pytest.mark.parametrize(
    ("values", "says", "says_not"),
    [
        ({}, ["in all namespaces", "-n SHOP", "get ideogramintegrations -A"], ["read-only"]),
        ({"namespaces": ["shop", "gallery"]}, ["in: shop, gallery", "-n gallery"], [" -A", "SHOP"]),
        ({"readOnly": True}, ["It is read-only"], []),
        ({"crds.install": False, "replicas": 0}, ["The CRD was not installed", "replicas is 0"], []),
    ],
    ids=["everywhere", "in namespaces", "read-only", "without CRD, stopped"],
)
def test_the_notes_fit_the_values(values: dict[str, Any], says: list[str], says_not: list[str], tmp_path: Path) -> None:
    notes = notes_of(values, tmp_path)
    assert all(words in notes for words in says)
    assert not any(words in notes for words in says_not)


def test_the_integration_in_the_notes_is_one_that_works(tmp_path: Path) -> None:
    written = re.search(r"<<EOF\n(.*?) *EOF", notes_of({"namespaces": ["shop"]}, tmp_path), re.DOTALL)
    assert written
    manifest = yaml.safe_load(textwrap.dedent(written[1]))
    assert manifest["metadata"]["namespace"] == "shop"
    assert IntegrationSpec.parse(manifest["spec"]).mode == "Observe"


def notes_of(values: dict[str, Any], home: Path) -> str:
    answer = helm("install", "ideogram-operator", CHART, "--dry-run=client", *settings(values), home=home)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.partition("\nNOTES:\n")[2]
