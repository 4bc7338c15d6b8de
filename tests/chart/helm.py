"""Running helm, and reading what comes out."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.controlplane.binaries import binary

CHART = Path(__file__).resolve().parents[2] / "charts" / "ideogram-operator"

Json = dict[str, Any]


def helm(*arguments: str | Path, home: Path, kubeconfig: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """What helm said; its own files go to ``home``."""
    own = {"HELM_CACHE_HOME": home, "HELM_CONFIG_HOME": home, "HELM_DATA_HOME": home}
    environment = os.environ | {name: str(path) for name, path in own.items()}
    environment["KUBECONFIG"] = str(kubeconfig or home / "none")
    return subprocess.run(  # noqa: S603 - our own helm with the test's arguments
        [binary("helm"), *arguments], check=False, capture_output=True, text=True, env=environment, timeout=120
    )


def settings(values: Json) -> list[str]:
    """The values as helm's arguments: each as JSON, so that strings stay strings."""
    return [part for name, value in values.items() for part in ("--set-json", f"{name}={json.dumps(value)}")]


@dataclass(frozen=True)
class Rendered:
    """The objects of one ``helm template``."""

    objects: tuple[Json, ...]

    @classmethod
    def read(cls, text: str) -> "Rendered":
        return cls(tuple(each for each in yaml.safe_load_all(text) if each))

    def all(self, kind: str) -> list[Json]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str) -> Json:
        (only,) = self.all(kind)
        return only

    @property
    def kinds(self) -> set[str]:
        return {each["kind"] for each in self.objects}

    @property
    def pod(self) -> Json:
        spec: Json = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Json:
        (only,) = self.pod["containers"]
        return dict(only)


def grants(rules: Iterable[Json]) -> set[tuple[str, str, str]]:
    """The rules as a set of (group, resource, verb)."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
