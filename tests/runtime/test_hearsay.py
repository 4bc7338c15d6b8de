"""What is heard of targets comes in one piece, in its order, and nothing is lost."""

import asyncio
from collections.abc import Sequence

from ideogram_operator.cluster.watches import Change
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.hearsay import Hearsay
from tests.probing.world import in_virtual_time


def change(name: str) -> Change:
    return Change(kind=TargetKind.DEPLOYMENT, namespace="shop", name=name, resource_version="1")


def test_all_that_is_heard_in_a_while_is_passed_on_once() -> None:
    async def story() -> None:
        told: list[Sequence[Change]] = []
        hearsay = Hearsay(delay=0.2, tell=told.append)
        for name in "ab":
            hearsay.hear(change(name))
        await asyncio.sleep(0.19)
        hearsay.hear(change("c"))
        assert told == []
        await asyncio.sleep(0.02)
        assert told == [[change("a"), change("b"), change("c")]]
        hearsay.hear(change("d"))
        await asyncio.sleep(0.21)
        assert told[1:] == [[change("d")]]

    in_virtual_time(story())
