"""The image's recipe: what can be known of it without building it."""

import re
from importlib.metadata import requires

from packaging.requirements import Requirement

from docs.generator.files import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_build_backend_is_named_with_all_that_it_needs() -> None:
    named = re.search(r"wanted = /\^\((.*?)\)==/", DOCKERFILE)
    assert named
    assert set(named[1].split("|")) == needed("hatchling")


def test_its_user_is_a_number_and_not_root() -> None:
    assert re.search(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)[1] == "65532"  # type: ignore[index] # that is the test


def test_all_that_it_copies_is_let_through() -> None:
    let_through = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [path for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()]
    assert copied
    assert all(any(entry.startswith(path.rstrip("/")) for entry in let_through) for path in copied)


def needed(name: str) -> set[str]:
    """The distribution and everything it requires, by the names in the lock file."""
    found = {name}
    for line in requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= needed(requirement.name)
    return found
