"""The bodies which the contract promises for a 2xx (IDEOGRAM_API.md, "Answers"), checked before they are believed.

A 200 with something else, a captive portal's page say, is a broken answer and not a healthy API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ideogram_operator.resource.words import ProbeMethod

_MICRO: Final = Decimal(1_000_000)


class BrokenBodyError(ValueError):
    """The body is not the contract's. The message says what is missing and quotes nothing of it."""


class UnflaggedImageError(BrokenBodyError):
    """An image does not say whether it is safe: the application could not honour what it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One generated image. Without a URL it failed the safety review: a policy outcome, not an outage."""

    url: str | None = field(repr=False)
    safe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a good body says: the images of a generation, the quote of a dry run (USD), neither for a key check."""

    images: tuple[Image, ...] = ()
    quote: Decimal | None = None


def parse(method: ProbeMethod, raw: bytes) -> Body:
    """The body of a 2xx answer to ``method``.

    Raises:
        BrokenBodyError: it is not what the contract promises.
    """
    document = json_object(raw)
    if document is None:
        raise BrokenBodyError("no JSON object")
    match method:
        case ProbeMethod.KEY_CHECK:
            if not isinstance(document.get("models"), list):
                raise BrokenBodyError("no list of models")
            return Body()
        case ProbeMethod.DRY_RUN:
            return Body(quote=_quote(document))
        case ProbeMethod.GENERATE:
            return Body(images=_images(document.get("data")))


def json_object(raw: bytes) -> Mapping[str, Any] | None:
    """The JSON object in ``raw``, None if it holds anything else."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _quote(document: Mapping[str, Any]) -> Decimal:
    if not _amount(document.get("usd_micros")):
        raise BrokenBodyError("no price quote")
    bound = document.get("upper_bound_usd_micros")
    micros = max(document["usd_micros"], bound) if _amount(bound) else document["usd_micros"]
    return Decimal(micros) / _MICRO


def _amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _images(data: Any) -> tuple[Image, ...]:
    if not isinstance(data, list) or not data:
        raise BrokenBodyError("no list of images")
    return tuple(_image(entry) for entry in data)


def _image(entry: Any) -> Image:
    safe = entry.get("is_image_safe") if isinstance(entry, dict) else None
    if not isinstance(safe, bool):
        raise UnflaggedImageError("an image without is_image_safe")
    url = entry.get("url") or None
    if safe and not isinstance(url, str):
        raise BrokenBodyError("an image without a URL")
    return Image(url=url if isinstance(url, str) else None, safe=safe)
