"""No namespace's probes slow down those of another, whatever it asks for; nor its own, as long as it asks for little."""

from collections.abc import Hashable
from itertools import pairwise

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.runtime.probing.share import Shares
from tests.probing.world import KEY, World, demand, in_virtual_time

NEIGHBOUR = ("neighbour", "web")


def namespace(who: Hashable) -> Hashable:
    assert isinstance(who, tuple)
    return who[0]


def hogged(world: World, streams: int, **changes: float) -> None:
    for number in range(streams):
        world.pool.subscribe(("hog", number), demand(key=ApiKey(f"key-{number}"), interval=1.0, **changes))


def test_a_namespace_with_a_thousand_streams_gets_its_share_and_its_neighbour_all_it_wants() -> None:
    async def story() -> None:
        async with World(namespace=namespace) as world:
            hogged(world, 1000)
            world.pool.subscribe(NEIGHBOUR, demand(interval=1.0))
            await world.until(60)
        own = [sent.at for sent in world.sender.sent if sent.request.key == KEY]
        assert len(own) > 50
        assert max(later - earlier for earlier, later in pairwise(own)) < 1.2
        others = len(world.sender.sent) - len(own)
        assert 60 * 90 < others < 300 + 60 * 101

    in_virtual_time(story())


def test_a_few_hundred_streams_are_probed_as_often_as_they_want() -> None:
    async def story() -> None:
        async with World(namespace=namespace) as world:
            for number in range(900):
                world.pool.subscribe(("shop", number), demand(key=ApiKey(f"key-{number}"), interval=10.0))
            await world.until(60)
        assert len(world.sender.sent) > 900 * 5

    in_virtual_time(story())


def test_who_shares_a_key_with_a_hog_is_probed_from_a_share_of_its_own() -> None:
    async def story() -> None:
        async with World(namespace=namespace) as world:
            hogged(world, 1000)
            world.pool.subscribe(("hog", "shared"), demand(interval=1.0))
            world.pool.subscribe(NEIGHBOUR, demand(interval=1.0))
            await world.until(60)
        own = [sent.at for sent in world.sender.sent if sent.request.key == KEY]
        assert max(later - earlier for earlier, later in pairwise(own)) < 1.2

    in_virtual_time(story())


def test_what_may_wait_longer_counts_as_several() -> None:
    """Rate and time together bound how many requests hang at once."""
    at = [0.0]
    shares = Shares(monotonic=lambda: at[0])
    starts = 0
    for second in range(60):
        at[0] = float(second)
        while shares.take(["hog"], timeout=60.0) <= 0:
            starts += 1
    assert starts < 60 * 100 / 6 + 100


def test_what_was_used_long_ago_is_forgotten() -> None:
    at = [0.0]
    shares = Shares(monotonic=lambda: at[0])
    for second in range(1000):
        at[0] = float(second)
        shares.take([f"namespace-{second}"], timeout=10.0)
    assert len(shares._next) < 20


def test_without_a_subscriber_nothing_is_taken() -> None:
    assert Shares(monotonic=lambda: 0.0).take([], timeout=10.0) == 0.0
