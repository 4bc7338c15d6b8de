"""Who holds what: found by the namespace of what changed."""

import pytest

from ideogram_operator.cluster.watches import Change
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.words import PLURAL, State, TargetKind
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.roster import Roster
from ideogram_operator.runtime.survey import UNSETTLED_PAUSE
from tests.runtime.life import KEY, Life, fallen, live
from tests.runtime.memory_api import Json


def change(
    name: str = "web",
    namespace: str = "shop",
    kind: TargetKind = TargetKind.DEPLOYMENT,
    version: str = "1000",
    *,
    deleted: bool = False,
) -> Change:
    return Change(kind=kind, namespace=namespace, name=name, resource_version=version, deleted=deleted)


def put_back(raw: Json) -> None:
    """Somebody sets the switch as it was, and leaves the claim."""
    raw["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "IDEOGRAM_ENABLED", "value": "true"}]


async def test_who_holds_it_hears_of_it_and_reads_it_again() -> None:
    life = await fallen()
    assert life.operator.records.holders([change()]) == [KEY]
    life.api.asked.clear()
    await life.reconcile()
    assert life.api.count("get deployments/web") == 1


async def test_what_was_read_already_is_no_news_and_an_end_always_is() -> None:
    life = await fallen()
    version = str(life.api.there("deployments", "web")["metadata"]["resourceVersion"])
    holders = life.operator.records.holders
    assert holders([change(version=version)]) == []
    assert holders([change(version=str(int(version) - 1))]) == [KEY], "a cluster may have been restored"
    assert holders([change(version=version, deleted=True)]) == [KEY]


async def test_what_only_a_look_has_read_is_news_still() -> None:
    life = await fallen()
    life.api.edit("deployments", "web", put_back)
    life.clock.seconds += UNSETTLED_PAUSE + 1
    await life.reconcile()
    version = str(life.api.there("deployments", "web")["metadata"]["resourceVersion"])
    assert life.operator.records.holders([change(version=version)]) == [KEY]
    await life.reconcile()
    assert life.switch() == "false"


async def test_what_is_put_back_just_before_a_look_is_mended_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    life = await fallen()
    life.clock.seconds += UNSETTLED_PAUSE + 1
    call, heard = Roster.call, list[Key]()

    async def put_back_meanwhile(roster: Roster, record: Record) -> tuple[Problem, ...]:
        """The targets were told already in this reconcile, and are about to be looked at."""
        if not heard:
            life.api.edit("deployments", "web", put_back)
            version = str(life.api.there("deployments", "web")["metadata"]["resourceVersion"])
            heard.extend(life.operator.records.holders([change(version=version)]))
        return await call(roster, record)

    monkeypatch.setattr(Roster, "call", put_back_meanwhile)
    await life.reconcile()
    assert heard == [KEY]
    assert life.switch() == "false"


@pytest.mark.parametrize(
    "other", [change("other"), change(namespace="elsewhere"), change(kind=TargetKind.STATEFUL_SET)]
)
async def test_nobody_hears_of_what_is_not_theirs(other: Change) -> None:
    life = await fallen()
    assert life.operator.records.holders([other]) == []


async def test_one_that_holds_nothing_hears_nothing() -> None:
    life = await live()
    assert life.operator.records.holders([change()]) == []
    assert life.operator.records.held_places() == frozenset()


async def test_only_where_something_is_held_it_is_watched() -> None:
    life: Life = await fallen()
    assert life.operator.records.held_places() == {("shop", TargetKind.DEPLOYMENT)}
    life.api.remove(PLURAL, KEY.name)
    await life.reconcile()
    await life.reconcile()
    assert life.operator.records.held_places() == frozenset()


async def test_what_is_told_is_watched_before_its_reconcile_has_ended() -> None:
    life, written = await live(), list[object]()
    life.api.before_patch = lambda where: written.append((where.subresource, life.operator.records.held_places()))
    await life.see("503 503 503")
    assert written[-1] == ("status", {("shop", TargetKind.DEPLOYMENT)})
    assert life.status.state is State.FALLBACK


async def test_what_is_held_and_not_there_any_more_is_read_again() -> None:
    life = await fallen()
    missing = life.operator.records.missing
    assert missing("shop", TargetKind.DEPLOYMENT, {"web", "other"}) == []
    assert missing("shop", TargetKind.STATEFUL_SET, set()) == []
    assert missing("elsewhere", TargetKind.DEPLOYMENT, set()) == []
    life.api.remove("deployments", "web")
    assert missing("shop", TargetKind.DEPLOYMENT, set()) == [KEY]
    await life.reconcile()
    (told,) = life.status.targets
    assert told.reason == "TargetMissing"
