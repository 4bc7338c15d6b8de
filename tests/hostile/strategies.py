"""Hostile bytes: documents that are almost what was promised, and what a foreign parser may make of JSON at all.

Random bytes are turned away at the first one. What gets deep into a reader is a real document with one part replaced,
doubled, dropped, or nested beyond reason, and the bytes of it cut, repeated or flipped.
"""

import copy
import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TIMES: Final = int(os.environ.get("HOSTILE_TIMES", "1"))
"""How many times as many examples as usual: for a long search by hand."""

ESCAPES: Final = ("\x1b[31mred", "\x00", "line\nbreak\r", "\u202egnp", "\u2028", "\x7f\x9b2J", "\udcff\ud800", "\ufeff")
MOMENTS: Final = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "2026-11-22T00:00:00",
    "2026-11-22T00:00:00Z".translate({ord("0") + digit: 0x660 + digit for digit in range(10)}),
    "2026-99-99",
)
NUMBERS: Final = (0, -1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 10**400, 0.5, 1e308, -0.0)
NO_JSON: Final = (float("nan"), float("inf"), float("-inf"))
TEXTS: Final = (*ESCAPES, *MOMENTS, "", " ", "9" * 400, "²", "1e999", "x" * 5000, "a.b/c~d", "{{7*7}}", "%s%n", "${x}")
LEAVES: Any = st.one_of(
    st.sampled_from([None, True, False]), st.sampled_from(NUMBERS), st.sampled_from(NO_JSON), st.sampled_from(TEXTS)
)
DEPTHS: Final = (3, 90, 400, 950, 20_000)


def examples(count: int) -> settings:
    """How a test of this folder is run: without a deadline for an example, which a busy machine would miss."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=count * TIMES, deadline=None, suppress_health_check=slow)


def hostile_json(names: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Any JSON value with hostile leaves; objects use the field names that a reader may look for."""
    keys = st.sampled_from([*names, *ESCAPES, "", "__class__"])
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
    )


def names_in(document: Any) -> tuple[str, ...]:
    """Every field name in a document."""
    return tuple(sorted({step for place in _places(document) for step in place if isinstance(step, str)}))


@st.composite
def spoilt(draw: st.DrawFn, document: Any, *, most: int = 3) -> Any:
    """``document`` with up to ``most`` of its parts replaced, dropped, doubled or moved elsewhere."""
    changed = copy.deepcopy(document)
    values = hostile_json(names_in(document))
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(changed))
        if not places:
            return changed
        place = draw(st.sampled_from(places))
        parent = _at(changed, place[:-1])
        match draw(st.sampled_from(["replace", "replace", "drop", "copy", "double", "wrap"])):
            case "replace":
                parent[place[-1]] = draw(values)
            case "drop":
                del parent[place[-1]]
            case "copy":
                parent[place[-1]] = copy.deepcopy(_at(changed, draw(st.sampled_from(places))))
            case "double" if isinstance(parent, list):
                parent.extend(copy.deepcopy(parent[:]) * draw(st.sampled_from([1, 40])))
            case "double" if isinstance(parent, dict):
                parent[draw(st.sampled_from(TEXTS))] = copy.deepcopy(parent[place[-1]])
            case _:
                parent[place[-1]] = [parent[place[-1]]]
    return changed


def written(document: Any) -> str:
    """The document as JSON, with all that Python's own reader takes beyond it: NaN, lone surrogates, huge numbers."""
    return json.dumps(document)


@st.composite
def hostile_texts(draw: st.DrawFn, document: Any) -> str:
    """The text of a spoilt document, at times spoilt once more as text: nested, with a name given twice, cut off."""
    text = written(draw(spoilt(document)))
    match draw(st.sampled_from(["", "", "", "nest", "twice", "cut", "number", "tail"])):
        case "nest":
            deep = draw(st.sampled_from(DEPTHS))
            opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
            return _instead_of_a_leaf(draw, text, opening * deep + "1" + closing * deep)
        case "twice":
            return text.replace("{", '{"version": 7, "status": "error", ', 1)
        case "cut":
            return text[: draw(st.integers(0, len(text)))]
        case "number":
            return _instead_of_a_leaf(draw, text, draw(st.sampled_from(["9" * 5000, "1e999", "-1E400", "1.0", "01"])))
        case "tail":
            return text + draw(st.sampled_from(["{}", "\x00", "]", " " * 70_000, "\n\n"]))
    return text


