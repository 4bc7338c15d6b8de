"""The ledger is read as foreign bytes: any text gives a ledger or one clear error."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.cluster.claims import LARGEST, Claim, Held, Ledger, Overrides, Unreadable, encode, parse
from ideogram_operator.resource.words import TargetKind

DEPLOYMENT = TargetKind.DEPLOYMENT
CLAIM: dict[str, Any] = {
    "integration": "shop",
    "uid": "1",
    "flip": 3,
    "since": "2026-11-22T12:00:00+00:00",
    "trigger": "apiUnreachable",
    "message": "3 failed checks",
    "overrides": {"values": {"IDEOGRAM_ENABLED": "false"}},
}
TEXT = st.text(max_size=20)
CLAIMS = st.builds(
    Claim,
    integration=TEXT,
    uid=TEXT,
    flip=st.integers(0, 2**40),
    since=TEXT,
    trigger=TEXT,
    message=TEXT,
    overrides=st.builds(
        Overrides,
        values=st.dictionaries(TEXT, TEXT | st.booleans(), max_size=3),
        containers=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    ),
)


@st.composite
def held(draw: st.DrawFn) -> Held:
    name = draw(TEXT)
    was = draw(st.lists(st.fixed_dictionaries({"name": st.just(name)}, optional={"value": TEXT}), max_size=3))
    return Held(container=draw(TEXT), name=name, value=draw(TEXT), was=tuple(was))


LEDGERS = st.builds(
    Ledger,
    claims=st.lists(CLAIMS, max_size=3).map(tuple),
    baseline=st.lists(held(), max_size=3).map(tuple),
    env_absent=st.lists(TEXT, max_size=3).map(tuple),
)


@given(ledger=LEDGERS)
def test_what_is_written_is_read_and_written_the_same(ledger: Ledger) -> None:
    text = encode(ledger)
    assert parse(DEPLOYMENT, text) == ledger
    assert encode(parse(DEPLOYMENT, text)) == text


JSONS: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "claims", "baseline", "was", "name", "value", "overrides", "env_absent"])
            | TEXT,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(text=st.text() | JSONS.map(json.dumps) | JSONS.map(lambda one: json.dumps({"version": 1, "baseline": [one]})))
def test_whatever_stands_there_is_a_ledger_or_unreadable(text: str) -> None:
    for kind in TargetKind:
        with contextlib.suppress(Unreadable):
            assert isinstance(parse(kind, text), Ledger)


def test_a_claim_as_the_operator_writes_it_is_read() -> None:
    assert parse(DEPLOYMENT, json.dumps({"version": 1, "claims": [CLAIM]})).claims[0].flip == CLAIM["flip"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        "[" * 100_000,
        "[" * 50_000,
        " " * (LARGEST + 1),
        '{"version": true}',
        '{"version": 1, "claims": [{}]}',
        json.dumps({"version": 1, "claims": [CLAIM | {"flip": 10**30}]}),
        json.dumps({"version": 1, "claims": [CLAIM | {"flip": -1}]}),
        '{"version": 1, "baseline": [{"name": "A", "value": "x", "was": [{"name": "B"}]}]}',
        '{"version": 1, "baseline": [{"name": "A", "value": true, "was": []}]}',
    ],
)
def test_what_the_operator_would_never_write_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(DEPLOYMENT, text)
