"""The API key, as a value that cannot be printed by accident.

A plain string ends up in tracebacks, dataclass reprs and debug logs. This one shows its fingerprint instead, and
only :meth:`ApiKey.reveal`, called where the header is written, gives the secret out.
"""

import hashlib
import hmac
from typing import Final

_DOMAIN: Final = b"ideogram-operator.io/key-fingerprint"


class UnusableKeyError(ValueError):
    """The Secret's value cannot be sent as a header. The message says why and never contains the value."""


class ApiKey:
    """An Ideogram API key.

    Args:
        value: the key exactly as the Secret has it.
        salt: the key of the fingerprint; keys are comparable only under one salt.

    Raises:
        UnusableKeyError: the value is empty, or has white space, control or non-ASCII characters. It is not
            trimmed: the application would send it as it is, and fail.
    """

    __slots__ = ("_value", "fingerprint")

    def __init__(self, value: str, *, salt: bytes = _DOMAIN) -> None:
        if not value:
            raise UnusableKeyError("the key is empty")
        if not all("!" <= character <= "~" for character in value):
            raise UnusableKeyError("the key has white space, a control character or a character outside ASCII")
        self._value = value
        self.fingerprint: str = hmac.new(salt, value.encode(), hashlib.sha256).hexdigest()[:32]

    def reveal(self) -> str:
        """The secret itself: for the header of a request to an allowed host, and for taking it out of texts."""
        return self._value

    def __repr__(self) -> str:
        return f"ApiKey({self.fingerprint[:8]}…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and hmac.compare_digest(self.fingerprint, other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("an API key is not serialised")
