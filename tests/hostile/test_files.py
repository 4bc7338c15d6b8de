"""Files that a person hands over: integrations for a preflight, and kubeconfigs."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.cli.clusters import find
from ideogram_operator.cli.preflight_files import LARGEST, read_documents
from ideogram_operator.cli.running import CouldNotRunError
from ideogram_operator.cluster.connection import Unreachable, connect
from tests.hostile.policies import SPEC
from tests.hostile.strategies import assert_clear, bounded, examples, mangled, spoilt, written

INTEGRATION: Final = {
    "apiVersion": "ideogram-operator.io/v1alpha1",
    "kind": "IdeogramIntegration",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": SPEC,
}
HEAD: Final = "apiVersion: ideogram-operator.io/v1alpha1\nkind: IdeogramIntegration\n"
CANARY: Final = "canary-0123456789"
KUBECONFIG: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True}}],
    "users": [{"name": "u", "user": {"token": CANARY}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    "current-context": "x",
}
TAGS: Final = (
    *[
        "!!bool foo",
        "!!timestamp foo",
        "!!int ''",
        "!!float ''",
        "!!float x",
        "!!binary x",
        "!!set [a]",
        "!!omap {a: b}",
    ],
    *["!!timestamp 2001-99-99", "!!timestamp 0001-01-01T00:00:00+14:00", "!!int 1:2:x", "!!python/object:os.system x"],
    *["!foo x", "!!str {a: b}", "!!int {a: b}", "!!map [a]", "!!seq {a: b}", "0b_", "0x_", "._", "9" * 5000, "*nobody"],
    *["!!int 1:1:1:1", "&a [*a]", "!!null x", "!!pairs 5", "\x00", "\ud800", "|\n\t", "? [a]", "'", '"\\ud800"', "<<"],
)


def laughs(*, merged: bool = False) -> str:
    """A few lines that stand for billions of entries."""
    lines = ["a0: &a0 {x0: 1, y0: 2}" if merged else "a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    for level in range(1, 12):
        nine = ",".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {{<<: [{nine}]}}" if merged else f"a{level}: &a{level} [{nine}]")
    return "\n".join(lines) + "\n"


def told(tmp_path: Path, text: str | bytes) -> str:
    """What is said of a file that cannot be used."""
    file = tmp_path / "shop.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    with pytest.raises(CouldNotRunError) as refused:
        read_documents([str(file)], namespace="shop")
    return str(refused.value)


@st.composite
def yaml_files(draw: st.DrawFn, document: Any, *, bombs: tuple[str, ...] = ()) -> bytes:
    """The bytes of a spoilt document as YAML or JSON, with tags and aliases where a value was."""
    changed = draw(spoilt(document))
    text = written(changed) if draw(st.booleans()) else yaml.safe_dump(document if _cyclic(changed) else changed)
    if draw(st.booleans()):
        places = [index for index, character in enumerate(text) if character == ":"] or [0]
        at = draw(st.sampled_from(places))
        end = text.find("\n", at) if "\n" in text[at:] else len(text)
        text = f"{text[: at + 1]} {draw(st.sampled_from(TAGS))}{text[end:]}"
    text = draw(st.sampled_from(["", "", "---\n", "%YAML 9.9\n", *bombs])) + text
    return draw(mangled(text.encode(errors="surrogatepass")))


@given(raw=yaml_files(INTEGRATION, bombs=(laughs(), laughs(merged=True))))
@examples(100)
def test_any_file_is_read_or_refused_with_its_place(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("files") / "shop.yaml"
    file.write_bytes(raw)
    with bounded(seconds=5):
        try:
            found = read_documents([str(file)], namespace="shop")
        except CouldNotRunError as error:
            for line in str(error).splitlines():
                assert_clear(line, longest=1000)
                assert "shop.yaml" in line
            return
    assert found


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, tag: str) -> None:
    message = told(tmp_path, f"a: {tag}\n")
    assert_clear(message)
    assert "shop.yaml" in message


@pytest.mark.parametrize(
    "text",
    [
        laughs() + "kind: IdeogramIntegration\napiVersion: *a11\n",
        laughs() + HEAD + "metadata: {name: *a11}\nspec: {}\n",
        laughs() + HEAD + "metadata: {name: a}\nspec: {api: *a11, targets: *a11, probe: {method: *a11}}\n",
        laughs() + HEAD + "metadata: {name: a}\nspec: {targets: [{kind: *a11, name: *a11, containers: *a11}]}\n",
        laughs(merged=True),
        HEAD + "metadata: &m {name: a, m: *m}\nspec: &s {api: *s, targets: [*s]}\n",
        "kind: List\nitems: &a [{kind: List, items: *a}]",
        "[" * 20_000,
        "- " * 20_000,
        "{a: " * 20_000,
        "!" * 50_000,
        "&a " * 20_000,
        "a: " + "'" * 50_001,
        HEAD + "metadata: {name: a}\nspec: {" + ", ".join(f"x{number}: 1" for number in range(3000)) + "}\n",
    ],
    ids=lambda text: text[:12] + "…" + text[-20:],
)
def test_a_bomb_does_not_go_off(tmp_path: Path, text: str) -> None:
    with bounded(seconds=20, mebibytes=64):
        message = told(tmp_path, text)
    assert_clear(message, longest=10_000)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    with bounded(seconds=5, mebibytes=64):
        assert "more than 4 MiB" in told(tmp_path, "#" * (LARGEST + 2))


def test_a_key_that_is_given_twice_is_a_mistake(tmp_path: Path) -> None:
    text = HEAD + "metadata: {name: a}\nspec:\n  mode: Enforce\n  mode: Observe\n"
    assert "line 6, column 3: it gives a key twice" in told(tmp_path, text)


def test_merging_itself_is_taken_and_may_overrule(tmp_path: Path) -> None:
    base = "  api: &api {model: V_2, keySecretRef: {name: a, key: b}}\n"
    rest = "  targets: [{kind: CronJob, name: a}]\n"
    text = f"{HEAD}metadata: {{name: a}}\nspec:\n{base.replace('&api ', '')}{rest}"
    merged = text.replace("  api: {", "  api:\n    <<: {").replace(
        "}}\n  targets", "}}\n    model: V_2_TURBO\n  targets"
    )
    file = tmp_path / "shop.yaml"
    file.write_text(merged)
    (found,) = read_documents([str(file)], namespace="shop")
    assert found.spec.api.model == "V_2_TURBO"


@given(raw=yaml_files(KUBECONFIG))
@example(raw=b"- " * 2000)
@example(raw=b"{}")
@example(raw=yaml.safe_dump({**KUBECONFIG, "users": [{"name": None, "user": {"token": CANARY}}]}).encode())
@example(raw=b"a: !!bool foo")
@example(raw=b"clusters: 5\nusers: 5\ncontexts: 5\ncurrent-context: 5")
@examples(80)
def test_any_kubeconfig_leads_somewhere_or_is_told_without_its_token(
    raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("kube") / "config"
    file.write_bytes(raw)
    with bounded(seconds=30):  # the loaders are not ours, and the file is of whoever runs this
        refusals = [refusal for attempt in (_find, _connect) if (refusal := attempt(file)) is not None]
    for refusal in refusals:
        assert_clear(refusal, longest=1000, secrets=(CANARY,))
        assert "config" in refusal


def _find(file: Path) -> str | None:
    try:
        find(kubeconfig=file, context=None, namespace=None, environment={})
    except Unreachable as error:
        return str(error)
    return None


def _connect(file: Path) -> str | None:
    async def there_and_back() -> None:
        connection = await connect(file, user_agent="x")
        await connection.close()

    try:
        asyncio.run(there_and_back())
    except Unreachable as error:
        return str(error)
    return None


def _cyclic(document: Any) -> bool:
    """Whether yaml cannot write it: a number beyond Python's own limit."""
    try:
        yaml.safe_dump(document)
    except (ValueError, yaml.YAMLError):
        return True
    return False
