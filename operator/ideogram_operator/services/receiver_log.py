"""What Apprise's log says of a failure, boiled down to fixed phrases.

A plugin returns nothing but False; why stands in its log only, among URLs and tokens. So the log goes nowhere, and
what is taken from it is a status of three digits, or which of a few known errors it was.
"""

import functools
import logging
import re
from contextvars import ContextVar
from typing import Final

_HEARD: Final[ContextVar["Heard | None"]] = ContextVar("heard", default=None)
_STATUS: Final = re.compile(r"\berror=([1-5]\d\d)\b")
_SMTP_STATUS: Final = re.compile(r"(?:\(|was refused: )([45]\d\d)\b")

LEFT_ALONE: Final = "asks to be left alone for a while"
"""What a plugin is told instead of being let wait."""

_PHRASES: Final = (
    ("refused", "refuses the connection"),
    ("timed out", "did not answer in time"),
    ("certificate", "has a certificate that is not trusted"),
    ("SSL", "does not speak TLS as expected"),
    ("Name or service not known", "has a host without an address"),
    ("name resolution", "has a host without an address"),
    ("NameResolution", "has a host without an address"),
    ("Connection aborted", "hung up"),
    ("Connection reset", "hung up"),
    ("closed", "hung up"),
    ("unreachable", "cannot be reached"),
    (LEFT_ALONE, LEFT_ALONE),
)


class Heard:
    """The first fact that one sending came to.

    Attributes:
        status: of HTTP or of SMTP; None if none was told.
        phrase: what happened, to be said of the receiver; empty if it is not known.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.phrase = ""

    def hear(self, text: str) -> None:
        """Takes the facts out of one line of the log."""
        if self.status is None and (found := _STATUS.search(text)):
            self.status = int(found[1])
        is_error = text.startswith(("Socket Exception", "I/O Exception", "SMTP recipient"))
        if self.status is None and is_error and (found := _SMTP_STATUS.search(text)):
            self.status = int(found[1])
        if not self.phrase and is_error:
            self.phrase = next((says for needle, says in _PHRASES if needle in text), "")


def listen() -> Heard:
    """Has this thread's log of Apprise heard; silences it everywhere else, for good."""
    _silence()
    heard = Heard()
    _HEARD.set(heard)
    return heard


class _Ear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if (heard := _HEARD.get()) is not None:
            heard.hear(record.getMessage())


@functools.cache
def _silence() -> None:
    """Apprise logs URLs and messages; urllib3 and requests log paths, in which many services have their token."""
    logger = logging.getLogger("apprise")
    logger.handlers = [_Ear()]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    for name in ("urllib3", "requests", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
