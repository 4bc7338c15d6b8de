"""What the pages say is what the code does: the generated ones are up to date, the written ones name what exists."""

import json
import re
from functools import reduce
from pathlib import Path

import pytest
import yaml

from docs.generator.files import CHART, ROOT, generated
from ideogram_operator.resource.pending import PENDING
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import ConditionType

PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("path", list(generated()), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_file_holds_what_the_code_says(path: Path) -> None:
    assert path.read_text() == generated()[path], "run python -m docs.generator"


def test_every_field_that_has_no_effect_yet_is_marked() -> None:
    page = (ROOT / "docs" / "resource.md").read_text().split("\n## status\n")[0]
    for pending in PENDING:
        rows = [
            line for line in page.splitlines() if re.match(rf"\| `{re.escape(pending)}(\[\])?[.`]", line)
        ] or re.findall(rf"### spec\.{re.escape(pending)}(?:\[\])?\n\n(.*)", page)
        assert rows, f"{pending} is not documented"
        assert all("**Not yet.**" in row for row in rows), f"{pending} is documented as if it worked"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).resolve().exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_reasons_and_conditions_are_the_operators_words(page: Path) -> None:
    known = {str(word) for kind in (Reason, ConditionType) for word in kind}
    told = re.findall(r"(?:reason|condition) `([A-Z][A-Za-z]+)`", page.read_text())
    assert set(told) <= known, f"{page.name} names what does not exist"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_integrations_in_the_pages_are_ones_that_work(page: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    for block in blocks:
        written = yaml.safe_load(block)
        if written.get("kind") == "IdeogramIntegration":
            IntegrationSpec.parse(written["spec"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_patches_in_the_pages_name_fields_that_exist(page: Path) -> None:
    base = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [{"kind": "CronJob", "name": "nightly"}]}
    for patch in re.findall(r"-p '(\{\"spec\".*?\}\})'", page.read_text()):
        until = patch.replace("'$until'", "2026-12-01T06:00:00Z")
        IntegrationSpec.parse({**base, **json.loads(until)["spec"]})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_chart_values_in_the_pages_exist(page: Path) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for name in re.findall(r"--set '?([A-Za-z.]+)=", page.read_text()):
        reduce(lambda part, step: part[step], name.split("."), values)
