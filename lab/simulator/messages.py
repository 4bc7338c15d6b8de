"""A request as it came and an answer as it goes: data, without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
FORM_TYPE = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request. Header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Without parameters, lower-case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def key(self) -> str | None:
        """What the ``Api-Key`` header holds: the only place the API looks."""
        return self.headers.get("api-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, and what the request cost."""

    status: int
    body: bytes = b""
    media_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    billed: Decimal = Decimal(0)


class RejectedError(Exception):
    """The request ends here, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(body: Any, *, status: int = 200, billed: Decimal = Decimal(0)) -> Answer:
    """An answer with a JSON body."""
    return Answer(status=status, body=json.dumps(body).encode(), billed=billed)


def problem(status: int, title: str, detail: str) -> Answer:
    """An answer of the untyped sort: what the API's own framework makes of an error."""
    body = {"type": "about:blank", "title": title, "detail": detail, "status": status}
    return Answer(status=status, body=json.dumps(body).encode(), media_type=PROBLEM_TYPE)


def read_body(incoming: Incoming, properties: Mapping[str, Any]) -> Any:
    """The body as data: JSON, or a form whose fields are read by their schema.

    Raises:
        ValueError: neither, or broken.
    """
    if incoming.media_type == JSON_TYPE:
        return json.loads(incoming.body)
    if incoming.media_type == FORM_TYPE:
        return read_form(incoming, properties)
    raise ValueError(f"media type {incoming.media_type or 'missing'} is not supported")


def read_form(incoming: Incoming, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A multipart form as the JSON it stands for; a file becomes its size in words."""
    head = f"Content-Type: {incoming.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + incoming.body)
    if not message.is_multipart():
        raise ValueError("the form has no boundary")
    form: dict[str, Any] = {}
    for part in message.iter_parts():
        assert isinstance(part, EmailMessage)  # noqa: S101 - the policy makes nothing else
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise ValueError("a part of the form has no name")  # noqa: TRY004 - the request is wrong, not a type
        _add_field(form, name, _part_value(part), properties.get(name, {}))
    return form


def _part_value(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    return f"<{len(raw)} bytes>" if part.get_filename() else raw.decode("utf-8")


def _add_field(form: dict[str, Any], name: str, text: str, schema: Mapping[str, Any]) -> None:
    kind = schema.get("type")
    if kind == "array":
        form.setdefault(name, []).append(text)
    elif kind == "integer":
        form[name] = int(text)
    elif kind == "object" or ("$ref" in schema and text.startswith("{")):
        form[name] = json.loads(text)
    else:
        form[name] = text
