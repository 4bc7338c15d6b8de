"""People are told the beginning and the end of an alert: once, grouped, in order, and nobody waits for it."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ideogram_operator.cluster.errors import NotFound, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.resource.services import Notify
from ideogram_operator.resource.words import Severity, Trigger
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.notifying import MOST_WAITING, Notifier, Tiding, letter_of
from ideogram_operator.services.receivers import Kind
from ideogram_operator.services.results import ServiceError
from tests.probing.world import VirtualClock, in_virtual_time

CANARY = "json://user:canary-password@pager.shop.svc/"
P1 = Notify.model_validate({"severities": ["P1"], "urlSecretRef": {"name": "oncall"}})
P2 = Notify.model_validate({"severities": ["P2"], "urlSecretRef": {"name": "oncall"}})


def tiding(name: str = "shop/storefront", *, fired: bool = True, trigger: Trigger = Trigger.API_UNREACHABLE) -> Tiding:
    namespace, _, integration = name.partition("/")
    return Tiding(
        key=Key(namespace, integration), trigger=trigger, severity=Severity.P1, fired=fired, text="3 failed checks."
    )


@dataclass
class Pager:
    """What arrives, and when; the first so many are refused."""

    refusals: int = 0
    heard: list[tuple[str, str, Kind]] = field(default_factory=list)
    tries: int = 0
    hangs: bool = False

    async def send(self, url: SecretValue, *, namespace: str, title: str, body: str, kind: Kind) -> None:
        assert namespace
        self.tries += 1
        if self.hangs:
            await asyncio.sleep(15)
            raise ServiceError("no answer")
        if self.tries <= self.refusals:
            raise ServiceError("HTTP 503 from pager.shop.svc")
        assert url.reveal() == CANARY
        self.heard.append((title, body, kind))


class Secrets:
    """A cluster in which every namespace has the Secret ``oncall``, but ``bare``."""

    def __init__(self, away: int = 0) -> None:
        self.away = away

    async def get(self, address: Any) -> dict[str, Any]:
        if self.away:
            self.away -= 1
            raise Unavailable("get secrets: HTTP 503", address=address, verb="get")
        if address.namespace == "gone":
            raise NotFound("not found", address=address, verb="get")
        data = {"url": base64.b64encode(CANARY.encode()).decode()}
        return {"metadata": {}, "data": {} if address.namespace == "bare" else data}


class Slow(Secrets):
    """One that takes a second to answer."""

    async def get(self, address: Any) -> dict[str, Any]:
        await asyncio.sleep(1)
        return await super().get(address)


def counted(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("ideogram_operator_notifications_total", {"result": result}) or 0.0


@asynccontextmanager
async def notifier(pager: Pager, away: int) -> Any:
    made = Notifier(
        gateway=cast("Gateway", Secrets(away)), clock=cast("Clock", VirtualClock()), metrics=Metrics(), send=pager.send
    )
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def story(pager: Pager, told: Callable[[Notifier], None], *, seconds: float = 1000.0, away: int = 0) -> Metrics:
    async def life() -> Metrics:
        async with notifier(pager, away) as at_work:
            told(at_work)
            await asyncio.sleep(seconds)
            metrics: Metrics = at_work.metrics
            return metrics

    return in_virtual_time(life())


def test_beginning_and_end_arrive_in_their_order() -> None:
    def told(at_work: Notifier) -> None:
        at_work.tell([P1, P2], tiding())
        at_work.tell([P1, P2], tiding(fired=False))

    pager = Pager(refusals=2)
    metrics = story(pager, told)
    assert [(title, kind) for title, _, kind in pager.heard] == [
        ("P1 apiUnreachable: shop/storefront", Kind.FAILURE),
        ("Resolved: apiUnreachable: shop/storefront", Kind.SUCCESS),
    ]
    assert counted(metrics, "delivered") == 2


def test_who_does_not_hear_of_the_severity_is_not_told() -> None:
    pager = Pager()
    story(pager, lambda at_work: at_work.tell([P2], tiding()))
    assert pager.heard == []


def test_a_storm_is_one_message_for_each_receiver_of_a_namespace() -> None:
    def told(at_work: Notifier) -> None:
        for number in range(100):
            at_work.tell([P1], tiding(f"shop/web-{number:03}"))
            at_work.tell([P1], tiding(f"other/web-{number:03}"))

    pager = Pager()
    story(pager, told)
    assert sorted(title for title, _, _ in pager.heard) == [
        "P1 apiUnreachable: 100 integrations in other",
        "P1 apiUnreachable: 100 integrations in shop",
    ]
    assert all("web-000" in body and "and 80 more" in body for _, body, _ in pager.heard)


def test_what_cannot_be_delivered_is_tried_for_ten_minutes_and_given_up() -> None:
    pager = Pager(refusals=1000)
    metrics = story(pager, lambda at_work: at_work.tell([P1], tiding()))
    assert pager.tries == 5
    assert (counted(metrics, "failed"), counted(metrics, "delivered")) == (1, 0)


def test_a_hanging_receiver_holds_up_no_other_namespace() -> None:
    async def life() -> list[float]:
        slow, times = Pager(hangs=True), []

        async def send(url: SecretValue, *, namespace: str, title: str, body: str, kind: Kind) -> None:
            if namespace == "slow":
                await slow.send(url, namespace=namespace, title=title, body=body, kind=kind)
            times.append(asyncio.get_running_loop().time())

        made = Notifier(
            gateway=cast("Gateway", Secrets()), clock=cast("Clock", VirtualClock()), metrics=Metrics(), send=send
        )
        running = asyncio.create_task(made.run())
        made.tell([P1], tiding("slow/web"))
        made.tell([P1], tiding("shop/web"))
        await asyncio.sleep(5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return times

    assert in_virtual_time(life()) == [2.0]


def test_an_api_server_that_is_away_for_a_moment_loses_no_page() -> None:
    pager = Pager()
    metrics = story(pager, lambda at_work: at_work.tell([P1], tiding()), away=2)
    assert [title for title, _, _ in pager.heard] == ["P1 apiUnreachable: shop/storefront"]
    assert counted(metrics, "failed") == 0


def test_an_end_stays_behind_a_beginning_whose_secret_could_not_be_read() -> None:
    async def life() -> list[str]:
        pager = Pager()
        async with notifier(pager, away=2) as at_work:
            at_work.tell([P1], tiding())
            await asyncio.sleep(9)  # refused at 2 s and 7 s, and not asked again before 37 s
            at_work.tell([P1], tiding(fired=False))
            await asyncio.sleep(1000)
        return [title for title, _, _ in pager.heard]

    assert in_virtual_time(life()) == [
        "P1 apiUnreachable: shop/storefront",
        "Resolved: apiUnreachable: shop/storefront",
    ]


def test_what_is_put_off_counts_for_the_bound() -> None:
    async def life() -> tuple[float, float]:
        async with notifier(Pager(), away=100_000) as at_work:
            for _ in range(3):
                for number in range(MOST_WAITING):
                    at_work.tell([P1], tiding(f"shop/web-{number}"))
                await asyncio.sleep(3)
            dropped = counted(at_work.metrics, "dropped")
            await asyncio.sleep(1000)
            return dropped, counted(at_work.metrics, "failed")

    taken = MOST_WAITING * 4 // 5
    assert in_virtual_time(life()) == (3 * MOST_WAITING - taken, taken)


def test_one_namespaces_storm_leaves_room_for_anothers_alert() -> None:
    async def life() -> list[str]:
        pager = Pager()
        async with notifier(pager, away=0) as at_work:
            for number in range(2 * MOST_WAITING):
                at_work.tell([P1], tiding(f"hog/web-{number}"))
            at_work.tell([P1], tiding("shop/storefront"))
            await asyncio.sleep(100)
        return [title for title, _, _ in pager.heard]

    assert "P1 apiUnreachable: shop/storefront" in in_virtual_time(life())


def test_what_waits_for_its_secret_when_the_operator_ends_is_still_sent() -> None:
    async def life() -> list[str]:
        pager, secrets = Pager(), Slow()
        made = Notifier(
            gateway=cast("Gateway", secrets), clock=cast("Clock", VirtualClock()), metrics=Metrics(), send=pager.send
        )
        running = asyncio.create_task(made.run())
        made.tell([P1], tiding())
        await asyncio.sleep(2.5)  # it is being read
        await made.flush(seconds=2.0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return [title for title, _, _ in pager.heard]

    assert in_virtual_time(life()) == ["P1 apiUnreachable: shop/storefront"]


def test_one_that_stays_away_is_given_up_and_counted() -> None:
    pager = Pager()
    metrics = story(pager, lambda at_work: at_work.tell([P1], tiding()), away=1000)
    assert (pager.heard, counted(metrics, "failed")) == ([], 1)


def test_a_secret_that_is_not_there_is_not_waited_for() -> None:
    metrics = story(Pager(), lambda at_work: at_work.tell([P1], tiding("gone/web")), seconds=5.0)
    assert counted(metrics, "failed") == 1


def test_what_is_on_its_way_when_the_operator_ends_is_counted_as_lost() -> None:
    async def life() -> float:
        async with notifier(Pager(refusals=1000), 0) as at_work:
            at_work.tell([P1], tiding())
            await asyncio.sleep(10)
            metrics = at_work.metrics
        return counted(metrics, "failed")

    assert in_virtual_time(life()) == 1


def test_a_secret_without_its_url_is_counted_and_nothing_else_is_lost() -> None:
    def told(at_work: Notifier) -> None:
        at_work.tell([P1], tiding("bare/web"))
        at_work.tell([P1], tiding("shop/web"))

    pager = Pager()
    metrics = story(pager, told)
    assert [title for title, _, _ in pager.heard] == ["P1 apiUnreachable: shop/web"]
    assert counted(metrics, "failed") == 1


@pytest.mark.parametrize(
    ("tidings", "title", "body"),
    [
        ([tiding()], "P1 apiUnreachable: shop/storefront", "3 failed checks."),
        ([tiding(fired=False)], "Resolved: apiUnreachable: shop/storefront", "3 failed checks."),
        (
            [tiding("shop/b"), tiding("shop/a"), tiding("shop/a")],
            "P1 apiUnreachable: 2 integrations in shop",
            "3 failed checks.\n\n- shop/a\n- shop/b",
        ),
    ],
)
def test_a_message_says_what_happened_where(tidings: list[Tiding], title: str, body: str) -> None:
    assert letter_of(tidings) == (title, body)
