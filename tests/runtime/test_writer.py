"""Writing to the integration itself: only to the one that is meant, and nothing of anybody else's is lost."""

import asyncio
from decimal import Decimal

import pytest

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, Conflict
from ideogram_operator.resource.observations import ProbeStatus
from ideogram_operator.resource.words import PLURAL, RESTORE_FINALIZER, ProbeMethod, State
from tests.runtime.life import KEY, USD, Life, fallen, live
from tests.runtime.memory_api import Json, MemoryApi, on

OTHERS = "example.com/theirs"


def finalizers(life: Life) -> list[str]:
    found = life.api.there(PLURAL, KEY.name)
    assert found is not None
    names: list[str] = found["metadata"].get("finalizers", [])
    return names


async def test_the_finalizer_is_there_from_the_first_suspicion_until_live_again() -> None:
    life = await live()
    assert finalizers(life) == []
    await life.see("503")
    assert finalizers(life) == [RESTORE_FINALIZER]
    await life.see("ok ok")
    assert finalizers(life) == []
    assert life.api.count(f"get {PLURAL}/{KEY.name}") == 0, "the watch has told what is there"


async def test_the_finalizers_of_others_stay() -> None:
    life = await live()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].update(finalizers=[OTHERS]))
    await life.see("503")
    assert finalizers(life) == [OTHERS, RESTORE_FINALIZER]
    await life.see("ok ok")
    assert finalizers(life) == [OTHERS]


async def test_a_finalizer_that_somebody_adds_at_the_same_moment_stays() -> None:
    life = await live()

    def meanwhile(address: Address) -> None:
        life.api.before_patch = lambda _: None
        if address.subresource == "":
            life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].update(finalizers=[OTHERS]))

    life.api.before_patch = meanwhile
    await life.see("503 503")
    assert finalizers(life) == [OTHERS, RESTORE_FINALIZER]


async def test_one_that_is_being_deleted_gets_no_finalizer() -> None:
    life = await live()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].update(finalizers=[OTHERS]))
    life.hear()
    life.api.remove(PLURAL, KEY.name)
    await life.operator.actor.writer.finalizer(life.record, wanted=True)
    assert finalizers(life) == [OTHERS]


async def test_the_status_of_a_successor_is_not_written() -> None:
    life = await live()
    life.api.remove(PLURAL, KEY.name)
    life.apply()
    with pytest.raises(Conflict):
        await life.operator.actor.writer.status(life.record, life.record.status, why="test")
    found = life.api.there(PLURAL, KEY.name)
    assert found is not None
    assert "status" not in found


async def test_the_status_of_one_that_is_gone_is_nobodys_business() -> None:
    life = await live()
    life.api.remove(PLURAL, KEY.name)
    await life.operator.actor.writer.status(life.record, life.record.status, why="test")


async def test_status_is_written_when_its_meaning_changes_and_every_ten_minutes() -> None:
    life = await live()
    before = len(life.written)
    await life.keep("ok", seconds=3600)
    assert 5 <= len(life.written) - before <= 7


# -- what is about to be spent -----------------------------------------------------------------------------------------


async def spend(life: Life) -> None:
    await life.operator.reporter.before_spend(KEY, USD)


def paid(life: Life) -> ProbeStatus:
    probe = life.status.probe
    assert probe is not None
    return probe


async def test_what_is_spent_is_in_status_first() -> None:
    life = await live()
    before = len(life.written)
    await spend(life)
    assert len(life.written) == before + 1
    assert life.status.conditions


async def test_nothing_is_spent_while_it_cannot_be_written() -> None:
    life = await live()
    life.api.trouble.append(on("patch", f"{PLURAL}/status"))
    with pytest.raises(ClusterError):
        await spend(life)


async def test_nothing_is_spent_for_one_that_is_gone() -> None:
    life = await live()
    life.api.remove(PLURAL, KEY.name)
    with pytest.raises(ClusterError):
        await spend(life)


async def test_nothing_is_spent_before_the_first_status() -> None:
    """It would be the first write, and without a single condition."""
    life = Life()
    life.deploy()
    life.apply()
    life.api.trouble.append(on("patch", f"{PLURAL}/status"))
    with pytest.raises(ClusterError):
        await life.see("ok")
    life.api.trouble.clear()
    with pytest.raises(LookupError):
        await spend(life)
    assert life.written == []


class Racing(MemoryApi):
    """Writes of status take a while."""

    async def json_patch(self, address: Address, operations: "list[Json]", **_: object) -> Json:  # type: ignore[override]
        if address.subresource:
            await asyncio.sleep(0.01)
        return await super().json_patch(address, operations)


async def test_spending_and_reporting_at_once_lose_nothing_of_each_other() -> None:
    """The later write must not carry the earlier state: after a crash it would be believed."""
    life = Life()
    life.api.__class__ = Racing
    await live(life)
    flip = asyncio.create_task(life.see("503 503 503"))
    for _ in range(20):
        await spend(life)
    await flip
    await spend(life)
    assert life.status.state is State.FALLBACK
    assert life.status.breaker is not None
    assert life.status.breaker.flips == life.record.memory.flips


async def test_the_day_of_spending_is_kept_over_a_restart() -> None:
    life = await fallen()
    probe = ProbeStatus(method=ProbeMethod.DRY_RUN, spent_today_usd=Decimal("0.25"), spent_on="2026-11-22")
    life.api.edit(
        PLURAL,
        KEY.name,
        lambda raw: raw["status"].update(probe=probe.model_dump(mode="json", by_alias=True, exclude_none=True)),
    )
    life.restart()
    await life.reconcile()
    key = next(iter(life.pool.demands.values())).key
    assert life.pool.ledger.spent(key.fingerprint, life.clock.now().date()) == Decimal("0.25")
