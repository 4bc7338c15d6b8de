"""Binaries: built once, whole or not at all, by one process at a time, and said so."""

import dataclasses
import os
import threading
from pathlib import Path

import pytest

from lab.controlplane import binaries
from lab.controlplane.build import BuildFailedError, built, destination
from lab.controlplane.recipes import KUBE, RECIPES, Recipe


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of binaries of our own; Go's caches stay what they are."""
    return tmp_path / "cache"


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A module with one small program and no dependencies."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.test/hello\n\ngo 1.26\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    return Recipe(
        name="hello", version="1", binaries=("hello",), module=module, arguments=("build", "-o", "{out}/", ".")
    )


def test_two_at_once_build_once(recipe: Recipe, cache: Path) -> None:
    said: list[str] = []
    threads = [
        threading.Thread(target=built, args=(recipe,), kwargs={"say": said.append, "cache": cache}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.split()[0] for line in said if " s, " not in line] == ["building", "built"]
    program = destination(recipe, cache=cache) / "hello"
    assert os.access(program, os.X_OK)
    assert [path.name for path in destination(recipe, cache=cache).parent.iterdir() if path.is_dir()] == [
        destination(recipe, cache=cache).name
    ]


def test_a_failure_says_what_go_said_and_leaves_no_result(recipe: Recipe, cache: Path) -> None:
    assert recipe.module
    (recipe.module / "main.go").write_text("package main\n\nfunc main() { nonsense }\n")
    with pytest.raises(BuildFailedError, match="undefined: nonsense"):
        built(recipe, say=lambda _: None, cache=cache)
    assert not destination(recipe, cache=cache).exists()


def test_a_build_that_was_killed_is_done_again(recipe: Recipe, cache: Path) -> None:
    half = destination(recipe, cache=cache).with_name(destination(recipe, cache=cache).name + ".new")
    half.mkdir(parents=True)
    (half / "hello").write_text("half")
    assert (built(recipe, say=lambda _: None, cache=cache) / "hello").stat().st_size > 1000
    assert not half.exists()


def test_what_decides_the_result_decides_the_folder(recipe: Recipe) -> None:
    assert recipe.module
    before = recipe.fingerprint()
    assert dataclasses.replace(recipe, version="2").fingerprint() != before
    assert dataclasses.replace(recipe, goflags="").fingerprint() != before
    (recipe.module / "go.sum").write_text("changed")
    assert recipe.fingerprint() != before


def test_given_assets_are_taken_and_only_the_rest_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    assert binaries.missing() == list(RECIPES)
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    assert binaries.binary("etcd") == tmp_path / "etcd"
    assert binaries.kubectl() == tmp_path / "kubectl"
    assert [recipe.name for recipe in binaries.missing()] == ["kube", "kwok", "helm", "versitygw"]


def test_the_control_plane_says_its_version() -> None:
    assert f"gitVersion=v{KUBE.version}" in " ".join(KUBE.arguments)
