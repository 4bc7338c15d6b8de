"""Images that exist: real PNGs under URLs that are signed and expire."""

import hashlib
import hmac
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from lab.simulator.messages import Answer, Incoming, problem
from lab.simulator.routes import IMAGE_PREFIX

PALETTE = bytes((255, 255, 255, 30, 90, 220))  # white, blue


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What an image URL leads to."""

    width: int
    height: int
    seed: int


def png(picture: Picture) -> bytes:
    """A simple blue dot on white, with the seed in the metadata."""
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", PALETTE),
        (b"tEXt", b"seed\0" + str(picture.seed).encode()),
        (b"IDAT", zlib.compress(b"".join(_rows(picture)), 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _rows(picture: Picture) -> Iterator[bytes]:
    radius = min(picture.width, picture.height) / 4
    for y in range(picture.height):
        reach = radius**2 - (y - picture.height / 2) ** 2
        half = int(max(reach, 0) ** 0.5)
        side = picture.width // 2 - half
        yield b"\0" + bytes(side) + b"\1" * (2 * half) + bytes(picture.width - side - 2 * half)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Gallery:
    """Hands out URLs and serves what they lead to."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._secret = secrets.token_bytes(32)
        self._pictures: dict[str, Picture] = {}

    def add(self, picture: Picture, *, base_url: str, lifetime: float) -> str:
        """A URL that shows the picture for ``lifetime`` seconds."""
        name = f"{secrets.token_urlsafe(16)}.png"
        self._pictures[name] = picture
        expires = str(int(self._now() + lifetime))
        return f"{base_url}{IMAGE_PREFIX}{name}?{urlencode({'exp': expires, 'sig': self._sign(name, expires)})}"

    def serve(self, incoming: Incoming) -> Answer:
        """The image; 403 for a signature that is not ours, 410 after its time, 404 for one that never was."""
        name = incoming.path.removeprefix(IMAGE_PREFIX)
        expires = incoming.query.get("exp", "")
        if not hmac.compare_digest(self._sign(name, expires), incoming.query.get("sig", "")):
            return problem(403, "Forbidden", "the link's signature is not valid")
        if self._now() >= float(expires):
            return problem(410, "Gone", "the link has expired")
        picture = self._pictures.get(name)
        if picture is None:
            return problem(404, "Not Found", "there is no such image")
        return Answer(status=200, body=png(picture), media_type="image/png")

    def _sign(self, name: str, expires: str) -> str:
        return hmac.new(self._secret, f"{name}:{expires}".encode(), hashlib.sha256).hexdigest()
