"""What comes in the API server's name: refusals, pages and watches, from it or from whatever stands before it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast

import aiohttp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.cluster import kinds, targets
from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.answers import read_lines, told
from ideogram_operator.cluster.connection import Connection
from ideogram_operator.cluster.errors import ClusterError, Unavailable, failure
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import Finding, interpret, read_entries
from ideogram_operator.cluster.watches import Rhythm, Watches
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.store import Store
from tests.cluster.shapes import claim
from tests.hostile.strategies import (
    assert_clear,
    bounded,
    examples,
    grows_linearly,
    hostile_bytes,
    hostile_json,
    spoilt,
    written,
)

WHERE: Final = kinds.address(TargetKind.DEPLOYMENT, "shop", "web")
OBJECT: Final[dict[str, Any]] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "finalizers": [],
    },
    "spec": {"template": {"spec": {"containers": [{"name": "web", "env": [{"name": "A", "value": "b"}]}]}}},
    "data": {"key": "dGV4dA=="},
}
PAGE: Final = {"kind": "List", "metadata": {"resourceVersion": "9", "continue": ""}, "items": [OBJECT, OBJECT]}
REFUSAL: Final = {
    "kind": "Status",
    "metadata": {},
    "status": "Failure",
    "message": 'admission webhook "x" denied the request: no',
    "reason": "Forbidden",
    "details": {
        "causes": [{"field": "spec.a", "reason": "FieldValueInvalid", "message": "bad"}],
        "retryAfterSeconds": 1,
    },
    "code": 403,
}
EVENT: Final = {"type": "MODIFIED", "object": OBJECT}
ERROR: Final = {"type": "ERROR", "object": REFUSAL}
DEEP: Final = b'{"metadata": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"


class _Content:
    """As much of aiohttp's reader as is used."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body, self._size = body, size

    async def iter_any(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]


@dataclass
class _Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    piece: int = 4096

    @property
    def content(self) -> _Content:
        return _Content(self.body, self.piece)

    async def read(self) -> bytes:
        return self.body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class _Wire:
    """A connection that always gives the same answer."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    async def send(self, *_: Any, **__: Any) -> _Answer:
        return self._answer


def gateway(answer: _Answer) -> Gateway:
    async def no_wait(_: float) -> None:
        pass

    return Gateway(cast("Connection", _Wire(answer)), sleep=no_wait, jitter=lambda: 0.0)


BODIES: Final = st.sampled_from([OBJECT, PAGE, REFUSAL, EVENT]).flatmap(hostile_bytes)


@given(
    status=st.sampled_from([200, 201, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503, 599, 999]),
    body=BODIES,
    retry_after=st.sampled_from(
        ["", "1", "٣", "9" * 400, "nan", "inf", "-1", "²", "1e9", "Sun, 06 Nov 1994 08:49:37 GMT"]
    ),
)
@example(status=200, body=DEEP, retry_after="")
@example(status=503, body=DEEP, retry_after="9" * 400)
@example(status=403, body=json.dumps(REFUSAL | {"message": "\x1b[31m\n" * 400}).encode(), retry_after="")
@example(status=200, body=b'{"metadata": {"continue": "again"}, "items": []}', retry_after="")
@example(status=200, body=b'{"metadata": {}, "items": [5]}', retry_after="")
@example(status=200, body=b'{"message": "sign in first"}', retry_after="")
@examples(200)
def test_every_answer_is_one_or_a_cluster_error(status: int, body: bytes, retry_after: str) -> None:
    async def ask() -> None:
        door = gateway(_Answer(status, body, {"Retry-After": retry_after} if retry_after else {}))
        for request in (
            door.get(WHERE),
            door.list(WHERE),
            door.json_patch(WHERE, []),
            door.post(WHERE, {}),
            door.delete(WHERE),
        ):
            try:
                answered: Any = await request
            except ClusterError as error:
                assert_clear(str(error), longest=700)
                continue
            assert status < 400
            for item in getattr(answered, "items", ()) if not isinstance(answered, dict) else ():
                assert isinstance(item["metadata"], dict)

    with bounded():
        asyncio.run(ask())


@given(body=st.sampled_from([OBJECT, REFUSAL, {"message": "sign in"}]).flatmap(hostile_bytes))
@example(body=b'{"message": "sign in first"}')
@example(body=b'{"metadata": []}')
@example(body=b'{"metadata": {"generation": [null]}}')
@example(body=b'{"metadata": {"annotations": {"ideogram-operator.io/fallback": 5}}}')
@example(body=b'{"metadata": {"annotations": []}}')
@examples(150)
def test_no_answer_makes_a_target_look_given_back_or_a_switch_raise(body: bytes) -> None:
    """A page of somebody else's with status 200 is no object without an annotation."""

    async def switch() -> None:
        door = gateway(_Answer(200, body))
        target = targets.Target(kind=TargetKind.DEPLOYMENT, namespace="shop", name="web")
        for outcome in (
            await targets.switch(door, target, claim(), now=lambda: cast("Any", None)),
            await targets.release(door, target, "shop", now=lambda: cast("Any", None)),
        ):
            if outcome.done:
                assert isinstance(json.loads(body)["metadata"], dict)
            for problem in outcome.problems:
                assert_clear(problem.message, longest=2000)
        await targets.read(door, target)
        await targets.resolve(door, TargetKind.DEPLOYMENT, "shop", match_labels={"a": "b"})

    with bounded():
        asyncio.run(switch())


