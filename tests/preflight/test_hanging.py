"""Services that take connections and never say a word: each costs its own time and no other check anything."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.preflight.world import World, expect

LONGEST = 15.0
"""Seconds that the most patient of these checks waits."""


@pytest.fixture
def abyss() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def test_services_that_hang_fail_their_own_checks_in_their_own_time_and_all_others_pass(
    world: World, abyss: str
) -> None:
    origin = f"http://{abyss}"
    database, receiver = world.secret(url=f"postgresql://app:c4n4ry@{abyss}/x"), world.secret(url=f"json://{abyss}/")
    began = time.monotonic()
    rows = await world.look(
        hosts=[abyss, origin],
        storage={"url": "s3://images/shop", "endpoint": origin, "secretRef": {"name": "images"}},
        database={"urlSecretRef": {"name": database}},
        notify=[{"severities": ["P1"], "urlSecretRef": {"name": receiver}}],
        traffic={"prometheus": {"url": origin}},
    )
    assert time.monotonic() - began < LONGEST + 5
    left = "; the test object may be left there"
    expect(rows["durable-storage"], "Fail", "Probed", f"The bucket images did not answer within 15 s{left}.", "Look at")
    says = f"The database at {abyss} did not answer within 10 s."
    expect(rows["metadata-database"], "Fail", "Probed", says, "that a NetworkPolicy lets the operator out")
    for check in ("auth-alert", "credits-alert"):
        says = "notify[0] (json): the receiver did not answer within 15 s."
        expect(rows[check], "Fail", "Probed", says, "Check that it runs and can be reached.")
    assert (rows["monitoring-ready"].result, "within 10 s" in rows["monitoring-ready"].message) == ("Fail", True)
    for check in ("seed-in-name", "rate-limit-hidden"):
        assert (rows[check].result, "within" in rows[check].message) == ("Unknown", True), rows[check]
    hung = {"durable-storage", "seed-in-name", "metadata-database", "auth-alert", "credits-alert"}
    others = {
        name: row.result for name, row in rows.items() if name not in hung | {"monitoring-ready", "rate-limit-hidden"}
    }
    assert set(others.values()) == {"Pass"}, others
