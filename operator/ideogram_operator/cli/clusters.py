"""Which cluster a person means, and where in it: found as kubectl finds it.

``--kubeconfig``, else every file in ``$KUBECONFIG``, else ``~/.kube/config``, else the ServiceAccount of the pod. Of
several files the first word counts, also on the current context: there kubernetes.aio's own loader takes the last one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes.aio import config

from ideogram_operator.cluster.connection import BAD_CONFIG, Unreachable, unusable
from ideogram_operator.cluster.gateway import Gateway

NAMESPACE_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster, and the namespace in it that is meant where none is named.

    Attributes:
        kubeconfig: a file, or several as in ``$KUBECONFIG``; None: the pod's ServiceAccount.
        context: None for the pod's ServiceAccount.
    """

    kubeconfig: str | None
    context: str | None = None
    namespace: str = "default"


def find(
    *, kubeconfig: Path | None, context: str | None, namespace: str | None, environment: Mapping[str, str] = os.environ
) -> Place:
    """Returns the place that these options and the environment name.

    Raises:
        Unreachable: a kubeconfig that is not there, is none, or has no such context.
    """
    files = _files(kubeconfig, environment)
    if not files and context is None:
        return Place(kubeconfig=None, namespace=namespace or _of_pod())
    if not files:
        raise Unreachable(f"there is no kubeconfig to take the context {context} from; name one with --kubeconfig")
    named = os.pathsep.join(files)
    try:
        merged = _kube_config().KubeConfigMerger(named)
        chosen = context or next(filter(None, (one.get("current-context") for one in merged.config_files.values())), "")
        if not chosen:
            raise Unreachable(f"kubeconfig {named} has no current-context; name one with --context")
        found = merged.config["contexts"].get_with_name(chosen)["context"].safe_get("namespace")
    except BAD_CONFIG as error:
        raise _unusable(named, error) from error
    return Place(kubeconfig=named, context=chosen, namespace=namespace or str(found or "default"))


async def connect(place: Place) -> Gateway:
    """Returns a gateway to the cluster.

    Raises:
        Unreachable: nothing says how to reach it.
    """
    return await Gateway.open(place.kubeconfig, context=place.context)


def _files(kubeconfig: Path | None, environment: Mapping[str, str]) -> list[str]:
    if kubeconfig is not None:
        if not kubeconfig.exists():
            raise Unreachable(f"there is no kubeconfig {kubeconfig}")
        return [str(kubeconfig)]
    named = environment.get("KUBECONFIG", "")
    listed = [part for part in named.split(os.pathsep) if part] or [str(Path.home() / ".kube" / "config")]
    found = [part for part in listed if Path(part).exists()]
    if named and not found:
        raise Unreachable(f"none of the files in KUBECONFIG is there: {named}")
    return found


def _of_pod() -> str:
    try:
        return NAMESPACE_FILE.read_text().strip() or "default"
    except OSError:
        return "default"


def _unusable(named: str, error: Exception) -> Unreachable:
    return Unreachable(f"kubeconfig {named} does not say how to reach a cluster: {unusable(error)}")


def _kube_config() -> Any:
    return config.kube_config
