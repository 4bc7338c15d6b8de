"""Which cluster is meant: kubectl's own order, and words for what is not there."""

import os
from pathlib import Path

import pytest
import yaml

from ideogram_operator.cli.clusters import connect, find
from ideogram_operator.cluster.connection import Unreachable


def kubeconfig(path: Path, *contexts: str, current: str = "") -> Path:
    """A file whose contexts are named like their clusters and namespaces."""
    document = {
        "clusters": [{"name": one, "cluster": {"server": f"http://{one}.example"}} for one in contexts],
        "users": [{"name": one, "user": {"token": "canary-token"}} for one in contexts],
        "contexts": [{"name": one, "context": {"cluster": one, "user": one, "namespace": one}} for one in contexts],
    }
    path.write_text(yaml.safe_dump(document | ({"current-context": current} if current else {})))
    return path


async def server(given: Path | None, context: str | None, **environment: str) -> tuple[str, str]:
    place = find(kubeconfig=given, context=context, namespace=None, environment=environment)
    async with await connect(place) as gateway:
        return gateway.connection.server, place.namespace


async def test_the_first_file_counts_also_on_the_current_context(tmp_path: Path) -> None:
    first, second = kubeconfig(tmp_path / "a", "a"), kubeconfig(tmp_path / "b", "b", "c", current="b")
    third = kubeconfig(tmp_path / "c", "d", current="d")
    several = os.pathsep.join(map(str, (tmp_path / "none", first, second, third)))
    assert await server(None, None, KUBECONFIG=several) == ("http://b.example", "b")
    assert await server(None, "a", KUBECONFIG=several) == ("http://a.example", "a")
    assert await server(third, None, KUBECONFIG=several) == ("http://d.example", "d")


def test_a_namespace_that_is_named_beats_the_contexts(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "a", "a", current="a")
    assert find(kubeconfig=path, context=None, namespace="shop", environment={}).namespace == "shop"


@pytest.mark.parametrize(
    ("content", "context", "says"),
    [
        (None, None, "there is no kubeconfig"),
        ("", None, "does not say how to reach a cluster"),
        ("a: [canary", None, "line 1 is not YAML"),
        ("{contexts: []}", None, "has no current-context"),
        ("{contexts: [], current-context: gone}", None, "gone"),
        ("{contexts: [], current-context: x}", "other", "other"),
    ],
)
def test_what_names_no_cluster_is_told_and_not_quoted(
    tmp_path: Path, content: str | None, context: str | None, says: str
) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Unreachable, match=says) as caught:
        find(kubeconfig=path, context=context, namespace=None, environment={})
    assert str(path) in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_variable_that_names_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="KUBECONFIG"):
        find(kubeconfig=None, context=None, namespace=None, environment={"KUBECONFIG": str(tmp_path / "none")})
