"""What the pages say is what the code does: the generated ones are up to date, the written ones name what exists."""

import re
from pathlib import Path

import pytest

from docs.generator.files import ROOT, generated
from ideogram_operator.resource.pending import PENDING
from ideogram_operator.resource.reasons import Reason
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