@given(
    lines=st.lists(st.sampled_from([EVENT, ERROR]).flatmap(hostile_bytes), max_size=4),
    piece=st.sampled_from([1, 7, 4096]),
)
@example(lines=[b'{"type": "ERROR", "object": []}'], piece=7)
@example(lines=[b'{"type": "ERROR", "object": {"code": "many"}}'], piece=7)
@example(
    lines=[b'{"type": "ADDED", "object": {"metadata": {"name": 5, "resourceVersion": 5, "generation": "many"}}}'],
    piece=7,
)
@example(lines=[DEEP], piece=4096)
@examples(80)
def test_a_watch_of_anything_goes_on_and_tells_names_only(lines: list[bytes], piece: int) -> None:
    if piece == 1:
        lines = [line[:2000] for line in lines]

    async def follow() -> None:
        heard: list[Any] = []
        tried, enough = 0, asyncio.Event()

        async def pause(_: float) -> None:
            nonlocal tried
            tried += 1
            if tried >= 3:
                enough.set()
                await asyncio.Event().wait()

        class Both:
            async def send(self, _: str, url: str, **__: Any) -> _Answer:
                if "watch=" in url:
                    return _Answer(200, b"\n".join(lines) + b"\n", piece=piece)
                return _Answer(200, written(PAGE | {"items": []}).encode())

        watches = Watches(Gateway(cast("Connection", Both())), heard.append, rhythm=Rhythm(), sleep=pause)
        watches.want(frozenset({("shop", TargetKind.DEPLOYMENT)}))
        async with asyncio.timeout(5):
            await enough.wait()  # it lists and watches anew, again and again: its task has not died
        await watches.close()
        assert all(isinstance(change.name, str) and isinstance(change.generation, int) for change in heard)

    with bounded(seconds=6):
        asyncio.run(follow())


def test_a_long_line_in_small_pieces_takes_time_by_its_length() -> None:
    async def read(size: int) -> int:
        content = cast("aiohttp.StreamReader", _Content(b"x" * size + b"\n", 512))
        return sum([len(line) async for line in read_lines(content)])

    grows_linearly(lambda size: asyncio.run(read(size)), 500_000)


def test_a_line_without_an_end_is_given_up() -> None:
    async def read() -> None:
        content = cast("aiohttp.StreamReader", _Content(b"x" * (17 * 2**20), 65_536))
        async for _ in read_lines(content):
            pytest.fail("there is no whole line")

    with bounded(seconds=10, mebibytes=80), pytest.raises(ValueError, match="beyond all size"):
        asyncio.run(read())


@given(body=spoilt(REFUSAL), status=st.integers(400, 999), verb=st.sampled_from(["get", "patch", "watch"]))
@examples(150)
def test_every_refusal_is_told_in_clear_words(body: Any, status: int, verb: str) -> None:
    assert_clear(str(failure(status, body, address=WHERE, verb=verb)), longest=700)


def test_a_parsers_words_stay_on_one_line() -> None:
    error = aiohttp.http_exceptions.BadStatusLine("HTTP/1.1 \x1b[31m\r\n200")
    assert_clear(told(error), longest=200)


@given(raw=spoilt(OBJECT))
@examples(150)
def test_the_store_takes_in_any_version_of_an_integration(raw: Any) -> None:
    metadata = raw.get("metadata")
    known = {"namespace": "shop", "name": "web", "uid": "u"}
    seen = {**raw, "metadata": {**(metadata if isinstance(metadata, dict) else {}), **known}}
    if not isinstance(seen["metadata"].get("finalizers"), list | None):
        seen["metadata"]["finalizers"] = None
    seen["metadata"]["annotations"] = None
    store = Store(dirty=lambda _: None)
    for one in (seen, {**OBJECT, "metadata": {**OBJECT["metadata"], **known}}, seen):
        store.saw(one)
    assert store.get(Key("shop", "web")) is not None


@given(data=hostile_json(("key", "other")) | spoilt(OBJECT["data"]))
@examples(150)
def test_every_secret_is_a_finding_that_shows_no_byte_of_it(data: Any) -> None:
    secret = {"metadata": {"resourceVersion": "1"}, "data": data if isinstance(data, dict) else None}
    found = interpret(secret, "ideogram", "key")
    assert_clear(found.message, longest=300)
    assert (found.value is not None) == (found.finding in {Finding.FOUND, Finding.WHITE_SPACE})
    entries = asyncio.run(read_entries(gateway(_Answer(200, written(secret).encode())), "shop", "ideogram"))
    assert all(value.reveal() for value in entries.values())


def test_the_same_page_again_and_again_ends() -> None:
    door = gateway(_Answer(200, written(PAGE | {"metadata": {"continue": "again"}}).encode()))
    with bounded(seconds=5), pytest.raises(Unavailable, match="again and again"):
        asyncio.run(door.list(Address(resource=SECRETS, namespace="shop")))
