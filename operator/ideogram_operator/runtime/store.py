"""What the watch has told: the latest version of every integration, and nothing derived from it.

The store is written by the watch and by the sweep only. A change that matters makes the integration's key dirty; the
echo of our own status write does not.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ideogram_operator.runtime.agenda import Key

Raw = Mapping[str, Any]


@dataclass(slots=True)
class Store:
    """All integrations that are known to exist; the status of each is kept aside, folded up, until it is taken.

    Attributes:
        dirty: told of every key whose integration changed in a way that matters, or is gone.
    """

    dirty: Callable[[Key], None]
    _objects: dict[Key, Raw] = field(default_factory=dict)
    _statuses: dict[Key, bytes] = field(default_factory=dict)
    _buried: set[str] = field(default_factory=set)
    _buried_before: set[str] = field(default_factory=set)

    def get(self, key: Key) -> Raw | None:
        """Returns the latest version seen, None if there is no such integration."""
        return self._objects.get(key)

    def __len__(self) -> int:
        return len(self._objects)

    def keys(self) -> tuple[Key, ...]:
        """Returns the keys of all integrations."""
        return tuple(self._objects)

    def saw(self, raw: Raw) -> None:
        """Takes in a version from the watch or from a list; an older one than is known is passed over.

        So is one of an integration that is known to be gone: a list may be older than the end that the watch told.
        """
        key, uid = key_of(raw), _uid(raw)
        before = self._objects.get(key)
        if uid in self._buried or uid in self._buried_before or (before is not None and _older(raw, before)):
            return
        self._objects[key] = _slim(raw)
        if before is None or _uid(before) != uid or key in self._statuses:
            self._statuses[key] = json.dumps(raw.get("status")).encode()
        if before is None or _meaning(before) != _meaning(raw):
            self.dirty(key)

    def take_status(self, key: Key) -> Any:
        """Returns an integration's status as last heard, once: from then on it is the operator that changes it."""
        return json.loads(self._statuses.pop(key, b"null"))

    def lost(self, key: Key, uid: str | None = None) -> None:
        """The integration is gone; with a uid, only if it is that one (another may have come in its place)."""
        before = self._objects.get(key)
        if uid is not None:
            self._buried.add(uid)
        if before is None or (uid is not None and _uid(before) != uid):
            return
        del self._objects[key]
        self._statuses.pop(key, None)
        self.dirty(key)

    def uids(self) -> dict[Key, str]:
        """Returns which integrations are known now, to be handed to ``sweep`` once a list has been read."""
        return {key: _uid(raw) for key, raw in self._objects.items()}

    def behind(self, listed: Raw) -> bool:
        """Returns whether a list, be it of metadata, has something that matters and was not heard of."""
        uid, before = _uid(listed), self._objects.get(key_of(listed))
        if uid in self._buried or uid in self._buried_before:
            return False
        return before is None or (not _older(listed, before) and _meaning(listed) != _meaning(before))

    def sweep(self, before: Mapping[Key, str], listed: Mapping[Key, str]) -> int:
        """Drops what a complete list no longer has; returns how many ghosts there were.

        A watch that was interrupted for too long starts anew with a list, and never says what was deleted meanwhile.

        Args:
            before: which were known when the list began; what came since may rightly be missing from it.
            listed: all integrations that there are, by their uids.
        """
        ghosts = [
            key for key, uid in before.items() if listed.get(key) != uid and _uid(self._objects.get(key, {})) == uid
        ]
        for key in ghosts:
            self.lost(key)
        # A uid never comes back; whatever list could still name these has been read by the sweep after next.
        self._buried_before, self._buried = self._buried, set()
        return len(ghosts)


def key_of(raw: Raw) -> Key:
    """Returns the key of an object."""
    return Key(raw["metadata"]["namespace"], raw["metadata"]["name"])


def _uid(raw: Raw) -> str:
    return str((raw.get("metadata") or {}).get("uid", ""))


def _slim(raw: Raw) -> Raw:
    """The object without its status, and the bookkeeping of its writers, which is often larger than all the rest."""
    metadata = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
    return {name: value for name, value in raw.items() if name != "status"} | {"metadata": metadata}


def _meaning(raw: Raw) -> tuple[Any, ...]:
    """All but status and bookkeeping: what a reconcile would look at."""
    metadata = raw["metadata"]
    return (
        metadata.get("uid"),
        metadata.get("generation"),
        metadata.get("deletionTimestamp"),
        tuple(metadata.get("finalizers") or ()),
        tuple(sorted((metadata.get("annotations") or {}).items())),
    )


def _older(raw: Raw, than: Raw) -> bool:
    """Whether a version is certainly older; resourceVersions of one resource are comparable numbers."""
    ours, theirs = (str(one["metadata"].get("resourceVersion", "")) for one in (raw, than))
    return ours.isdecimal() and theirs.isdecimal() and int(ours) < int(theirs)
