"""Which files are generated, and from what."""

import json
from pathlib import Path
from typing import Final

import yaml

from docs.generator import measured
from docs.generator.chart import chart_page
from docs.generator.checklist import checklist_page
from docs.generator.faults import faults_page
from docs.generator.metrics import metrics_page
from docs.generator.reasons import reasons_page
from docs.generator.resource import resource_page
from ideogram_operator.resource.crd import NAME, crd, crd_yaml
from tests.faults.rows import ROWS

ROOT: Final = Path(__file__).resolve().parents[2]
CHART: Final = ROOT / "charts" / "ideogram-operator"


def generated() -> dict[Path, str]:
    """Every generated file of the documentation and the chart, with what it should hold."""
    docs = ROOT / "docs"
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    return {
        docs / "resource.md": resource_page(crd()),
        docs / "reasons.md": reasons_page(),
        docs / "checklist.md": checklist_page(),
        docs / "metrics.md": metrics_page(),
        docs / "faults.md": faults_page(ROWS, measured.faults(), measured.crashes()),
        CHART / "README.md": chart_page(schema, values),
        CHART / "files" / f"{NAME}.yaml": crd_yaml(),
    }


def outdated() -> list[Path]:
    """The files that are not there or hold something else."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
