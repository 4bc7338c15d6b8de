"""One key of one Secret, read by name when it is needed; never listed, never watched, never shown."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.errors import ClusterError, Forbidden, NotFound, Unavailable
from ideogram_operator.cluster.gateway import Gateway


class SecretValue:
    """A secret string that no log, message, traceback of values or comparison gives away: only ``reveal`` does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, to be handed on and not kept."""
        return self._value

    def fingerprint(self, key: bytes) -> str:
        """A keyed hash, to tell whether two secrets are the same; without ``key`` (16 to 64 bytes) worthless."""
        return hashlib.blake2b(self._value.encode(), key=key, digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return "SecretValue(…)"

    __str__ = __repr__

    def __format__(self, _: str, /) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and self._value == other._value

    def __hash__(self) -> int:
        return hash((SecretValue, self._value))

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not to be copied out of the process")


class Finding(StrEnum):
    """What reading a key came to."""

    FOUND = "Found"
    SECRET_MISSING = "SecretMissing"  # noqa: S105 - a finding, not a password
    KEY_MISSING = "KeyMissing"
    EMPTY = "Empty"
    NOT_TEXT = "NotText"
    WHITE_SPACE = "WhiteSpace"
    FORBIDDEN = "Forbidden"
    UNAVAILABLE = "Unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """What is known of one key of a Secret.

    Attributes:
        finding: Found, or why not; WhiteSpace comes with the value, stripped, since a trailing newline is common.
        value: the secret, None unless found.
        message: one sentence for a person, without a byte of the value.
        resource_version: of the Secret, to tell that it changed.
        owners: ``kind/name`` of what manages the Secret (an ExternalSecret, a SealedSecret).
        annotations: the Secret's own, by which other secret managers are known.
    """

    finding: Finding
    value: SecretValue | None = None
    message: str
    resource_version: str = ""
    owners: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()


async def read_secret(gateway: Gateway, namespace: str, name: str, key: str) -> SecretKey:
    """That key, now. Raises nothing: a failure to read is a finding."""
    try:
        secret = await gateway.get(Address(resource=SECRETS, namespace=namespace, name=name))
    except NotFound:
        return SecretKey(finding=Finding.SECRET_MISSING, message=f"there is no Secret {name}; create it with key {key}")
    except Forbidden as error:
        return SecretKey(finding=Finding.FORBIDDEN, message=str(error))
    except Unavailable as error:
        return SecretKey(finding=Finding.UNAVAILABLE, message=str(error))
    except ClusterError as error:
        return SecretKey(finding=Finding.UNAVAILABLE, message=str(error))
    return interpret(secret, name, key)


async def read_entries(gateway: Gateway, namespace: str, name: str) -> dict[str, SecretValue]:
    """All entries of a Secret that are text, with white space around them taken away.

    Raises:
        ClusterError: it is not there, or cannot be read.
    """
    secret = await gateway.get(Address(resource=SECRETS, namespace=namespace, name=name))
    found = {str(key): _text(encoded) for key, encoded in (secret.get("data") or {}).items()}
    # Several lines are fine here: some stores take a whole JSON document as a credential.
    return {key: SecretValue(text.strip()) for key, text in found.items() if text is not None and text.strip()}


def interpret(secret: dict[str, Any], name: str, key: str) -> SecretKey:
    """What a Secret, as the API server returns it, says under ``key``."""
    metadata = secret.get("metadata") or {}
    finding, value = _decode((secret.get("data") or {}).get(key))
    return SecretKey(
        finding=finding,
        value=value,
        message=_MESSAGES[finding].format(name=name, key=key),
        resource_version=str(metadata.get("resourceVersion", "")),
        owners=tuple(f"{one.get('kind')}/{one.get('name')}" for one in metadata.get("ownerReferences") or []),
        annotations=tuple(metadata.get("annotations") or {}),
    )


_MESSAGES = {
    Finding.FOUND: "key {key} of Secret {name} is there",
    Finding.KEY_MISSING: "Secret {name} has no key {key}; add it",
    Finding.EMPTY: "key {key} of Secret {name} is empty; fill it",
    Finding.NOT_TEXT: "key {key} of Secret {name} is not text in UTF-8; store the key as it was issued",
    Finding.WHITE_SPACE: "key {key} of Secret {name} has white space or a newline in it; store it without",
}


def _decode(encoded: str | None) -> tuple[Finding, SecretValue | None]:
    if encoded is None:
        return Finding.KEY_MISSING, None
    text = _text(encoded)
    if text is None:
        return Finding.NOT_TEXT, None
    stripped = text.strip()
    if not stripped:
        return Finding.EMPTY, None
    if not stripped.isprintable():
        return Finding.NOT_TEXT, None
    spaced = any(character.isspace() for character in text)
    return Finding.WHITE_SPACE if spaced else Finding.FOUND, SecretValue(stripped)


def _text(encoded: Any) -> str | None:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (TypeError, ValueError, binascii.Error):
        return None
