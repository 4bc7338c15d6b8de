"""The preflight's gate under the real reconciler: in fallback until the required checks pass, and no further."""

from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.observations import CheckStatus, PreflightStatus
from ideogram_operator.resource.words import State
from tests.decisions.player import NOON
from tests.runtime.life import Life, live

GATE = {"gate": "GoLive", "required": ["key-in-secret", "moderation-layer"]}


def checked(**results: CheckResult) -> PreflightStatus:
    found = [CheckStatus(id=CheckId(name.replace("_", "-")), result=result) for name, result in results.items()]
    passed = all(one.result is CheckResult.PASS for one in found)
    return PreflightStatus(last_time=NOON, checks=tuple(found), open_since=NOON if passed else None)


CLOSED = checked(key_in_secret=CheckResult.PASS, moderation_layer=CheckResult.FAIL)
OPEN = checked(key_in_secret=CheckResult.PASS, moderation_layer=CheckResult.PASS)


async def gated(**spec: object) -> Life:
    life = Life()
    life.preflights.found = CLOSED
    return await live(life, then=lambda life: life.spec.update({"preflight": GATE} | spec))


async def test_a_closed_gate_keeps_the_targets_in_fallback_and_says_what_is_missing() -> None:
    life = await gated()
    assert (life.switch(), life.state, life.switched()) == ("false", State.FALLBACK, 1)
    assert life.status.reason == "PreflightGate"
    assert "missing: moderation-layer" in (life.status.message or "")
    assert "key-in-secret" not in (life.status.message or "")
    assert life.condition("FallbackActive")[:2] == ("True", "PreflightGate")
    assert life.events.reasons.count("PreflightGate") == 1
    await life.keep("ok", seconds=7200, every=60)
    assert (life.switch(), life.switched()) == ("false", 1)


async def test_a_gate_that_opens_gives_the_targets_back_at_once() -> None:
    life = await gated()
    life.preflights.found = OPEN
    await life.see("ok ok")
    assert (life.switch(), life.state, life.claims()) == ("true", State.LIVE, [])
    assert [(flip.to, flip.trigger) for flip in life.status.history] == [
        ("Fallback", "preflight"),
        ("Live", "preflight"),
    ]
    assert life.record.memory.recent_flips == ()


async def test_a_gate_that_opens_into_the_unknown_waits_for_evidence() -> None:
    life = await gated()
    await life.see("blind")
    life.preflights.found = OPEN
    await life.see("blind")
    assert life.switch() == "false"
    await life.see("ok")
    assert life.switch() == "true"


async def test_a_restart_behind_a_closed_gate_patches_nothing() -> None:
    life = await gated()
    life.restart()
    life.preflights.found = CLOSED
    before = life.switched()
    await life.see("ok ok ok")
    assert (life.switch(), life.switched()) == ("false", before)


async def test_a_gate_that_only_observes_touches_nothing_and_says_what_it_would_do() -> None:
    life = await gated(mode="Observe")
    assert (life.switch(), life.state) == ("true", State.FALLBACK)
    assert (life.status.message or "").startswith("Would be in fallback since")


async def test_no_drill_begins_behind_a_closed_gate() -> None:
    life = await gated()
    life.annotate(drill="1")
    await life.settle()
    assert life.status.drill is not None
    assert life.status.drill.message == "Not begun: the preflight's gate is closed."
