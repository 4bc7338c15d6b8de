"""Reading API keys: once for all who ask, as old as allowed, and every trouble of a Secret in words."""

import asyncio
import base64
from typing import Any, cast

import pytest

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.runtime.keys import KeyReader, KeyReading
from tests.probing.world import VirtualClock, in_virtual_time
from tests.runtime.life import CANARY, Hands
from tests.runtime.memory_api import Json, MemoryApi, forbidden, on, unavailable

PLACE = ("shop", "ideogram", "api-key")


def value(reading: KeyReading) -> str:
    assert reading.key is not None
    return reading.key.reveal()


def encoded(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


class World:
    def __init__(self, **data: str) -> None:
        self.api, self.clock = MemoryApi(), Hands()
        self.keys = KeyReader(cast("Gateway", self.api), self.clock)
        if data:
            self.api.make("secrets", "ideogram", data={name.replace("_", "-"): value for name, value in data.items()})

    @property
    def reads(self) -> int:
        return self.api.count("get secrets/ideogram")


async def test_a_key_is_read_and_does_not_show_itself() -> None:
    reading = await World(api_key=encoded(CANARY)).keys.read(PLACE, max_age=0)
    assert value(reading) == CANARY
    assert reading.problem is None
    assert CANARY not in repr(reading)


async def test_it_is_read_again_only_when_it_is_older_than_allowed() -> None:
    world = World(api_key=encoded(CANARY))
    await world.keys.read(PLACE, max_age=300)
    world.clock.seconds = 300
    await world.keys.read(PLACE, max_age=300)
    assert world.reads == 1
    world.clock.seconds = 301
    await world.keys.read(PLACE, max_age=300)
    assert world.reads == 2


async def test_those_who_ask_at_the_same_time_share_one_reading() -> None:
    world = World(api_key=encoded(CANARY))
    found = await asyncio.gather(*(world.keys.read(PLACE, max_age=0) for _ in range(50)))
    assert {value(reading) for reading in found} == {CANARY}
    assert world.reads == 1


async def test_one_who_gives_up_does_not_take_the_reading_from_the_others() -> None:
    world = World(api_key=encoded(CANARY))
    first = asyncio.create_task(world.keys.read(PLACE, max_age=0))
    second = asyncio.create_task(world.keys.read(PLACE, max_age=0))
    await asyncio.sleep(0)
    first.cancel()
    assert value(await second) == CANARY


async def test_one_that_is_forgotten_is_read_again() -> None:
    world = World(api_key=encoded(CANARY))
    await world.keys.read(PLACE, max_age=300)
    world.keys.forget(PLACE)
    await world.keys.read(PLACE, max_age=300)
    assert world.reads == 2


TROUBLES: list[tuple[str, dict[str, str], str, str]] = [
    ("no secret", {}, "KeyMissing", "there is no Secret ideogram; create it with key api-key"),
    ("no key", {"other": encoded("x")}, "KeyMissing", "has no key api-key"),
    ("empty", {"api_key": ""}, "KeyMissing", "is empty"),
    ("only space", {"api_key": encoded(" \n")}, "KeyMissing", "is empty"),
    ("newline", {"api_key": encoded(CANARY + "\n")}, "KeyUnusable", "white space or a newline"),
    ("inner space", {"api_key": encoded("ideo canary")}, "KeyUnusable", "white space or a newline"),
    ("binary", {"api_key": encoded(b"\xff\xfe")}, "KeyUnusable", "not text in UTF-8"),
    ("control", {"api_key": encoded("ideo\x00canary")}, "KeyUnusable", "not text"),
    ("foreign", {"api_key": encoded("ideo-cänary")}, "KeyUnusable", "outside ASCII"),
]


@pytest.mark.parametrize(("data", "reason", "says"), [row[1:] for row in TROUBLES], ids=[row[0] for row in TROUBLES])
async def test_every_trouble_of_a_secret_has_its_words(data: dict[str, str], reason: str, says: str) -> None:
    reading = await World(**data).keys.read(PLACE, max_age=0)
    assert reading.key is None
    assert reading.problem is not None
    assert reading.problem.reason == reason
    assert says in reading.problem.message
    assert "shop" in reading.problem.message
    assert CANARY not in reading.problem.message


@pytest.mark.parametrize(("error", "reason"), [(forbidden, "PermissionDenied"), (unavailable, "ClusterUnreachable")])
async def test_a_secret_that_cannot_be_read_is_told(error: Any, reason: str) -> None:
    world = World(api_key=encoded(CANARY))
    world.api.trouble.append(on("get", "secrets", error))
    reading = await world.keys.read(PLACE, max_age=0)
    assert reading.key is None
    assert reading.problem is not None
    assert reading.problem.reason == reason


async def test_an_api_server_that_is_away_does_not_take_the_key() -> None:
    world = World(api_key=encoded(CANARY))
    await world.keys.read(PLACE, max_age=0)
    world.api.trouble.append(on("get", "secrets"))
    world.clock.seconds = 1000
    assert value(await world.keys.read(PLACE, max_age=0)) == CANARY


async def test_a_secret_that_is_gone_takes_the_key() -> None:
    world = World(api_key=encoded(CANARY))
    await world.keys.read(PLACE, max_age=0)
    world.api.remove("secrets", "ideogram")
    assert (await world.keys.read(PLACE, max_age=-1)).key is None


class Slow(MemoryApi):
    async def get(self, address: Address) -> Json:
        await asyncio.sleep(30)
        return await super().get(address)


def test_a_slow_secret_does_not_keep_who_has_a_key_already() -> None:
    async def story() -> None:
        api = Slow()
        api.make("secrets", "ideogram", data={"api-key": encoded(CANARY)})
        loop, keys = asyncio.get_running_loop(), KeyReader(cast("Gateway", api), VirtualClock())
        assert value(await keys.read(PLACE, max_age=10)) == CANARY
        await asyncio.sleep(11)
        began = loop.time()
        assert value(await keys.read(PLACE, max_age=10)) == CANARY
        assert loop.time() - began <= 1.01
        api.edit("secrets", "ideogram", lambda raw: raw["data"].update({"api-key": encoded("another-key")}))
        await asyncio.sleep(31)
        assert value(await keys.read(PLACE, max_age=10)) == "another-key", "it was read all the same"

    in_virtual_time(story())
