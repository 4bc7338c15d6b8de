"""All integrations at work, and which of them hold what: found by namespace, since changes come in bursts."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ideogram_operator.cluster.watches import Change
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.record import Record, Ref


@dataclass(slots=True)
class Records:
    """The records by key."""

    _all: dict[str, dict[Key, Record]] = field(default_factory=dict)
    _holding: dict[Key, Record] = field(default_factory=dict)

    def get(self, key: Key) -> Record | None:
        """Returns the integration's record, None while it is not at work."""
        return self._all.get(key.namespace, {}).get(key)

    def add(self, record: Record) -> None:
        """Takes a record in, in the place of another of the same key."""
        self._all.setdefault(record.key.namespace, {})[record.key] = record

    def pop(self, key: Key) -> Record | None:
        """Returns the record that is let go, None if there was none."""
        found = self._all.get(key.namespace, {})
        record = found.pop(key, None)
        self._holding.pop(key, None)
        if not found:
            self._all.pop(key.namespace, None)
        return record

    def of_namespace(self, namespace: str) -> list[Record]:
        """Returns the records of a namespace."""
        return list(self._all.get(namespace, {}).values())

    def __iter__(self) -> Iterator[Record]:
        # Copies: a scrape goes through them on another thread.
        for found in list(self._all.values()):
            yield from list(found.values())

    def __len__(self) -> int:
        return sum(len(found) for found in self._all.values())

    def holders(self, changes: Iterable[Change]) -> list[Key]:
        """Returns the integrations that hold or follow targets that changed; these are read again for each."""
        heard: dict[str, dict[Ref, Change]] = {}
        for change in changes:
            heard.setdefault(change.namespace, {})[Ref(change.kind, change.name)] = change
        return [
            key
            for namespace, of_namespace in heard.items()
            for key, record in self._all.get(namespace, {}).items()
            if _heard_of(record, of_namespace)
        ]

    def missing(self, namespace: str, kind: TargetKind, names: Container[str]) -> list[Key]:
        """Returns the integrations that hold or follow targets which are not among these; they are read again."""
        return [record.key for record in self.of_namespace(namespace) if _misses(record, kind, names)]

    def note(self, record: Record, *, telling: bool = False) -> None:
        """Takes note of whether the integration holds or follows anything, or is about to tell its targets something.

        Twice a second it is asked what is held, and among ten thousand it is mostly nobody.
        """
        if telling or any(known.watched for known in record.targets.values()):
            self._holding[record.key] = record
        else:
            self._holding.pop(record.key, None)

    def held_places(self) -> frozenset[tuple[str, TargetKind]]:
        """Returns the namespaces and kinds in which something is held or followed."""
        return frozenset(
            (record.key.namespace, known.ref.kind)
            for record in self._holding.values()
            for known in record.targets.values()
            if known.watched
        )


def _heard_of(record: Record, changes: Mapping[Ref, Change]) -> bool:
    """Whether something is new of a target that the integration holds or follows."""
    found = False
    for ref, known in record.targets.items():
        change = changes.get(ref)
        # Most of what is heard is what was just written, and read with the answer.
        news = change is not None and (change.deleted or change.resource_version != known.version)
        if news and known.watched:
            known.stale = found = True
    return found


def _misses(record: Record, kind: TargetKind, names: Container[str]) -> bool:
    """Whether a target that the integration holds or follows is not among these of its kind."""
    found = False
    for ref, known in record.targets.items():
        if known.watched and ref.kind is kind and ref.name not in names:
            known.stale = found = True
    return found
