import copy
import pickle

import pytest

from ideogram_operator.ideogram.key import ApiKey, UnusableKeyError

SECRET = "ideo-canary-0123456789abcdef"


def test_no_way_of_printing_a_key_shows_it() -> None:
    key = ApiKey(SECRET)
    shown = f"{key} {key!r} {key!s} {[key]} {key:>40} %s" % key
    assert SECRET[:8] not in shown
    assert key.fingerprint[:8] in shown


@pytest.mark.parametrize("value", ["", "with space", "line\n", "\ttab", "nul\0", "schlüssel"])
def test_a_value_that_cannot_be_a_header_is_refused_without_being_told(value: str) -> None:
    with pytest.raises(UnusableKeyError) as refused:
        ApiKey(value)
    assert not value or value not in str(refused.value)


def test_equal_keys_are_one_and_others_are_not() -> None:
    assert ApiKey(SECRET) == ApiKey(SECRET)
    assert len({ApiKey(SECRET), ApiKey(SECRET), ApiKey("another")}) == 2
    assert ApiKey(SECRET, salt=b"x").fingerprint != ApiKey(SECRET).fingerprint


def test_a_key_is_not_serialised() -> None:
    for carry in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(ApiKey(SECRET))
