"""``examples/shop`` as objects, with what only a laboratory changes: the provider, the key, and where health is asked.

Everything else is applied as it stands, so that the examples are what the tests test.
"""

from pathlib import Path
from typing import Final

from lab.kube import Json, read_manifests

SHOP: Final = Path(__file__).resolve().parent.parent.parent / "examples" / "shop"
NAMES: Final = ("storefront", "nightly-render", "gallery")


def applications(*, namespace: str = "shop", key: str | None = None) -> list[Json]:
    """The namespace, the Secret (with ``key`` in it, if given) and the three applications, in order of creation."""
    files = [SHOP / f"{name}.yaml" for name in ("namespace", "secret", *NAMES)]
    objects = [_moved(item, namespace) for item in read_manifests(*files)]
    for item in objects:
        if item["kind"] == "Secret" and key:
            item["stringData"]["api-key"] = key
    return objects


def integrations(*, base_url: str, health_url: str, namespace: str = "shop") -> list[Json]:
    """The three integrations, asking ``base_url`` instead of Ideogram and a `HealthServer` instead of the Services."""
    objects = [_moved(item, namespace) for item in read_manifests(SHOP / "integrations.yaml")]
    for item in objects:
        item["spec"]["api"]["baseURL"] = base_url
        for target in item["spec"]["targets"]:
            if verify := target.get("verify"):
                verify["url"] = f"{health_url}/{namespace}/{item['metadata']['name']}/health"
    return objects


def _moved(item: Json, namespace: str) -> Json:
    metadata = item["metadata"]
    return item | {
        "metadata": metadata | ({"namespace": namespace} if "namespace" in metadata else {"name": namespace})
    }
