"""The operator's chart in the demo's cluster, and the operator's log in a form that fits a terminal."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lab.cluster import Cluster
from lab.controlplane.binaries import binary
from lab.kube import Json
from lab.operator import ACCOUNT, CHART

NAMESPACE: Final = "ideogram-system"
_CRD: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ideogramintegrations.ideogram-operator.io"


class ChartFailedError(RuntimeError):
    """Helm did not install the chart; the message is its own."""


def install_chart(cluster: Cluster, *, folder: Path, say: Callable[[str], None]) -> None:
    """Installs the chart: CRD, ServiceAccount and roles, with no replica of the operator. Returns once the CRD serves.

    Raises:
        ChartFailedError: helm failed.
    """
    homes = {f"HELM_{name}_HOME": str(folder / "helm") for name in ("CACHE", "CONFIG", "DATA")}
    # The cluster has no node that could run the image: the process started beside it takes the pod's place.
    arguments = ("install", ACCOUNT, CHART, "--namespace", NAMESPACE, "--create-namespace", "--set", "replicas=0")
    done = subprocess.run(
        [binary("helm", say=say), *arguments],
        env=os.environ | homes | {"KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise ChartFailedError(done.stderr.strip())
    cluster.kube.wait_for(_CRD, _established, "the CRD to be served")


def short(line: str) -> str:
    """A line of the operator's JSON log for a person; any other line as it is."""
    try:
        told = json.loads(line)
        when, level, event = told.pop("timestamp"), told.pop("level"), told.pop("event")
    except (ValueError, AttributeError, KeyError):
        return line
    told.pop("logger", None)
    return f"{when[11:23]} {level:7} {event} " + " ".join(f"{name}={value}" for name, value in told.items())


def _established(crd: Json) -> bool:
    conditions = crd.get("status", {}).get("conditions") or []  # null in the first moment
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
