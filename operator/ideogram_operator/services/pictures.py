"""Downloads of generated images: at once, bounded, and really decoded.

Their URLs are signed, so they are as good as a password for an hour: no message holds one.
"""

import asyncio
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from typing import Final
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from ideogram_operator.ideogram.hosts import AllowedHosts, InvalidHostError, entry_for, origin_of
from ideogram_operator.services.results import Picture, ServiceError
from ideogram_operator.services.web import Page, Web

IMAGE_HOST: Final = "ideogram.ai"
"""Where the API's image URLs lead."""

LIMIT: Final = 25 * 1024 * 1024
"""The most bytes of an image."""

MOST_PIXELS: Final = 16 * 1024 * 1024
"""The most pixels of an image, the API's own 4096 x 4096: 260 MiB of memory while it is decoded, if it is a WebP."""

_AT_ONCE: Final = 1  # for the sake of memory; an ordinary one takes some hundredths of a second
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_OK: Final = 200
_GONE: Final = frozenset({403, 404, 410})


class Pictures:
    """Downloads and decodes; one is decoded at a time, in a thread of its own.

    Args:
        web: the client.
        allowed: hosts besides the API's own that images may come from.
    """

    def __init__(self, web: Web, allowed: AllowedHosts) -> None:
        self._web = web
        self._allowed = allowed
        self._threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="pictures")

    async def download(self, url: str, *, timeout: float) -> Picture:  # noqa: ASYNC109 - the client's own deadline
        """The image that ``url`` leads to. Neither an API key nor a cookie is sent.

        Args:
            url: as the API gave it.
            timeout: seconds for the download.

        Raises:
            ServiceError: its host is not allowed, it did not come whole, or it is no image.
        """
        self._check(url)
        page = await self._web.get(url, timeout=timeout, limit=LIMIT, accept="image/*", proxied=True)
        _must_be_image(page)
        width, height, kind = await asyncio.get_running_loop().run_in_executor(self._threads, _decode, page.body)
        return Picture(
            media_type=page.media_type,
            size=len(page.body),
            format=kind,
            width=width,
            height=height,
            expires_at=expiry(url),
        )

    def close(self) -> None:
        """Gives its threads back, without waiting for what they still decode."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, url: str) -> None:
        try:
            scheme, host, port = origin = origin_of(url)
        except InvalidHostError:
            raise ServiceError("the image's URL has no host that could be called", hint=_MODEL_HINT) from None
        if origin != ("https", IMAGE_HOST, 443) and not self._allowed.lists(*origin):
            raise ServiceError(
                f"the image is at {scheme}://{host}:{port}, from where the operator may not download",
                hint=f"Allow it with --allow-host {entry_for(scheme, host, port)} (chart value allowHosts).",
                untried=True,
            )


_MODEL_HINT: Final = "Check that spec.api.baseURL is Ideogram's API."
_APPLICATION_HINT: Final = "Have the application download images at once, and check that it gets them."


def expiry(url: str) -> datetime | None:
    """When the URL ends, UTC, by its parameter ``exp`` (seconds since 1970); None if it does not say."""
    try:
        return datetime.fromtimestamp(int(parse_qs(urlsplit(url).query)["exp"][-1]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _must_be_image(page: Page) -> None:
    if page.status in _GONE:
        raise ServiceError(f"the image's URL is not valid any more (HTTP {page.status})", hint=_APPLICATION_HINT)
    if page.status != _OK:
        raise ServiceError(f"the image's host answers HTTP {page.status}", hint=_APPLICATION_HINT)
    if not page.media_type.startswith("image/"):
        raise ServiceError(
            "what came is not an image by its media type", hint="Check that no proxy answers for the image's host."
        )


def _decode(body: bytes) -> tuple[int, int, str]:
    """Width, height and format, after every pixel was decoded."""
    try:
        with Image.open(BytesIO(body), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ServiceError(
                    f"the image has {image.width} x {image.height} pixels, more than the operator decodes",
                    hint="Check that it comes from Ideogram.",
                )
            image.load()
            return image.width, image.height, image.format or ""
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError):
        raise ServiceError(
            "what came does not decode as PNG, JPEG or WEBP", hint="Check that no proxy changes images on their way."
        ) from None
