"""What stands around an integration: an application's health document, its metrics, a Prometheus, images."""

import asyncio
import json
import math
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from ideogram_operator.resource.targets import Verify
from ideogram_operator.services import health_document, pictures
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError
from ideogram_operator.services.web import Page, Web
from ideogram_operator.signals.answers import read_answer
from ideogram_operator.signals.exposition import read_exposition
from ideogram_operator.signals.results import SignalError
from tests.hostile.strategies import TEXTS, assert_clear, bounded, examples, grows_linearly, hostile_bytes, mangled

HEALTH: Final = {"status": "ok", "services": {"ideogram": "disabled", "database": {"up": True}}, "version": 3}
VERIFY: Final = Verify(url="http://web.shop.svc:8080/health", path="services.ideogram", fallback_value="disabled")
VECTOR: Final = {
    "status": "success",
    "data": {
        "resultType": "vector",
        "result": [
            {"metric": {"status": "rate_limited"}, "value": [1700000000.123, "3"]},
            {"metric": {"status": "success"}, "value": [1700000000, "NaN"]},
            {"metric": {}, "histogram": [1700000000, {"count": "5", "sum": "1", "buckets": []}]},
        ],
    },
    "warnings": ["a store is down"],
}
REFUSAL: Final = {"status": "error", "errorType": "bad_data", "error": '1:7: parse error: unexpected character: "x"'}
PAGE: Final = b"""# HELP ideogram_generation_total of all
# TYPE ideogram_generation_total counter
ideogram_generation_total{status="rate_limited",model="V_2"} 3 1700000000000
ideogram_generation_total{status="success",model="a\\"b\\\\"} 1e3
ideogram_generation_duration_seconds_bucket{le="+Inf"} 5 # {trace="x"} 1 1.5
"""


@dataclass(frozen=True)
class _Web:
    """Gives this page to everybody."""

    page: Page

    async def get(self, *_: Any, **__: Any) -> Page:
        return self.page


class _Guard:
    def http(self, *_: Any, **__: Any) -> None:
        pass


def page(body: bytes, *, status: int = 200, media_type: str = "application/json") -> Page:
    return Page(status=status, media_type=media_type, body=body)


@given(body=hostile_bytes(HEALTH), status=st.sampled_from([200, 204, 404, 500, 503]))
@example(body=b'{"services": {"ideogram": "\\u001b[31m\\ud800"}}', status=200)
@example(body=b'{"services": {"ideogram": ' + b"9" * 5000 + b"}}", status=200)
@example(body=b'{"services": {"ideogram": NaN}}', status=200)
@example(body=b"[" * 60_000, status=503)
@examples(200)
def test_any_health_document_gives_a_value_or_a_clear_error(body: bytes, status: int) -> None:
    web, guard = cast("Web", _Web(page(body, status=status))), cast("Guard", _Guard())
    with bounded():
        try:
            found = asyncio.run(health_document.ask(web, guard, VERIFY, namespace="shop", timeout=1))
        except ServiceError as error:
            assert_clear(error.message, longest=200)
            return
    assert len(found) <= 256


@given(
    body=st.sampled_from([VECTOR, REFUSAL]).flatmap(hostile_bytes), status=st.sampled_from([200, 400, 401, 422, 503])
)
@example(body=json.dumps(VECTOR).replace('"3"', '"' + "9" * 400 + '"').encode(), status=200)
@example(body=b'{"status": "error", "error": ' + b"[" * 900 + b"]" * 900 + b"}", status=400)
@examples(250)
def test_any_answer_of_a_prometheus_is_numbers_or_a_clear_error(body: bytes, status: int) -> None:
    with bounded():
        try:
            answer = read_answer(page(body, status=status), place="Prometheus at p:9090", asked="query rateLimited")
        except SignalError as error:
            assert_clear(error.message, longest=400)
            return
    assert all(math.isfinite(number) for number in answer.numbers)
    assert answer.total is None or math.isfinite(answer.total)
    assert len(answer.numbers) <= answer.series


@given(
    body=mangled(PAGE)
    | st.tuples(mangled(PAGE), st.sampled_from(TEXTS)).map(lambda two: two[0] + two[1].encode(errors="replace"))
)
@examples(250)
def test_any_page_of_metrics_is_read_or_a_clear_error(body: bytes) -> None:
    with bounded():
        try:
            found = read_exposition(body, place="pod web-1 on port 9090")
        except SignalError as error:
            assert_clear(error.message, longest=300)
            return
    assert found.rate_limited is None or not math.isnan(found.rate_limited)


def test_a_huge_vector_takes_time_by_its_size() -> None:
    one = json.dumps(VECTOR["data"]["result"][0])  # type: ignore[index] # the document above

    def read(count: int) -> object:
        body = '{"status": "success", "data": {"resultType": "vector", "result": [' + ",".join([one] * count) + "]}}"
        return read_answer(page(body.encode()), place="p", asked="q")

    grows_linearly(read, 1000)


def picture(form: str, *, size: int = 24) -> bytes:
    written = BytesIO()
    image = Image.new("RGB", (size, size), (9, 99, 199))
    image.putpixel((3, 3), (1, 2, 3))
    image.save(written, form)
    return written.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, each with a right checksum."""
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        whole += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return whole


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


PICTURES: Final = {form: picture(form) for form in ("PNG", "JPEG", "WEBP")}
BOMBS: Final = {
    "pixels without end": png(header(2**31 - 1, 2**31 - 1), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")),
    "many pixels": png(header(60_000, 60_000), (b"IDAT", zlib.compress(b"\0" * 10**6)), (b"IEND", b"")),
    "no pixels": png(header(0, 0), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")),
    "text bomb": png(header(9, 9), (b"zTXt", b"a\0\0" + zlib.compress(b"x" * (64 * 2**20))), (b"IEND", b"")),
    "profile bomb": png(header(9, 9), (b"iCCP", b"a\0\0" + zlib.compress(b"x" * (64 * 2**20))), (b"IEND", b"")),
    "data bomb": png(header(9, 9), (b"IDAT", zlib.compress(b"\0" * (64 * 2**20))), (b"IEND", b"")),
    "many chunks": png(header(9, 9), *[(b"tEXt", b"a\0b")] * 100_000, (b"IEND", b"")),
    "frames": png(header(9, 9), (b"acTL", struct.pack(">II", 2**31 - 1, 0)), (b"IEND", b"")),
    "webp of all sizes": b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
    "jpeg of all sizes": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9",
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@given(form=st.sampled_from(["PNG", "JPEG", "WEBP"]), data=st.data())
@examples(250)
def test_any_mangled_image_decodes_or_is_told(form: str, data: st.DataObject) -> None:
    raw = data.draw(mangled(PICTURES[form]))
    with bounded():
        decode(raw)


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_made_to_be_large_stays_small(name: str) -> None:
    with bounded(seconds=10, mebibytes=72):
        decode(BOMBS[name])


def decode(raw: bytes) -> None:
    try:
        width, height, form = pictures._decode(raw)
    except ServiceError as error:
        assert_clear(error.message, longest=200)
        return
    assert width * height <= pictures.MOST_PIXELS
    assert form in PICTURES


@given(query=st.sampled_from(TEXTS) | st.text(max_size=60) | st.integers().map(lambda number: f"exp={number}"))
@examples(150)
def test_the_end_of_any_url_is_a_time_or_unknown(query: str) -> None:
    with bounded():
        found = pictures.expiry(f"https://ideogram.ai/x.png?{query}")
    assert found is None or found.tzinfo is not None
