"""Files as people have them: other kinds beside, lists, times without quotes; and every mistake told by its place."""

from pathlib import Path

import pytest

from ideogram_operator.cli.preflight_files import Document, read_documents
from ideogram_operator.cli.running import CouldNotRunError

GOOD = """
apiVersion: ideogram-operator.io/v1alpha1
kind: IdeogramIntegration
metadata: {name: storefront}
spec:
  api: {keySecretRef: {name: ideogram}}
  targets: [{kind: CronJob, name: nightly}]
  attestations:
  - {check: moderation-layer, by: dana, at: 2026-11-01T00:00:00Z, evidence: "https://x.example", expires: 2027-11-01T00:00:00Z}
  drill: {window: {start: 22:30, end: 23:30}}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {api-key: canary-value}\n"


def read(tmp_path: Path, text: str) -> tuple[Document, ...]:
    path = tmp_path / "shop.yaml"
    path.write_text(text)
    return read_documents([str(path)], namespace="shop")


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(CouldNotRunError) as caught:
        read(tmp_path, text)
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_times_and_hours_are_read_as_kubernetes_reads_them(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"---\n{SECRET}---\n{GOOD}---\n---\n- just\n- a list\n")
    assert str(found) == "shop/storefront"
    assert found.place.endswith("shop.yaml, document 2")
    assert found.spec.attestations[0].at.isoformat() == "2026-11-01T00:00:00+00:00"
    assert found.spec.drill is not None
    assert found.spec.drill.window is not None
    assert found.spec.drill.window.start == "22:30"
    assert found.spec.recovery.successes == 3


def test_the_same_kind_of_somebody_else_is_passed_over(tmp_path: Path) -> None:
    other = GOOD.replace("ideogram-operator.io", "other.example")
    assert len(read(tmp_path, f"{other}---\n{GOOD}")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "shop.yaml: no IdeogramIntegration in it"),
        (SECRET, "shop.yaml: no IdeogramIntegration in it"),
        (f"{SECRET}x: [canary", "it is not YAML"),
        ("a: 1\n\tb: canary", "shop.yaml, line 2, column 1: it is not YAML"),
        ("a: !!python/name:os.system canary", "it is not YAML"),
        (GOOD.replace("v1alpha1", "v9"), "document 1: apiVersion must be ideogram-operator.io/v1alpha1"),
        (GOOD.replace("{name: storefront}", "{}"), "document 1: metadata.name must be a name"),
        (GOOD.replace("storefront", "Store_Front"), "document 1: metadata.name must be a name"),
        (GOOD.replace("{name: storefront}", "{name: a, namespace: ../b}"), "metadata.namespace must be a name"),
        (GOOD.partition("spec:")[0], "document 1: spec is required: add it"),
        (f"{SECRET}---\n{GOOD.replace('CronJob', 'canary')}", "document 2: spec.targets[0].kind"),
        (f"{GOOD}---\n{GOOD}", "document 2: shop/storefront is in "),
        (f"{GOOD}  colour: canary\n", "document 1: spec.colour: unknown field"),
        (f"items:\n- {SECRET.replace(chr(10), chr(10) + '  ')}\n- kind: X\n", "no IdeogramIntegration"),
    ],
)
def test_a_mistake_is_told_by_its_place_and_quotes_nothing(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    for name, says in (("nowhere.yaml", "No such file"), ("picture", "not text"), ("", "Is a directory")):
        with pytest.raises(CouldNotRunError, match=says):
            read_documents([str(tmp_path / name)], namespace="shop")
