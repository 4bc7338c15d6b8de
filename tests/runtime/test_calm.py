"""While all is well, more good news are no work; everything else is."""

from ideogram_operator.resource.words import State
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.assembly import Links
from tests.runtime.life import KEY, Life, fallen, live


def worked(life: Life, *, calm: bool, who: Key = KEY) -> bool:
    """Whether a fact makes work."""
    soon: list[Key] = []
    links = Links()
    links.soon, links.reconciler = soon.append, life.operator
    (links.on_calm if calm else links.on_evidence)(who)
    return soon == [who]


async def test_good_news_for_one_that_is_well_are_no_work() -> None:
    life = await live()
    await life.see("ok ok")
    assert not worked(life, calm=True)
    assert worked(life, calm=False)


async def test_one_that_is_well_looks_again_before_what_it_knows_is_stale() -> None:
    life = await live()
    pause = await life.see("ok ok")
    fresh_for = life.pool.told[-1].fresh_for.total_seconds()
    assert pause <= fresh_for + 1
    life.clock.seconds += pause
    await life.reconcile()
    assert worked(life, calm=True), "nothing good was heard in time"


async def test_who_doubts_holds_or_returns_hears_of_everything() -> None:
    life = await live()
    await life.see("503")
    assert life.record.memory.state is State.SUSPECT
    assert worked(life, calm=True)
    assert worked(await fallen(), calm=True)


async def test_a_closed_gate_and_one_that_is_not_at_work_hear_of_everything() -> None:
    life = await live()
    await life.see("ok ok")
    life.record.preflight_gate = ("key-in-secret",)
    assert worked(life, calm=True)
    assert worked(life, calm=True, who=Key("shop", "new"))
