"""``python -m lab up`` as a person uses it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cluster import REPOSITORY
from lab.kube import Kube

pytestmark = pytest.mark.cluster

LAB = [sys.executable, "-m", "lab"]


def test_it_gives_a_laboratory_and_takes_it_away(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    person = subprocess.Popen(  # noqa: S603 - our own words
        [*LAB, "up"], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert person.stdout
    with person.stdout as lines:
        exported = next(line for line in lines if line.startswith("export KUBECONFIG="))
        kubeconfig = Path(exported.strip().removeprefix("export KUBECONFIG="))
        with Kube.from_kubeconfig(kubeconfig) as kube:
            for name in ("storefront", "gallery"):
                path = f"/apis/apps/v1/namespaces/shop/deployments/{name}"
                kube.wait_for(path, lambda item: item["status"].get("availableReplicas", 0) > 1, name)
        asked = subprocess.run(  # noqa: S603 - our own words
            [*LAB, "kubectl", "-n", "shop", "get", "cronjobs", "-o", "name"],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert asked.stdout == "cronjob.batch/nightly-render\n"
        os.killpg(person.pid, signal.SIGINT)
        assert "Ctrl-C ends it all" in lines.read()
    assert person.wait(30) == 0
    assert not any(folder.is_dir() for runs in tmp_path.glob("ideogram-lab-*") for folder in runs.iterdir())


def test_without_a_laboratory_kubectl_says_how_to_get_one(tmp_path: Path) -> None:
    refused = subprocess.run(  # noqa: S603 - our own words
        [*LAB, "kubectl", "get", "pods"],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "python -m lab up" in refused.stderr
