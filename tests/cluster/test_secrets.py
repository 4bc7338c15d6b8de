"""One key of one Secret: what is found, what is not, and that nothing ever shows it."""

import base64
import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import Finding, SecretValue, interpret, read_secret

CANARY = "canary-4711-secret"


def secret(value: bytes) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7"}, "data": {"api-key": base64.b64encode(value).decode()}}


@pytest.mark.parametrize(
    ("value", "finding", "revealed"),
    [
        (b"abc", Finding.FOUND, "abc"),
        (b"abc\n", Finding.WHITE_SPACE, "abc"),
        (b" abc", Finding.WHITE_SPACE, "abc"),
        (b"a bc", Finding.WHITE_SPACE, "a bc"),
        (b"", Finding.EMPTY, None),
        (b" \n", Finding.EMPTY, None),
        (b"\xff\xfe", Finding.NOT_TEXT, None),
        (b"a\x00b", Finding.NOT_TEXT, None),
        (b"a\r\nHost: b", Finding.NOT_TEXT, None),
    ],
)
def test_each_way_a_key_can_be_stored_is_its_own_finding(value: bytes, finding: Finding, revealed: str | None) -> None:
    found = interpret(secret(value), "ideogram", "api-key")
    assert found.finding is finding
    assert (found.value.reveal() if found.value else None) == revealed
    assert found.resource_version == "7"


def test_a_missing_key_is_told_by_name() -> None:
    found = interpret({"metadata": {}}, "ideogram", "api-key")
    assert found.finding is Finding.KEY_MISSING
    assert found.message == "Secret ideogram has no key api-key; add it"


def test_nothing_shows_the_value() -> None:
    value = SecretValue(CANARY)
    found = interpret(secret(CANARY.encode()), "ideogram", "api-key")
    for shown in (repr(value), str(value), f"{value}", f"{value:>20}", f"{value!r}", repr(found), repr([value])):
        assert "canary" not in shown
    for copied in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            copied(value)
    assert not hasattr(value, "__dict__")


@given(one=st.text(), other=st.text(), key=st.binary(min_size=16, max_size=64))
def test_fingerprints_tell_same_from_different_and_only_with_the_same_key(one: str, other: str, key: bytes) -> None:
    mine = SecretValue(one).fingerprint(key)
    assert (mine == SecretValue(other).fingerprint(key)) == (one == other)
    assert mine != SecretValue(one).fingerprint(key + b"x" if len(key) < 64 else key[:-1])


@pytest.mark.cluster
async def test_a_secret_is_read_from_the_cluster(gateway: Gateway, namespace: str) -> None:
    where = Address(resource=SECRETS, namespace=namespace)
    body = {"metadata": {"name": "ideogram", "annotations": {"managed-by": "x"}}, "stringData": {"api-key": CANARY}}
    await gateway.post(where, body)
    found = await read_secret(gateway, namespace, "ideogram", "api-key")
    assert found.finding is Finding.FOUND
    assert found.value == SecretValue(CANARY)
    assert found.annotations == ("managed-by",)
    assert (await read_secret(gateway, namespace, "ideogram", "other")).finding is Finding.KEY_MISSING
    assert (await read_secret(gateway, namespace, "nowhere", "api-key")).finding is Finding.SECRET_MISSING
