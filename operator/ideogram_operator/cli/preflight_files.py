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
LARGEST: Final = 4 * 2**20
"""Characters of a file that are read."""
_DEEPEST: Final = 100
_MOST_UNFOLDED: Final = 200_000
"""Values in a document, with each alias counted as all that it stands for."""
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


class _RefusedError(yaml.MarkedYAMLError):
    """YAML that is not taken, for a reason that quotes nothing of it."""


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: times stay text, and 22:30 is no number in base 60.

    A key that is given twice is a mistake rather than the last word, and what aliases unfold to is bounded: a few
    lines can stand for billions of entries.
    """

    def fetch_flow_collection_start(self, token: Any) -> None:
        if self.flow_level >= _DEEPEST:  # the scanner's time grows with its square
            raise _RefusedError(problem="it is nested beyond all depth", problem_mark=self.get_mark())
        super().fetch_flow_collection_start(token)

    def compose_document(self) -> Any:
        self._sizes: dict[int, int] = {}
        return super().compose_document()

    def compose_sequence_node(self, anchor: Any) -> Any:
        node: Any = super().compose_sequence_node(anchor)
        self._unfold(node, node.value)
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node: Any = super().compose_mapping_node(anchor)
        self._unfold(node, [part for pair in node.value for part in pair])
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            same = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if same in seen:
                raise _RefusedError(problem="it gives a key twice", problem_mark=key.start_mark)
            if same is not None:
                seen.add(same)
        return node

    def _unfold(self, node: Any, parts: Sequence[Any]) -> None:
        """Counts what a node stands for. One that is not whole yet has no size: it is a part of itself."""
        sizes = [
            1 if isinstance(part, yaml.ScalarNode) else self._sizes.get(id(part), _MOST_UNFOLDED) for part in parts
        ]
        self._sizes[id(node)] = 1 + sum(sizes)
        if self._sizes[id(node)] > _MOST_UNFOLDED:
            raise _RefusedError(problem="it unfolds beyond all size", problem_mark=node.start_mark)

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as it is called
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            # What a tag makes of a text that does not fit it.
            raise _RefusedError(
                problem="it has a value that does not fit its tag", problem_mark=node.start_mark
            ) from error


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
            version = one.get("apiVersion")
            if one.get("kind") == KIND and isinstance(version, str) and version.partition("/")[0] == GROUP:
                yield item, one


def _documents(file: str) -> Iterable[Any]:
    try:
        text = _text(file)
        if len(text) > LARGEST:
            raise CouldNotRunError(f"{_told(file)} has more than {LARGEST // 2**20} MiB; give the integrations alone")
        return list(yaml.load_all(text, _Loader))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise CouldNotRunError(f"{_told(file)} cannot be read: {why}") from error
    except yaml.YAMLError as error:
        # The whole message would quote the file, in which a Secret may stand next to the integration.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        why = error.problem if isinstance(error, _RefusedError) else "it is not YAML"
        raise CouldNotRunError(f"{_told(file)}{where}: {why}; correct it") from None
    except (ValueError, RecursionError) as error:
        raise CouldNotRunError(f"{_told(file)}: it is not YAML that Kubernetes would take; correct it") from error


def _text(file: str) -> str:
    if file == STDIN:
        return sys.stdin.read(LARGEST + 1)
    with Path(file).open(encoding="utf-8") as opened:
        return opened.read(LARGEST + 1)


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
