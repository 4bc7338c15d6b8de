from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.redaction import harmless

SECRET = "ideo-canary-0123456789abcdef"
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(before=TEXT, after=TEXT, start=st.integers(0, 12), length=st.integers(8, 30))
@settings(deadline=None)
def test_no_eight_characters_of_a_secret_survive(before: str, after: str, start: int, length: int) -> None:
    shown = harmless(before + SECRET[start : start + length] + after, [SECRET])
    assert not any(SECRET[at : at + 8] in shown for at in range(len(SECRET) - 7))


@given(TEXT)
@settings(deadline=None)
def test_innocent_text_is_kept_but_for_its_white_space(text: str) -> None:
    assume(text.isprintable())
    assert harmless(text, [SECRET]) == " ".join(text.split())


def test_a_secret_is_replaced_once_wherever_it_stands() -> None:
    assert harmless(f"a {SECRET} b {SECRET}", [SECRET]) == "a [redacted] b [redacted]"
    assert harmless("short key: abc", ["abc"]) == "short key: [redacted]"


def test_long_text_is_cut_and_control_characters_are_gone() -> None:
    shown = harmless("x\n\x1b[31m" + "y" * 500, [SECRET])
    assert len(shown) == 200
    assert shown.isprintable()
