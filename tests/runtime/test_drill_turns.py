"""Whose turn it is: one drill in the whole operator, whoever was asked by a person first."""

from typing import Any, cast

from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import DRILL_ANNOTATION, TargetKind, TargetMode
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.drilling import Drills
from ideogram_operator.runtime.record import Known, Record, Ref
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.word import Sight
from tests.decisions.player import NOON, Player
from tests.runtime.life import Hands
from tests.runtime.memory_api import MemoryApi

SPEC = {
    "api": {"keySecretRef": {"name": "ideogram"}},
    "targets": [{"kind": "Deployment", "name": "web", "switch": {}}],
}
SCHEDULED = SPEC | {"drill": {"interval": "1h"}}


class Operator:
    """Integrations whose API works and whose targets are live, and the one place that conducts their drills."""

    def __init__(self) -> None:
        self.clock, self.records = Hands(), Records()
        self.drills = Drills(gateway=cast("Gateway", MemoryApi()), clock=self.clock, records=self.records)
        self.asked: dict[Key, str] = {}

    def add(self, name: str, spec: dict[str, Any] = SPEC) -> Record:
        memory, key = Player().memory, Key("shop", name)
        record = Record(key=key, uid=name, memory=memory, told=memory, status=IntegrationStatus(), began=0.0)
        record.spec, record.generation, record.looked_at = IntegrationSpec.parse(spec), 1, 0.0
        ref = Ref(TargetKind.DEPLOYMENT, "web")
        record.targets = {ref: Known(ref=ref, wish=record.spec.targets[0], mode=TargetMode.LIVE)}
        record.sights = {ref: Sight(others=(), shape="as it was")}
        self.records.add(record)
        return record

    def conduct(self, record: Record) -> DrillPhase | None:
        annotations = {DRILL_ANNOTATION: word} if (word := self.asked.get(record.key)) else {}
        raw = {"metadata": {"creationTimestamp": NOON.isoformat(), "annotations": annotations}}
        self.drills.conduct(record, raw, _healthy, None)
        return record.drill.phase

    def end(self, record: Record) -> None:
        record.drill = type(record.drill)(handled=record.drill.handled, last_time=self.clock.now())


def _healthy() -> Decision:
    player = Player()
    return player.see("ok")


def test_whoever_asks_while_another_rehearses_waits_its_turn() -> None:
    operator = Operator()
    one, two = operator.add("one"), operator.add("two")
    operator.asked = {one.key: "1", two.key: "1"}
    assert operator.conduct(one) is DrillPhase.FALLING
    assert operator.conduct(two) is None
    assert two.drill.result is None, "it was not refused"
    operator.end(one)
    assert operator.conduct(two) is DrillPhase.FALLING


def test_who_asked_first_has_the_first_turn() -> None:
    operator = Operator()
    one, two, three = (operator.add(name) for name in ("one", "two", "three"))
    operator.asked = dict.fromkeys((one.key, two.key, three.key), "1")
    operator.conduct(one)
    operator.conduct(two)
    operator.conduct(three)
    operator.end(one)
    assert operator.conduct(three) is None
    assert operator.conduct(two) is DrillPhase.FALLING


def test_a_person_comes_before_a_schedule() -> None:
    operator = Operator()
    one, due, asking = operator.add("one"), operator.add("due", SCHEDULED), operator.add("asking")
    operator.asked = {one.key: "1"}
    operator.conduct(one)
    operator.clock.seconds += 3601
    operator.asked[asking.key] = "1"
    operator.conduct(asking)
    operator.end(one)
    assert operator.conduct(due) is None
    assert operator.conduct(asking) is DrillPhase.FALLING


def test_a_thousand_that_are_due_together_rehearse_one_by_one() -> None:
    operator = Operator()
    records = [operator.add(f"integration-{number}", SCHEDULED) for number in range(1000)]
    operator.clock.seconds += 3601
    for record in records:
        operator.conduct(record)
    assert sum(1 for record in records if record.drill.phase is not None) == 1


def test_an_integration_that_is_gone_blocks_nobody() -> None:
    operator = Operator()
    one, two = operator.add("one"), operator.add("two")
    operator.asked = {one.key: "1", two.key: "1"}
    operator.conduct(one)
    operator.conduct(two)
    operator.records.pop(one.key)
    assert operator.conduct(two) is DrillPhase.FALLING


def test_an_integration_that_is_being_deleted_blocks_nobody() -> None:
    operator = Operator()
    one, two = operator.add("one"), operator.add("two")
    operator.asked = {one.key: "1", two.key: "1"}
    operator.conduct(one)
    one.releasing_since = 0.0
    assert operator.conduct(two) is DrillPhase.FALLING


def test_who_no_longer_asks_blocks_nobody() -> None:
    operator = Operator()
    one, two, three = (operator.add(name) for name in ("one", "two", "three"))
    operator.asked = dict.fromkeys((one.key, two.key, three.key), "1")
    for record in (one, two, three):
        operator.conduct(record)
    del operator.asked[two.key]
    operator.conduct(two)
    operator.end(one)
    assert operator.conduct(three) is DrillPhase.FALLING
