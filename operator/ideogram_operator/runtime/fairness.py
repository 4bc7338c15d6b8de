"""What is limited for all, shared out among the namespaces.

A limit for all must not be one namespace's: it may have up to four times as many places as are still free. Alone that
is four fifths, two that want all have four ninths each, and however many there are, some room is left.
"""

from typing import Final

SHARE: Final = 4
"""A namespace's places for each that is still free."""


def may_take(*, own: int, taken: int, most: int) -> bool:
    """Whether a namespace may take one more of ``most`` places, of which ``taken`` are, ``own`` of them by itself."""
    return own < SHARE * (most - taken)
