"""Several things at once, all of them to their end."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(doing: Iterable[Awaitable[T]]) -> list[T]:
    """Returns what each came to, in their order, once all have ended.

    What the first of them raises comes through, but only then: a target that is still being told must not meet the
    next reconcile of the same integration.
    """
    done = await asyncio.gather(*doing, return_exceptions=True)
    failed = [one for one in done if isinstance(one, BaseException)]
    if failed:
        raise failed[0]
    return [one for one in done if not isinstance(one, BaseException)]
