"""A row of the fault matrix: data only, read by the tests that measure it and by the page that tells it."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where the fault is: the page's headings, in its order."""

    CLUSTER = "The API server and the cluster"
    PROVIDER = "The provider"
    SECRET = "The Secret"
    TARGETS = "The targets"
    INTEGRATION = "The integration itself"
    MACHINE = "The operator's own machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault.

    Attributes:
        id: its name, among all.
        place: where it is.
        fault: what goes wrong, in words.
        promised: what the operator does about it, in words.
    """

    id: str
    place: Place
    fault: str
    promised: str
