"""Whether targets could be told if they had to be: asked rarely, and sooner where it was refused."""

from typing import cast

import pytest

from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.permits import REFUSED_AGE, Permits
from tests.runtime.life import Hands, live
from tests.runtime.memory_api import MemoryApi, forbidden, on

REVIEW = "create selfsubjectaccessreviews"
KINDS = (TargetKind.DEPLOYMENT, TargetKind.DEPLOYMENT, TargetKind.CONFIG_MAP)


class Office:
    def __init__(self) -> None:
        self.api, self.clock = MemoryApi(), Hands()
        self.permits = Permits(gateway=cast("Gateway", self.api), clock=self.clock, max_age=600)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_each_kind_is_asked_for_once(office: Office) -> None:
    for _ in range(5):
        assert await office.permits.missing("shop", KINDS) == ()
    assert office.api.count(REVIEW) == 2


async def test_a_refusal_names_the_rule_and_is_asked_about_soon(office: Office) -> None:
    office.api.may = False
    (problem,) = await office.permits.missing("shop", KINDS[:1])
    assert problem.reason == "PermissionDenied"
    assert "patch" in problem.message
    assert "deployments" in problem.message
    office.api.may = True
    office.clock.seconds = REFUSED_AGE
    assert await office.permits.missing("shop", KINDS[:1]) == ()


async def test_where_nobody_may_ask_nothing_is_claimed(office: Office) -> None:
    office.api.trouble.append(on("create", "selfsubjectaccessreviews", forbidden))
    assert await office.permits.missing("shop", KINDS) == ()


async def test_namespaces_that_come_and_go_leave_nothing(office: Office) -> None:
    for number in range(2000):
        office.clock.seconds += 1
        await office.permits.missing(f"namespace-{number}", KINDS[:1])
    assert len(office.permits._known) <= 601


async def test_a_missing_permission_is_told_before_an_outage() -> None:
    life = await live(then=lambda found: setattr(found.api, "may", False))
    status, reason, message = life.condition("Ready")
    assert (status, reason) == ("False", "PermissionDenied")
    assert "patch" in message