@st.composite
def hostile_bytes(draw: st.DrawFn, document: Any) -> bytes:
    """The bytes of such a text, in whatever encoding, with some of them flipped."""
    text = draw(hostile_texts(document))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "utf-32-be", "latin-1", "utf-8-sig"]))
    return draw(mangled(text.encode(encoding, errors="replace")))


@st.composite
def mangled(draw: st.DrawFn, raw: bytes) -> bytes:
    """``raw`` with up to three stretches of bytes overwritten, repeated or cut out; often untouched."""
    changed = bytearray(raw)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3]))):
        start = draw(st.integers(0, max(0, len(changed) - 1)))
        end = min(len(changed), start + draw(st.integers(1, 30)))
        match draw(st.sampled_from(["overwrite", "repeat", "cut", "insert"])):
            case "overwrite":
                changed[start:end] = draw(st.binary(min_size=end - start, max_size=end - start))
            case "repeat":
                changed[start:end] = changed[start:end] * draw(st.sampled_from([2, 100]))
            case "cut":
                del changed[start:end]
            case "insert":
                changed[start:start] = draw(
                    st.sampled_from([b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\r\n", b'"', b"["])
                )
    return bytes(changed)


@contextmanager
def bounded(*, seconds: float = 5.0, mebibytes: float | None = None) -> Iterator[None]:
    """Fails when the block takes longer (generous: the machine may be busy), or more memory at its highest."""
    if mebibytes is not None:
        tracemalloc.start()
    began = time.perf_counter()
    try:
        yield
        taken = time.perf_counter() - began
        assert taken < seconds, f"it took {taken:.1f} s"
        if mebibytes is not None:
            peak = tracemalloc.get_traced_memory()[1] / 2**20
            assert peak < mebibytes, f"it took {peak:.0f} MiB"
    finally:
        if mebibytes is not None:
            tracemalloc.stop()


def grows_linearly(work: Callable[[int], object], small: int, *, factor: int = 16) -> None:
    """Fails when ``factor`` times as much work takes more than six times ``factor`` as long, in time of the processor."""

    def best(size: int) -> float:
        def once() -> float:
            began = time.process_time()
            work(size)
            return time.process_time() - began

        return min(once() for _ in range(3))

    little = max(best(small), 0.004)
    much = best(small * factor)
    assert much < 6 * factor * little, f"{small}: {little:.4f} s, {small * factor}: {much:.4f} s"


def assert_clear(message: str, *, longest: int = 1000, secrets: tuple[str, ...] = ()) -> None:
    """A message is one sentence for people: printable, bounded, and without what must not be seen."""
    assert message.strip()
    assert message.isprintable(), repr(message)
    assert len(message) <= longest, f"{len(message)} characters"
    for secret in secrets:
        assert secret not in message


def _places(document: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts: Any = ()
    if isinstance(document, dict):
        parts = document.items()
    elif isinstance(document, list):
        parts = enumerate(document)
    for step, part in parts:
        yield (*here, step)
        yield from _places(part, (*here, step))


def _at(document: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


def _instead_of_a_leaf(draw: st.DrawFn, text: str, value: str) -> str:
    starts = [index for index, character in enumerate(text) if character == ":"]
    if not starts:
        return value
    at = draw(st.sampled_from(starts))
    return f"{text[: at + 1]} {value}{text[_end_of_value(text, at + 1) :]}"


def _end_of_value(text: str, start: int) -> int:
    try:
        while text[start] in " \t\n":
            start += 1
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, IndexError, RecursionError):
        return len(text)
