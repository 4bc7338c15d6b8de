"""A storm's own echo is not listened to while it lasts; what is held is watched all the same, soon after."""

from dataclasses import dataclass, field

from ideogram_operator.resource.words import PLURAL, TargetKind
from ideogram_operator.runtime.watching import LONGEST, Places, Watching
from tests.runtime.life import KEY, Life, fallen

WEB: Places = frozenset({("shop", TargetKind.DEPLOYMENT)})
NOTHING: Places = frozenset()


@dataclass
class Noted:
    """Watches that are only noted."""

    running: Places = NOTHING

    def want(self, places: Places) -> None:
        self.running = places


@dataclass
class Waiting:
    crowded: bool = True


@dataclass
class Scene:
    life: Life
    watches: Noted = field(default_factory=Noted)
    crowd: Waiting = field(default_factory=Waiting)

    def __post_init__(self) -> None:
        records, clock = self.life.operator.records, self.life.clock
        self.watching = Watching(records=records, watches=self.watches, crowd=self.crowd, clock=clock)

    def after(self, seconds: float = 0.0) -> Places:
        self.life.clock.seconds += seconds
        self.watching.keep()
        return self.watches.running


async def test_a_watch_begins_as_soon_as_nobody_waits() -> None:
    scene = Scene(await fallen())
    assert scene.after() == NOTHING
    scene.crowd.crowded = False
    assert scene.after(1.0) == WEB


async def test_a_watch_is_put_off_for_some_seconds_at_most_and_each_storm_has_its_own() -> None:
    scene = Scene(await fallen())
    assert scene.after() == NOTHING
    assert scene.after(LONGEST - 1) == NOTHING
    assert scene.after(2.0) == WEB
    scene.crowd.crowded = False
    assert scene.after() == WEB
    scene.watches.running, scene.crowd.crowded = NOTHING, True
    assert scene.after() == NOTHING


async def test_a_watch_that_runs_goes_on_in_a_storm_and_ends_when_nothing_is_held() -> None:
    scene = Scene(await fallen())
    scene.watches.running = WEB | {("elsewhere", TargetKind.CRON_JOB)}
    assert scene.after() == WEB
    scene.life.api.remove(PLURAL, KEY.name)
    await scene.life.reconcile()
    await scene.life.reconcile()
    assert scene.after() == NOTHING
