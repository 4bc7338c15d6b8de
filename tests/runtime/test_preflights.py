"""Preflights beside the reconciles: begun once, reported when they end, gone with their integration."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from ideogram_operator.checks.facts import NOT_ASKED, BreakerFacts, Facts, Inquiry, KeyFacts, Lack
from ideogram_operator.checks.gathering.examiner import Examiner
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.observations import PreflightStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.preflight.preflights import AFTER_A_FAULT, Preflights
from ideogram_operator.runtime.preflight.starts import Starts
from ideogram_operator.runtime.preflight.subject import subject_of
from ideogram_operator.runtime.record import Known, Record, Ref
from tests.checks.facts import PERFECT, WRITTEN
from tests.runtime.life import KEY, NOON, Hands

RAW: dict[str, Any] = {"metadata": {"annotations": {}}}


@dataclass
class Scripted:
    """In the place of the examiner: it ends when the test lets it, with perfect facts or a fault."""

    now: Hands
    fails: bool = False
    wanted: list[frozenset[Inquiry]] = field(default_factory=list)
    since: list[float] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    key: str = "one"
    changes: dict[str, Any] = field(default_factory=dict)

    def anew(self, since: float) -> "Scripted":
        self.since.append(since)
        return self

    async def gather(self, subject: Subject, wanted: Collection[Inquiry]) -> Facts:
        self.wanted.append(frozenset(wanted))
        await self.release.wait()
        if self.fails:
            raise RuntimeError(f"a fault of ours with {subject}")
        seen = replace(PERFECT.key, fingerprint=self.key) if isinstance(PERFECT.key, KeyFacts) else PERFECT.key
        unasked = {one.value: NOT_ASKED for one in Inquiry if one not in wanted}
        return replace(PERFECT, now=self.now.now(), **({"key": seen} | self.changes | unasked))


@dataclass
class Stand:
    hands: Hands = field(default_factory=Hands)
    soon: list[Key] = field(default_factory=list)
    refreshed: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.examiner = Scripted(self.hands)
        self.starts = Starts(monotonic=self.hands.monotonic, burst=2)
        self.preflights = Preflights(
            clock=self.hands,
            examiner=cast("Examiner", self.examiner),
            starts=self.starts,
            metrics=Metrics(),
            hosts=AllowedHosts(),
            soon=self.soon.append,
            refresh=self.refresh,
        )

    async def refresh(self, key: Key) -> None:
        self.refreshed.append(key)

    def consider(self, record: Record, *, request: str = "") -> float:
        annotations = {"ideogram-operator.io/preflight": request} if request else {}
        return self.preflights.consider(record, {"metadata": {"annotations": annotations}}, why_not=None)

    async def ended(self) -> None:
        """Returns when every preflight that was begun is over."""
        self.examiner.release.set()
        while tasks := [task for task in asyncio.all_tasks() if task.get_name().startswith("preflight ")]:
            await asyncio.gather(*tasks, return_exceptions=True)


def record(uid: str = "u1", name: Key = KEY, *, at: datetime = NOON) -> Record:
    memory = Memory(since=at)
    made = Record(key=name, uid=uid, memory=memory, told=memory, status=IntegrationStatus(), began=0.0)
    made.spec, made.generation, made.fingerprint = PERFECT.spec, 1, "one"
    return made


async def test_a_new_integration_is_looked_at_once_and_told_of_when_it_is_over() -> None:
    stand, one = Stand(), record()
    assert stand.consider(one) == float("inf")
    assert stand.consider(one) == float("inf")
    await stand.ended()
    assert len(stand.examiner.wanted) == 1
    assert stand.soon == [KEY]
    assert one.preflight.summary == "28/28"
    assert stand.consider(one) == one.spec.preflight.interval.total_seconds() if one.spec else False


async def test_what_was_read_before_somebody_asked_will_not_do() -> None:
    stand, one = Stand(), record()
    stand.consider(one)
    await stand.ended()
    assert stand.examiner.since == []
    stand.hands.seconds = 5.0
    stand.consider(one, request="now")
    await stand.ended()
    assert stand.examiner.since == [5.0]
    assert one.preflight.last_handled_request == "now"
    stand.consider(one, request="now")
    await stand.ended()
    assert len(stand.examiner.wanted) == 2


async def test_a_fault_of_ours_is_tried_again_after_a_minute_and_leaves_no_place_taken() -> None:
    stand, one = Stand(), record()
    stand.examiner.fails = True
    stand.consider(one)
    await stand.ended()
    assert one.preflight == PreflightStatus()
    assert 0 < stand.consider(one) <= AFTER_A_FAULT
    stand.hands.seconds = AFTER_A_FAULT
    stand.examiner.fails = False
    stand.consider(one)
    await stand.ended()
    assert one.preflight.summary == "28/28"


async def test_an_integration_of_the_same_name_begins_anew_and_hears_nothing_of_the_old_one() -> None:
    stand, old = Stand(), record("old")
    stand.consider(old)
    await asyncio.sleep(0)
    new = record("new")
    stand.consider(new)
    await stand.ended()
    assert old.preflight == PreflightStatus()
    assert new.preflight.summary == "28/28"


async def test_what_is_gone_is_not_looked_at_any_more() -> None:
    stand, one = Stand(), record()
    stand.consider(one)
    await asyncio.sleep(0)
    stand.preflights.forget(KEY)
    await stand.ended()
    assert one.preflight == PreflightStatus()


async def test_places_are_given_back_by_those_that_were_gone_before_they_began() -> None:
    stand = Stand()
    stand.starts.most = 1
    for number in range(2):
        stand.consider(record(name=Key("shop", f"web-{number}")))
        stand.preflights.forget(Key("shop", f"web-{number}"))
        await stand.ended()
    stand.hands.seconds = 1.0
    assert stand.consider(record()) == float("inf")


async def test_a_burst_waits_its_turn_and_places_are_given_back() -> None:
    stand = Stand()
    records = [record(name=Key("shop", f"web-{number}")) for number in range(3)]
    waits = [stand.consider(one) for one in records]
    assert waits[:2] == [float("inf")] * 2
    assert 0 < waits[2] <= 0.1
    assert 0 < stand.consider(records[2]) <= 0.1
    stand.hands.seconds = 0.1
    assert stand.consider(records[2]) == float("inf")
    await stand.ended()
    assert [one.preflight.summary for one in records] == ["28/28"] * 3


async def test_a_key_that_is_seen_to_be_another_one_is_read_again_at_once() -> None:
    stand, one = Stand(), record()
    stand.examiner.key = "another"
    stand.consider(one)
    await stand.ended()
    assert stand.refreshed == [KEY]


async def test_an_image_of_another_key_or_model_passes_for_nothing() -> None:
    stand, one = Stand(), record()
    stand.consider(one)
    await stand.ended()
    assert result(one, CheckId.IMAGE_DOWNLOAD) is CheckResult.PASS
    stand.examiner.changes = {"generation": Lack(result=CheckResult.SKIPPED, message="the budget is spent")}
    one.fingerprint = "another"
    stand.consider(one)
    await stand.ended()
    assert result(one, CheckId.IMAGE_DOWNLOAD) is CheckResult.SKIPPED
    stand.examiner.changes = {}
    one.drill = replace(one.drill, last_time=NOON)
    stand.consider(one)
    await stand.ended()
    assert result(one, CheckId.IMAGE_DOWNLOAD) is CheckResult.SKIPPED


def result(one: Record, check: CheckId) -> CheckResult:
    return next(told.result for told in one.preflight.checks if told.id is check)


def test_an_order_that_has_expired_hinders_nothing_and_an_unread_target_is_no_good_sign() -> None:
    one = record()
    written = {"mode": "ForceLive", "reason": "maintenance", "until": "2026-11-22T12:00:10Z"}
    spec = IntegrationSpec.parse({**WRITTEN, "override": written})
    one.spec = spec

    def breaker(at: datetime) -> BreakerFacts:
        found = subject_of(one, spec, hosts=AllowedHosts(), why_not=None, now=at).breaker
        assert isinstance(found, BreakerFacts)
        return found

    assert "ForceLive" in breaker(NOON).hindrance
    assert breaker(NOON + timedelta(seconds=10)).hindrance == ""
    ref = Ref(TargetKind.DEPLOYMENT, "storefront")
    missing = Problem(reason=Reason.TARGET_MISSING, message="it is not there")
    one.targets[ref] = Known(ref=ref, wish=spec.targets[0], problem=missing)
    assert breaker(NOON + timedelta(hours=1)).out_of_sync == ("Deployment/storefront",)


async def test_the_end_of_a_drill_is_looked_at() -> None:
    stand, one = Stand(), record()
    stand.consider(one)
    await stand.ended()
    one.drill = replace(one.drill, last_time=NOON)
    stand.consider(one)
    await stand.ended()
    assert stand.examiner.wanted[-1] == {Inquiry.BREAKER}
