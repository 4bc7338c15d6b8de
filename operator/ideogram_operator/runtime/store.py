"""What the watch has told: the latest version of every integration, and nothing derived from it.

The store is written by the watch and by the sweep only. A change that matters makes the integration's key dirty; the
echo of our own status write does not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ideogram_operator.runtime.agenda import Key

Raw = Mapping[str, Any]


@dataclass(slots=True)
class Store:
    """All integrations that are known to exist.

    Attributes:
        dirty: told of every key whose integration changed in a way that matters, or is gone.
    """

    dirty: Callable[[Key], None]
    _objects: dict[Key, Raw] = field(default_factory=dict)

    def get(self, key: Key) -> Raw | None:
        """Returns the latest version seen, None if there is no such integration."""
        return self._objects.get(key)

    def __len__(self) -> int:
        return len(self._objects)

    def keys(self) -> tuple[Key, ...]:
        """Returns the keys of all integrations."""
        return tuple(self._objects)

    def saw(self, raw: Raw) -> None:
        """Takes in a version from the watch or from a list; an older one than is known is passed over."""
        key = key_of(raw)
        before = self._objects.get(key)
        if before is not None and _older(raw, before):
            return
        self._objects[key] = raw
        if before is None or _meaning(before) != _meaning(raw):
            self.dirty(key)

    def lost(self, key: Key, uid: str | None = None) -> None:
        """The integration is gone; with a uid, only if it is that one (another may have come in its place)."""
        before = self._objects.get(key)
        if before is None or (uid is not None and before["metadata"].get("uid") != uid):
            return
        del self._objects[key]
        self.dirty(key)

    def sweep(self, listed: Iterable[Raw]) -> int:
        """Drops what a complete list no longer has; returns how many ghosts there were.

        A watch that was interrupted for too long starts anew with a list, and never says what was deleted meanwhile.
        """
        there = {key_of(raw): raw["metadata"].get("uid") for raw in listed}
        ghosts = [key for key, raw in self._objects.items() if there.get(key) != raw["metadata"].get("uid")]
        for key in ghosts:
            self.lost(key)
        return len(ghosts)


def key_of(raw: Raw) -> Key:
    """Returns the key of an object."""
    return Key(raw["metadata"]["namespace"], raw["metadata"]["name"])


def _meaning(raw: Raw) -> tuple[Any, ...]:
    """All but status and bookkeeping: what a reconcile would look at."""
    metadata = raw["metadata"]
    return (
        metadata.get("uid"),
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        tuple(metadata.get("finalizers", ())),
        tuple(sorted((metadata.get("annotations") or {}).items())),
    )


def _older(raw: Raw, than: Raw) -> bool:
    """Whether a version is certainly older; resourceVersions of one resource are comparable numbers."""
    ours, theirs = (str(one["metadata"].get("resourceVersion", "")) for one in (raw, than))
    return ours.isdigit() and theirs.isdigit() and int(ours) < int(theirs)
