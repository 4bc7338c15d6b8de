"""The operator judges every example as the API server does, and says where and why."""

import pytest

from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.spec import IntegrationSpec
from tests.resource.examples import ACCEPTED, FULL, REJECTED, Example, changed, minimal


@pytest.mark.parametrize("example", ACCEPTED, ids=str)
def test_good_spec_is_accepted(example: Example) -> None:
    IntegrationSpec.parse(example.spec)


@pytest.mark.parametrize("example", REJECTED, ids=str)
def test_bad_spec_is_refused_with_its_place_and_reason(example: Example) -> None:
    with pytest.raises(SpecError) as refused:
        IntegrationSpec.parse(example.spec)
    mine = [problem for problem in refused.value.problems if problem.startswith(example.at)]
    assert any(example.says in problem for problem in mine), refused.value.problems


def test_a_misspelt_field_is_named_with_the_field_that_was_meant() -> None:
    with pytest.raises(SpecError, match=r"spec\.probe\.intervall: unknown field.*did you mean interval"):
        IntegrationSpec.parse(minimal(probe__intervall="10s"))


def test_python_names_are_not_field_names() -> None:
    with pytest.raises(SpecError, match=r"spec\.api\.base_url: unknown field"):
        IntegrationSpec.parse(minimal(api__base_url="https://api.ideogram.ai"))


def test_no_refusal_repeats_the_value() -> None:
    secret = "kd93-canary"
    spec = changed(FULL, api__baseURL=f"https://{secret}@host", api__model=f"{secret} ", override__until=secret)
    spec["targets"][0]["kind"] = secret
    with pytest.raises(SpecError) as refused:
        IntegrationSpec.parse(spec)
    assert len(refused.value.problems) >= 4
    assert secret not in str(refused.value.problems)
    assert refused.value.__cause__ is None


def test_many_problems_are_told_in_one_bounded_sentence() -> None:
    with pytest.raises(SpecError) as refused:
        IntegrationSpec.parse(minimal(**{f"wrong{n}": 1 for n in range(9)}))
    assert len(refused.value.problems) == 9
    assert str(refused.value).endswith("; and 4 more")


def test_a_spec_that_is_not_one_is_refused() -> None:
    for nothing in (None, [], "spec"):
        with pytest.raises(SpecError):
            IntegrationSpec.parse(nothing)  # type: ignore[arg-type]  # what a hand-written file may hold


def test_a_list_of_bad_targets_is_not_called_empty() -> None:
    with pytest.raises(SpecError) as refused:
        IntegrationSpec.parse(minimal(targets=[{"kind": "Deployment", "name": "Web", "switch": {}}]))
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["spec.targets[0].name"]
