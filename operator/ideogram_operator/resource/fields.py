"""The kinds of value that fields hold: names, URLs, money and times, each with its bounds."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from ideogram_operator.resource.rules import matching

_HOST = r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?"
_MONEY: Final = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""The name of a Kubernetes object: an RFC 1123 subdomain."""

Namespace = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""The name of a namespace: an RFC 1123 label."""

ContainerName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""The name of a container: an RFC 1123 label."""

DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
"""A key in the data of a Secret or ConfigMap."""

SwitchName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
"""An environment variable or ConfigMap key. Which names may be used is the operator's: see `switches`."""

_STEERING: Final = r"\x00-\x1f\x7f-\x9f"
"""Characters that break a line or steer a terminal, those of eight bits too."""

SwitchValue = Annotated[
    str,
    Field(max_length=256),
    matching(
        rf"^([^{_STEERING}$]|[$][^{_STEERING}(])*[$]?$",
        "must be one line without $(NAME): Kubernetes would put the value of another variable there; $$(NAME) is text",
    ),
]
"""What a switch is set to: one line, may be empty."""

Sentence = Annotated[str, Field(min_length=3, max_length=256, pattern=rf"^[^{_STEERING}]*$")]
"""Something a person wrote for other people, in one line."""

BaseURL = Annotated[
    str,
    Field(max_length=253),
    matching(
        rf"^https?://{_HOST}(/[A-Za-z0-9._~-]+)*$",
        "must be https://host, with a port or path if need be, but no user name, trailing slash or query",
    ),
]
"""Where requests to the API start. The operator's settings say which hosts, and which of them over http."""

HttpURL = Annotated[
    str,
    Field(max_length=512),
    matching(
        rf"^https?://{_HOST}(/[A-Za-z0-9._~!$&()*+,;=:@%/-]*)?([?][A-Za-z0-9._~!$&()*+,;=:@%/?-]*)?$",
        "must be http:// or https:// with a host, and without user name or fragment",
    ),
]
"""Any other address that the operator calls."""

StorageURL = Annotated[
    str,
    Field(max_length=512),
    matching(
        r"^[a-z][a-z0-9+.-]*://[^@?#\x00-\x20\x7f]+$",
        "must be a bucket such as s3://bucket/folder, without credentials: those go into the Secret",
    ),
]
"""A bucket and a folder in it."""


def parse_money(value: object) -> Decimal:
    """The amount in USD.

    Raises:
        ValueError: not a decimal string; a float is refused because it is not what was written.
    """
    if isinstance(value, Decimal):
        value = f"{value:f}"
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise ValueError('must be an amount in USD as a string in quotes, such as "1.00"')
    return Decimal(value)


Money = Annotated[
    Decimal,
    BeforeValidator(parse_money),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    WithJsonSchema({"type": "string", "maxLength": 14, "pattern": rf"^{_MONEY.pattern}$"}),
]
"""An amount in USD, exact."""


def parse_time(value: object) -> datetime:
    """The moment in UTC.

    Raises:
        ValueError: not an RFC 3339 time with an offset.
    """
    if isinstance(value, str) and _TIME.fullmatch(value):
        value = datetime.fromisoformat(value.upper())
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError('must be a time with offset in quotes, such as "2026-12-01T06:00:00Z"')
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a time from the year 1 to the year 9999, also in UTC") from None


def format_time(value: datetime) -> str:
    """`value` in RFC 3339, UTC, exact: the fraction is there only if there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Time = Annotated[
    datetime,
    BeforeValidator(parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 40}),
]
"""A moment. What is written is read back exactly, so that a restart decides from the same times."""
