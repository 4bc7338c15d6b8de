"""Asking applications whether they do what they were told: in the background, a few times, and never in the way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from ideogram_operator.resource.targets import Verify
from ideogram_operator.resource.words import State
from ideogram_operator.runtime.verification import PAUSES, Verifier
from ideogram_operator.services.results import ServiceError
from tests.runtime.life import KEY, NOON, Hands, Life, fallen, live

VERIFY = {"url": "http://web.shop.svc/health", "path": "services.ideogram", "fallbackValue": "disabled"}
WEB = {"kind": "Deployment", "name": "web", "switch": {}, "verify": VERIFY}


async def verified(**changes: object) -> Life:
    """A real fallback of an application that can be asked."""
    life = Life(targets=[WEB])
    for name, value in changes.items():
        setattr(life.application, name, value)
    found = await fallen(life)
    await found.settle(rounds=2)
    return found


def told(life: Life) -> tuple[str | None, str | None]:
    target = life.status.targets[0]
    return target.reason, target.message


async def test_a_real_fallback_is_verified_and_says_so_in_status() -> None:
    life = await verified()
    assert told(life) == ("FallbackVerified", "says services.ideogram=disabled")
    assert "FallbackUnverified" not in life.events.reasons


async def test_an_application_that_does_not_heed_is_told_once_and_changes_nothing() -> None:
    life = await verified(heeds=False)
    assert told(life) == ("FallbackUnverified", "does not say services.ideogram=disabled")
    await life.keep("503", seconds=120)
    assert life.events.reasons.count("FallbackUnverified") == 1
    assert life.application.asked == len(PAUSES)
    assert (life.state, life.switched()) == (State.FALLBACK, 1)
    life.application.heeds = True
    await life.keep("ok", seconds=400)
    assert (life.state, life.switch()) == (State.LIVE, "true")
    assert told(life) == (None, None)


async def test_an_application_that_stays_in_fallback_after_the_return_is_told() -> None:
    life = await verified()
    life.application.stuck = "disabled"
    await life.keep("ok", seconds=400)
    assert life.state is State.LIVE
    assert told(life) == ("FallbackUnverified", "still says services.ideogram=disabled")
    assert life.events.reasons.count("FallbackUnverified") == 1


async def test_a_host_that_may_not_be_asked_is_a_clear_message_and_asked_no_more() -> None:
    life = await verified(failure=ServiceError("evil.test is not an allowed host", untried=True))
    assert life.application.asked == 1
    reason, message = told(life)
    assert reason == "FallbackUnverified"
    assert message == "could not be asked whether it says services.ideogram=disabled: evil.test is not an allowed host"


async def test_a_fault_of_ours_ends_in_a_word_too() -> None:
    life = await verified(fault=True)
    assert told(life)[1] == "could not be asked by a fault of the operator; its log says more"


async def test_nobody_is_asked_before_the_pods_have_followed() -> None:
    life = await live(Life(targets=[WEB]))
    life.api.pods_follow = False
    await life.see("503 503 503")
    await life.settle()
    assert life.application.asked == 0
    life.api.edit("deployments", "web", life.api.settle)
    await life.settle(rounds=2)
    assert life.application.asked == 1


async def test_an_application_that_was_never_switched_is_never_asked() -> None:
    life = await live(Life(targets=[WEB]))
    await life.settle()
    assert life.application.asked == 0


async def test_after_a_restart_who_is_in_fallback_is_asked_again_and_not_told_of_twice() -> None:
    life = await verified(heeds=False)
    life.restart()
    await life.see("503 503 503")
    assert told(life)[0] == "FallbackUnverified"
    assert "FallbackUnverified" not in life.events.reasons


async def test_a_target_that_another_integration_holds_on_to_is_not_asked_whether_it_is_live() -> None:
    life = await verified()
    life.join("gallery")
    asked = life.application.asked
    await life.keep("ok", seconds=400)
    assert (life.state, life.switch()) == (State.LIVE, "false")
    assert life.application.asked == asked


@dataclass
class Slow:
    """An application whose answer is given by the test."""

    answer: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    asked: int = 0

    async def ask(self, _: Verify, __: str) -> str:
        self.asked += 1
        return await asyncio.shield(self.answer)


@pytest.fixture
async def slow() -> Slow:
    return Slow()


async def asking(slow: Slow) -> tuple[Life, Verifier]:
    life = Life(targets=[WEB])
    verifier = Verifier(clock=Hands(), ask=slow.ask, soon=life.dirty.append)
    object.__setattr__(life.operator, "verifier", verifier)
    return await fallen(life), verifier


async def test_a_reconcile_never_waits_for_an_application(slow: Slow) -> None:
    life, verifier = await asking(slow)
    await life.settle(rounds=10)
    assert (slow.asked, life.status.targets[0].reason) == (1, None)
    life.dirty.clear()
    slow.answer.set_result("disabled")
    await until(lambda: KEY in life.dirty)
    await life.settle(rounds=1)
    assert life.status.targets[0].reason == "FallbackVerified"
    await verifier.close()


async def test_what_nobody_asks_any_more_is_dropped(slow: Slow) -> None:
    life, verifier = await asking(slow)
    await life.settle(rounds=2)
    life.apply(override={"mode": "ForceLive", "reason": "maintenance", "until": f"{NOON:%Y}-12-31T00:00:00Z"})
    await life.settle(rounds=3)
    assert slow.asked == 2, "another question now"
    life.dirty.clear()
    slow.answer.set_result("disabled")
    await until(lambda: bool(life.dirty))
    assert life.record.targets[next(iter(life.record.targets))].word is not None
    await verifier.close()


async def test_an_integration_that_is_gone_is_asked_for_no_more(slow: Slow) -> None:
    life, verifier = await asking(slow)
    await life.settle(rounds=2)
    life.dirty.clear()
    verifier.forget(KEY)
    slow.answer.set_result("disabled")
    for _ in range(5):
        await asyncio.sleep(0)
    assert life.dirty == []


async def until(condition: Callable[[], bool], tries: int = 100) -> None:
    for _ in range(tries):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never happened")
