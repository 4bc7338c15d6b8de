"""What the watch tells becomes what is known, whatever order it comes in, and only what matters makes work."""

from typing import Any

import pytest

from ideogram_operator.resource.words import PROBE_ANNOTATION, RESTORE_FINALIZER
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.store import Store, key_of

KEY = Key("shop", "images")


def images(version: int = 1, *, uid: str = "u1", name: str = "images", **metadata: Any) -> dict[str, Any]:
    given = {"namespace": "shop", "name": name, "uid": uid, "resourceVersion": str(version), "generation": 1}
    return {"metadata": given | metadata, "spec": {}, "status": {}}


def listing(*raws: dict[str, Any]) -> dict[Key, str]:
    return {key_of(raw): raw["metadata"]["uid"] for raw in raws}


class Heard(list[Key]):
    """The keys that were made dirty."""


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def store(heard: Heard) -> Store:
    return Store(heard.append)


def test_a_new_integration_is_work(store: Store, heard: Heard) -> None:
    store.saw(images())
    assert heard == [KEY]
    assert store.get(KEY) is not None
    assert store.keys() == (KEY,)


def test_the_echo_of_our_own_status_is_none(store: Store, heard: Heard) -> None:
    store.saw(images(1))
    store.saw(images(2) | {"status": {"state": "Live"}})
    assert heard == [KEY]
    assert store.take_status(KEY) == {"state": "Live"}, "it is kept all the same"


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"annotations": {PROBE_ANNOTATION: "1"}},
        {"finalizers": [RESTORE_FINALIZER]},
        {"deletionTimestamp": "2026-11-22T12:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_person_changes_is_work(store: Store, heard: Heard, change: dict[str, Any]) -> None:
    store.saw(images(1))
    store.saw(images(2, **change))
    assert heard == [KEY, KEY]


def test_an_older_version_changes_nothing(store: Store, heard: Heard) -> None:
    store.saw(images(10, generation=3))
    store.saw(images(9, generation=2))
    assert heard == [KEY]
    found = store.get(KEY)
    assert found is not None
    assert found["metadata"]["generation"] == 3


def test_versions_are_compared_as_numbers(store: Store) -> None:
    store.saw(images(9, generation=1))
    store.saw(images(10, generation=2))
    found = store.get(KEY)
    assert found is not None
    assert found["metadata"]["generation"] == 2


def test_the_end_of_an_integration_is_work(store: Store, heard: Heard) -> None:
    store.saw(images())
    store.lost(KEY, "u1")
    assert heard == [KEY, KEY]
    assert store.get(KEY) is None


def test_the_late_end_of_a_predecessor_is_not_the_end_of_its_successor(store: Store) -> None:
    store.saw(images(5, uid="u2"))
    store.lost(KEY, "u1")
    assert store.get(KEY) is not None


def test_another_integration_of_the_same_name_is_work(store: Store, heard: Heard) -> None:
    store.saw(images(1))
    store.saw(images(5, uid="u2"))
    assert heard == [KEY, KEY]


def test_a_ghost_is_found_by_a_sweep(store: Store, heard: Heard) -> None:
    store.saw(images())
    store.saw(images(2, name="other", uid="u2"))
    heard.clear()
    assert store.sweep(store.uids(), listing(images(2, name="other", uid="u2"))) == 1
    assert heard == [KEY]
    assert store.get(KEY) is None


def test_a_ghost_whose_name_was_taken_again_is_found(store: Store) -> None:
    store.saw(images(1))
    listed = images(7, uid="u2")
    assert store.behind(listed)
    assert store.sweep(store.uids(), listing(listed)) == 1
    store.saw(listed)
    found = store.get(KEY)
    assert found is not None
    assert found["metadata"]["uid"] == "u2"


def test_what_was_made_while_the_list_was_read_is_no_ghost(store: Store) -> None:
    before = store.uids()
    store.saw(images(9))
    assert store.sweep(before, listing()) == 0
    assert store.get(KEY) is not None


def test_what_was_deleted_while_the_list_was_read_does_not_come_back(store: Store) -> None:
    """It would be probed for and switched by, with nobody to give its targets back, until the next sweep."""
    store.saw(images(1))
    before = store.uids()
    store.lost(KEY, "u1")
    listed = images(1)
    assert not store.behind(listed)
    assert store.sweep(before, listing(listed)) == 0
    store.saw(listed)
    assert store.get(KEY) is None


def test_a_predecessor_in_an_old_list_does_not_replace_its_successor(store: Store) -> None:
    store.saw(images(1))
    before = store.uids()
    store.lost(KEY, "u1")
    store.saw(images(9, uid="u2"))
    store.sweep(before, listing(images(1)))
    store.saw(images(1))
    found = store.get(KEY)
    assert found is not None
    assert found["metadata"]["uid"] == "u2"


def test_the_memory_of_what_is_gone_does_not_grow_for_ever(store: Store) -> None:
    for number in range(100):
        store.saw(images(number, uid=f"u{number}"))
        store.lost(KEY, f"u{number}")
        store.sweep(store.uids(), listing())
    assert len(store._buried) + len(store._buried_before) <= 2


def test_the_bookkeeping_of_writers_is_not_kept(store: Store) -> None:
    store.saw(images(managedFields=[{"manager": "kubectl"}]))
    found = store.get(KEY)
    assert found is not None
    assert "managedFields" not in found["metadata"]


def test_a_list_tells_what_the_watch_did_not(store: Store) -> None:
    assert store.behind(images(1))
    store.saw(images(5))
    assert not store.behind(images(5))
    assert not store.behind(images(9)), "a status that we wrote"
    assert store.behind(images(9, generation=2))
    assert not store.behind(images(3, generation=2)), "the list is older"
    assert store.behind(images(9, annotations={PROBE_ANNOTATION: "now"}))


def test_status_is_kept_until_it_was_taken(store: Store) -> None:
    store.saw(images(1) | {"status": {"state": "Live"}})
    store.saw(images(2) | {"status": {"state": "Fallback"}})
    assert store.take_status(KEY) == {"state": "Fallback"}
    assert store.take_status(KEY) is None
    store.saw(images(3) | {"status": {"state": "Live"}})
    assert store.take_status(KEY) is None, "that is what we have written"
    store.saw(images(4, uid="u2") | {"status": {"state": "Suspect"}})
    assert store.take_status(KEY) == {"state": "Suspect"}, "another integration's"
    store.saw(images(5, uid="u3"))
    store.lost(KEY, "u3")
    assert store.take_status(KEY) is None
