"""Images as the API gives them, and what else can stand at such a URL."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.pictures import LIMIT, Pictures, expiry
from ideogram_operator.services.results import Picture, ServiceError
from ideogram_operator.services.web import Web
from lab.simulator import images
from tests.services.web_server import answer, saying, serving

CANARY = "5151canary5151"
QUERY = f"?exp=1795000000&sig={CANARY}"


def encoded(form: str, size: tuple[int, int] = (32, 16)) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, (30, 90, 220)).save(target, form)
    return target.getvalue()


def huge() -> bytes:
    """A PNG of 400 million pixels in 50 KB."""
    target = BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG", compress_level=9)
    return target.getvalue()


@asynccontextmanager
async def pictures(*entries: str) -> AsyncIterator[Pictures]:
    allowed = AllowedHosts.parse(entries)
    async with Web(Guard(allowed=allowed), ssl.create_default_context()) as web:
        opened = Pictures(web, allowed)
        yield opened
        opened.close()


async def download(raw: bytes) -> Picture:
    async with serving(saying(raw)) as server, pictures(server.url) as opened:
        got = await opened.download(f"{server.url}/api/images/ephemeral/x.png{QUERY}", timeout=5)
        assert "api-key" not in server.heads[0].lower()
        return got


@pytest.mark.parametrize(("form", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_an_image_is_downloaded_and_decoded(form: str, media_type: str) -> None:
    body = encoded(form)
    assert await download(answer("200 OK", body, media_type=media_type)) == Picture(
        media_type=media_type,
        size=len(body),
        format=form,
        width=32,
        height=16,
        expires_at=datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC),
    )


async def test_the_simulators_images_decode() -> None:
    body = images.png(images.Picture(width=1024, height=1024, seed=7))
    assert (await download(answer("200 OK", body, media_type="image/png"))).width == 1024


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (answer("403 Forbidden"), "the image's URL is not valid any more (HTTP 403)"),
        (answer("410 Gone"), "the image's URL is not valid any more (HTTP 410)"),
        (answer("500 Oops"), "the image's host answers HTTP 500"),
        (answer("204 No Content"), "the image's host answers HTTP 204"),
        (answer("302 Found", more="Location: /x\r\n"), "redirects (HTTP 302)"),
        (answer("200 OK", encoded("PNG"), media_type="text/html"), "not an image by its media type"),
        (answer("200 OK", b"<html>", media_type="image/png"), "does not decode"),
        (answer("200 OK", b"", media_type="image/png"), "does not decode"),
        (answer("200 OK", encoded("PNG", (512, 512))[:-200], media_type="image/png"), "does not decode"),
        (answer("200 OK", encoded("JPEG", (512, 512))[:900], media_type="image/jpeg"), "does not decode"),
        (answer("200 OK", encoded("GIF"), media_type="image/gif"), "does not decode as PNG, JPEG or WEBP"),
        (answer("200 OK", encoded("PNG", (5000, 5000)), media_type="image/png"), "has 5000 x 5000 pixels"),
        (answer("200 OK", huge(), media_type="image/png"), "does not decode"),
        (answer("200 OK", b"x" * (LIMIT + 1), media_type="image/png"), f"more than {LIMIT} bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_anything_else_is_an_error_with_a_hint(raw: bytes, message: str) -> None:
    with pytest.raises(ServiceError) as failed:
        await download(raw)
    assert message in failed.value.message
    assert failed.value.hint
    assert not failed.value.untried
    assert CANARY not in repr(failed.value) + failed.value.hint


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"https://images.example/x.png{QUERY}", "the image is at https://images.example:443, from where"),
        (f"http://ideogram.ai/x.png{QUERY}", "the image is at http://ideogram.ai:80, from where"),
        (f"https://ideogram.ai.evil.example/x.png{QUERY}", "from where the operator may not download"),
        (f"https://169.254.169.254/x.png{QUERY}", "from where the operator may not download"),
        (f"https://ideogram.ai@evil.example/x.png{QUERY}", "has no host that could be called"),
        (f"file:///etc/passwd{QUERY}", "has no host that could be called"),
    ],
)
async def test_images_come_from_known_hosts_only(url: str, message: str) -> None:
    async with pictures() as opened:
        with pytest.raises(ServiceError, match=message) as refused:
            await opened.download(url, timeout=5)
    assert CANARY not in repr(refused.value) + refused.value.hint


async def test_a_hundred_downloads_at_once_all_arrive() -> None:
    said = answer("200 OK", encoded("WEBP", (256, 256)), media_type="image/webp")
    async with serving(saying(said)) as server, pictures(server.url) as opened:
        got = await asyncio.gather(*(opened.download(server.url, timeout=30) for _ in range(100)))
    assert {one.width for one in got} == {256}


@pytest.mark.parametrize(
    ("query", "when"),
    [
        ("?exp=0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("", None),
        ("?exp=", None),
        ("?exp=soon", None),
        ("?exp=1e9", None),
        ("?exp=99999999999999999999", None),
        ("?exp=" + "9" * 5000, None),
    ],
)
def test_the_end_of_a_url_is_read_if_it_says_so(query: str, when: datetime | None) -> None:
    assert expiry(f"https://ideogram.ai/x.png{query}") == when
