"""What is built, from which sources, with which flags: all that decides what a binary is, as data.

A recipe's fingerprint names its cache folder, so a changed version, flag or go.sum is a new build and an old one stays
usable beside it.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KUBERNETES: Final = "1.36.3"
ETCD: Final = "3.6.16"
KWOK: Final = "0.8.0"
HELM: Final = "4.3.1"
VERSITYGW: Final = "1.8.0"

_MODULES: Final = Path(__file__).parent / "go"
# -buildvcs=false: a checkout owned by another user must not fail the build over a version stamp nobody reads.
_COMMON: Final = ("-buildvcs=false",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make some binaries.

    Attributes:
        name: a word for people and for the cache folder.
        version: of what is built.
        binaries: names of the files that come out.
        module: a folder with go.mod and go.sum to build in; None: ``go install`` from the module proxy.
        arguments: after ``go``; ``{out}`` is the folder the binaries go to.
        goflags: the environment variable GOFLAGS.
    """

    name: str
    version: str
    binaries: tuple[str, ...]
    arguments: tuple[str, ...]
    module: Path | None = None
    goflags: str = "-trimpath"
    usual: str = field(default="a few minutes", compare=False)

    def fingerprint(self) -> str:
        """Twelve hex digits of everything that decides the result."""
        digest = hashlib.sha256(repr((self.version, self.arguments, self.goflags)).encode())
        for name in ("go.mod", "go.sum") if self.module else ():
            digest.update((self.module / name).read_bytes())  # type: ignore[operator] # not None: see the condition
        return digest.hexdigest()[:12]


def _kubernetes_ldflags() -> str:
    # Without these the version reads v0.0.0-master, and charts with a kubeVersion refuse to install.
    major, minor, _ = KUBERNETES.split(".")
    values = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w " + " ".join(f"-X {package}.{key}={value}" for package in packages for key, value in values.items())


def _installed(name: str, package: str, version: str, usual: str) -> Recipe:
    return Recipe(
        name=name,
        version=version,
        binaries=(name,),
        arguments=("install", *_COMMON, "-ldflags", "-s -w", f"{package}@v{version}"),
        usual=usual,
    )


KUBE: Final = Recipe(
    name="kube",
    version=KUBERNETES,
    binaries=("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    module=_MODULES / "kube",
    arguments=("build", *_COMMON, "-tags", "grpcnotrace", "-ldflags", _kubernetes_ldflags(), "-o", "{out}/", "tool"),
    goflags="-trimpath -mod=readonly",
    usual="about 5 minutes on 2 cores",
)
ETCD_SERVER: Final = Recipe(
    name="etcd",
    version=ETCD,
    binaries=("etcd",),
    module=_MODULES / "etcd",
    arguments=("build", *_COMMON, "-ldflags", "-s -w", "-o", "{out}/etcd", "go.etcd.io/etcd/server/v3"),
    goflags="-trimpath -mod=readonly",
    usual="about a minute",
)
KWOK_CONTROLLER: Final = _installed("kwok", "sigs.k8s.io/kwok/cmd/kwok", KWOK, "about 2 minutes")
HELM_CLIENT: Final = _installed("helm", "helm.sh/helm/v4/cmd/helm", HELM, "about 3 minutes")
VERSITY_GATEWAY: Final = _installed(
    "versitygw", "github.com/versity/versitygw/cmd/versitygw", VERSITYGW, "about 2 minutes"
)

RECIPES: Final = (ETCD_SERVER, KUBE, KWOK_CONTROLLER, HELM_CLIENT, VERSITY_GATEWAY)
