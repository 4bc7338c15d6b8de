"""How long to wait before looking again at what somebody may be mending: soon at first, and rarer as time goes by.

Ten thousand integrations without their targets must not be thousands of requests a second, for ever; and whoever has
just broken something and mends it should not wait.
"""

SOON = 0.5
LONGEST_TURN = 15.0
MENDING = 5.0
LONGEST_MENDING = 300.0
LONGEST_MENDING_OF_KEY = 15.0
SHARE = 0.1


def patience(lasted: float, *, first: float = MENDING, longest: float = LONGEST_MENDING) -> float:
    """Returns the seconds to wait: a tenth of the time that it has lasted, from the first to the longest pause."""
    return min(longest, max(first, SHARE * lasted))
