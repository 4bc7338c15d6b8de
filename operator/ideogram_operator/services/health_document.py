"""What an application itself says about its fallback: one value of its JSON health document."""

import json
from typing import Any, Final

from ideogram_operator.resource.targets import Verify
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError
from ideogram_operator.services.web import Page, Web

LIMIT: Final = 64 * 1024
"""The most bytes of a health document."""

_LONGEST: Final = 256  # as long as a switch's value may be
_OK: Final = 200
_UNAVAILABLE: Final = 503  # many applications say so while a part of them is off, with the document all the same
_NOTHING: Final = object()


async def ask(
    web: Web,
    guard: Guard,
    verify: Verify,
    *,
    namespace: str,
    timeout: float,  # noqa: ASYNC109 - the client's own deadline
) -> str:
    """The value at ``verify.path``, as text: ``disabled``, ``true``, ``3``.

    Args:
        web: the client.
        guard: says whether the URL may be called.
        verify: where to ask, from the spec.
        namespace: the integration's.
        timeout: seconds in all.

    Raises:
        ServiceError: the URL may not be called, no document came, or it has no such value.
    """
    guard.http(verify.url, namespace=namespace)
    page = await web.get(verify.url, timeout=timeout, limit=LIMIT)
    if page.status not in {_OK, _UNAVAILABLE}:
        raise ServiceError(f"the health document answers HTTP {page.status}", hint="Check verify.url.")
    return _as_text(_at(_document(page), verify.path), verify.path)


def _document(page: Page) -> Any:
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError):
        if page.status == _UNAVAILABLE:
            raise ServiceError(
                "the health document answers HTTP 503", hint="Check that the application runs."
            ) from None
        raise ServiceError("the health document is not JSON", hint="Check verify.url.") from None


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name, _NOTHING) if isinstance(value, dict) else _NOTHING
    return value


def _as_text(value: Any, path: str) -> str:
    if value is _NOTHING:
        raise ServiceError(f"the health document has nothing at {path}", hint="Check verify.path.")
    if isinstance(value, (dict, list)):
        raise ServiceError(f"the health document has no single value at {path}", hint="Check verify.path.")
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > _LONGEST:
        raise ServiceError(
            f"the health document has a value of more than {_LONGEST} characters at {path}", hint="Check verify.path."
        )
    return text
