"""A store on localhost that takes anything, remembers each request, and misbehaves as told."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LAST_MODIFIED = "Sun, 22 Nov 2026 12:00:00 GMT"
S3_LISTING = """<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>seed-7.png</Key>
<LastModified>2026-11-22T12:00:00.000Z</LastModified><ETag>"1"</ETag><Size>1</Size></Contents></ListBucketResult>"""
AZURE_LISTING = f"""<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>seed-7.png</Name><Properties>
<Last-Modified>{LAST_MODIFIED}</Last-Modified><Content-Length>1</Content-Length><Etag>"1"</Etag>
<Content-Type>image/png</Content-Type></Properties></Blob></Blobs><NextMarker/></EnumerationResults>"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    verb: str
    path: str
    headers: dict[str, str]


@dataclass(kw_only=True)
class Store:
    """What it has, what it was asked, and what it answers instead of doing its work."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    refuses_to_delete: bool = False
    instead: Callable[["Handler"], bool] = lambda _: False
    flooded_with: int = 0

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def work(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.store.asked.append(Asked(verb=self.command, path=self.path, headers=headers))
        if not self.store.instead(self):
            self._serve(body)

    do_GET = do_PUT = do_DELETE = do_POST = work  # noqa: N815 - the base class's names

    def _serve(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        if self.command == "PUT":
            self.store.objects[path] = body
            self.answer(201)
        elif self.command == "DELETE":
            self.store.objects.pop(path, None)
            self.answer(202 if "x-ms-version" in self.headers else 204)
        elif "comp=batch" in query:
            self._delete_all(body)
        elif "comp=list" in query or "list-type" in query:
            self.answer(200, (AZURE_LISTING if "comp=list" in query else S3_LISTING).encode())
        else:
            self.answer(200, self.store.objects[path])

    def _delete_all(self, body: bytes) -> None:
        """Azure deletes by a batch of requests, each of which is answered by itself."""
        status = "403 Forbidden" if self.store.refuses_to_delete else "202 Accepted"
        for path in re.findall(rb"DELETE (\S+) HTTP", body):
            if not self.store.refuses_to_delete:
                self.store.objects.pop(path.decode().partition("?")[0], None)
        part = f"--b\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\nHTTP/1.1 {status}\r\n\r\n\r\n--b--\r\n"
        self.answer(202, part.encode(), **{"Content-Type": "multipart/mixed; boundary=b"})

    def answer(self, status: int, body: bytes = b"", **headers: str) -> bool:
        """Always true: what ``instead`` says once it has answered."""
        self.send_response(status)
        for name, value in {"ETag": '"1"', "Last-Modified": LAST_MODIFIED, **headers}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return True

    def flood(self, status: int, begin: bytes = b"", **headers: str) -> bool:
        """Answers without an end (256 MiB, if nobody hangs up), and counts the bytes that could be sent. Always true."""
        self.close_connection = True
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(begin)
        with suppress(OSError):
            for _ in range(4096):
                self.wfile.write(b"A" * 65536)
                self.store.flooded_with += 65536
        return True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_store() -> Iterator[Store]:
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"store": store}))
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
