"""The integrations in files: YAML as kubectl reads it, with every mistake told by file, document and field."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ideogram_operator.cli.running import CouldNotRunError
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import GROUP, KIND, VERSION

STDIN: Final = "-"
_NAMES: Final = {
    "namespace": re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"),
    "name": re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"),
}
_OTHERWISE_READ: Final = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_INT: Final = re.compile(r"[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$")
_FLOAT: Final = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One integration out of a file.

    Attributes:
        place: the file and the document in it, for people.
    """

    place: str
    namespace: str
    name: str
    spec: IntegrationSpec

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: times stay text, and 22:30 is no number in base 60."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag not in _OTHERWISE_READ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def read_documents(files: Sequence[str], *, namespace: str) -> tuple[Document, ...]:
    """Returns every integration in the files, in their order.

    Args:
        files: paths; ``-`` is standard input.
        namespace: of documents that name none.

    Raises:
        CouldNotRunError: a file that cannot be read, a spec that cannot be used, or no integration at all.
    """
    found: list[Document] = []
    problems: list[str] = []
    for file in files:
        for place, raw in _integrations(file):
            try:
                found.append(_new(_document(place, raw, namespace), found))
            except SpecError as error:
                problems += [f"{place}: {problem}" for problem in error.problems]
    if problems:
        raise CouldNotRunError(*problems)
    if not found:
        told = ", ".join(_told(file) for file in files)
        raise CouldNotRunError(f"{told}: no {KIND} in it; give a file with at least one")
    return tuple(found)


def _new(document: Document, others: Sequence[Document]) -> Document:
    """The document, if no other one is about the same integration: their test objects would get in each other's way."""
    twice = next((other.place for other in others if str(other) == str(document)), "")
    if twice:
        raise SpecError([f"{document} is in {twice} already; give each integration once"])
    return document


def _document(place: str, raw: Mapping[str, Any], namespace: str) -> Document:
    if raw.get("apiVersion") != f"{GROUP}/{VERSION}":
        raise SpecError([f"apiVersion must be {GROUP}/{VERSION}"])
    metadata = raw.get("metadata")
    named = {"namespace": namespace, **(metadata if isinstance(metadata, Mapping) else {})}
    names = {field: _name(field, named.get(field)) for field in _NAMES}
    spec = raw.get("spec")
    if not isinstance(spec, Mapping):
        raise SpecError(["spec is required: add it"])
    return Document(place=place, **names, spec=IntegrationSpec.parse(spec))


def _name(field: str, value: object) -> str:
    if not isinstance(value, str) or not _NAMES[field].fullmatch(value):
        raise SpecError([f"metadata.{field} must be a name such as storefront: small letters, digits and hyphens"])
    return value


def _integrations(file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, document in enumerate(_documents(file), start=1):
        place = f"{_told(file)}, document {number}"
        for item, one in _unlisted(place, document):
            kind, group = one.get("kind"), str(one.get("apiVersion")).partition("/")[0]
            if kind == KIND and group == GROUP:
                yield item, one


def _documents(file: str) -> Iterable[Any]:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        return list(yaml.load_all(text, _Loader))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise CouldNotRunError(f"{_told(file)} cannot be read: {why}") from error
    except yaml.YAMLError as error:
        # The whole message would quote the file, in which a Secret may stand next to the integration.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise CouldNotRunError(f"{_told(file)}{where}: it is not YAML; correct it") from None
    except (ValueError, RecursionError) as error:
        raise CouldNotRunError(f"{_told(file)}: it is not YAML that Kubernetes would take; correct it") from error


def _unlisted(place: str, document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The object, or those in a List as ``kubectl get -o yaml`` prints it."""
    if not isinstance(document, Mapping):
        return
    if not isinstance(document.get("items"), list):
        yield place, document
        return
    for number, item in enumerate(document["items"], start=1):
        if isinstance(item, Mapping):
            yield f"{place}, item {number}", item


def _told(file: str) -> str:
    return "standard input" if file == STDIN else file
