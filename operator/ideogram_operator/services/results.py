"""What services were found to be, and the one error that all of them raise. Nothing here is asked of anybody.

Messages are for status: one sentence, never a credential, never a URL's password, never an object's content.
"""

from dataclasses import dataclass
from datetime import datetime


class ServiceError(Exception):
    """It did not work.

    Attributes:
        message: what was seen, without a full stop: ``the bucket images refuses to delete (AccessDenied)``.
        hint: what to do, as an imperative sentence; may be empty.
        untried: whether it was not even tried, so that nothing is known of the service: its host is not allowed.
    """

    def __init__(self, message: str, *, hint: str = "", untried: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.untried = untried


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image that was downloaded and decoded.

    Attributes:
        media_type: as the server says: ``image/png``.
        size: bytes.
        format: as decoded: ``PNG``, ``JPEG`` or ``WEBP``.
        width, height: pixels.
        expires_at: when its URL ends, UTC; None if the URL does not say.
    """

    media_type: str
    size: int
    format: str
    width: int
    height: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectNames:
    """The newest image objects of a bucket, by their names.

    Attributes:
        seen: how many were looked at; 0 if there are none.
        seeded: how many of them carry a number that can be a seed.
    """

    seen: int
    seeded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket that took and returned a test object.

    Attributes:
        place: bucket and folder for people: ``s3://images/storefront``.
        refusal: why it did not delete it; None if it did.
        names: of the images in it, or why they could not be listed.
    """

    place: str
    names: ObjectNames | ServiceError
    refusal: ServiceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A database that answers and has the table.

    Attributes:
        server: for people: ``PostgreSQL 15.18``.
        name: the table, as in the spec.
        columns: in lower case.
    """

    server: str
    name: str
    columns: frozenset[str]
