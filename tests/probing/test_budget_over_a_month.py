"""A month of paid checks in virtual time: regular ones, preflights, outages, restarts, statuses that cannot be written.

Whatever happens, no day costs an account more than the smallest budget of those who share its key. What is counted is
what the provider saw, not what the operator believes.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.resource.observations import ProbeStatus
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import ProbeMethod
from ideogram_operator.runtime.accounts import Accounts
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.probing.ledger import utc_day
from ideogram_operator.runtime.standings import probe_status
from tests.probing.world import EPOCH, FINE, Does, VirtualClock, World, demand, in_virtual_time

HOUR = 3600.0
DAY = 24 * HOUR
SHARED, OWN = ApiKey("ideo-shared-0123456789abcdef"), ApiKey("ideo-own-0123456789abcdef")
SHOP, GALLERY, LONER = Key("shop", "shop"), Key("shop", "gallery"), Key("other", "loner")
KEYS = {SHOP: SHARED, GALLERY: SHARED, LONER: OWN}
BUDGETS = {SHOP: Decimal("0.50"), GALLERY: Decimal("0.30"), LONER: Decimal("0.20")}
ALLOWED = {SHARED.fingerprint: Decimal("0.30"), OWN.fingerprint: Decimal("0.20")}


@dataclass(frozen=True)
class Event:
    """Something that happens after so many hours: a preflight of these, a restart, or a change of what can be written."""

    after: float
    preflight: tuple[Key, ...] = ()
    restart: tuple[Key, ...] = ()
    unwritable: frozenset[Key] | None = None
    outage: bool | None = None


who = st.sampled_from(list(KEYS))
afters = st.floats(0.0, 30.0, allow_nan=False)
events = st.lists(
    st.one_of(
        st.builds(Event, after=afters, preflight=st.lists(who, min_size=1, max_size=5).map(tuple)),
        # The order in which they are read again after the restart.
        st.builds(Event, after=afters, restart=st.permutations(list(KEYS)).map(tuple)),
        st.builds(Event, after=afters, unwritable=st.frozensets(who)),
        st.builds(Event, after=afters, outage=st.booleans()),
    ),
    min_size=20,
    max_size=45,
)


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """What cannot be recorded for weeks is warned of each minute; here nobody reads that."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@dataclass
class Month:
    """A cluster whose operator is killed and started again; statuses are what survives."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    statuses: dict[Key, IntegrationStatus] = field(default_factory=dict)
    unwritable: frozenset[Key] = frozenset()
    outage: bool = False
    costs: "defaultdict[tuple[str, date], Decimal]" = field(default_factory=lambda: defaultdict(Decimal))
    world: World | None = None
    accounts: Accounts | None = None
    asking: "set[asyncio.Task[object]]" = field(default_factory=set)

    def behave(self, request: Request, now: float) -> Does:
        if request.method is ProbeMethod.GENERATE and request.key is not None:
            day = utc_day(EPOCH + timedelta(seconds=now))
            self.costs[request.key.fingerprint, day] += Decimal("0.05")
            assert self.costs[request.key.fingerprint, day] <= ALLOWED[request.key.fingerprint]
        return Does(status=503) if self.outage else FINE

    async def start(self, order: Sequence[Key]) -> None:
        """Starts the operator; integrations come to it one after the other, some only after a while."""
        await self.stop()
        self.world = World(self.behave)
        self.world.pool._hooks = type(self.world.pool._hooks)(before_spend=self.before_spend)
        self.accounts = Accounts(clock=self.clock)
        self.accounts.expect(KEYS)
        for index, key in enumerate(order):
            await asyncio.sleep(7.0 * index)
            probe = self.statuses.get(key, IntegrationStatus()).probe
            if probe is not None and probe.spent_on is not None and probe.spent_today_usd is not None:
                fingerprint = KEYS[key].fingerprint
                self.world.pool.ledger.restore(fingerprint, date.fromisoformat(probe.spent_on), probe.spent_today_usd)
            self.world.pool.subscribe(
                key,
                demand(
                    key=KEYS[key],
                    interval=HOUR,
                    timeout=10.0,
                    generate_interval=6 * HOUR,
                    daily_budget=BUDGETS[key],
                    next_generate=probe.next_generate_time if probe else None,
                ),
            )
            self.accounts.read(key)

    async def stop(self) -> None:
        for task in self.asking:
            task.cancel()
        await asyncio.gather(*self.asking, return_exceptions=True)
        if self.world is not None:
            await self.world.pool.close()

    async def before_spend(self, whos: Sequence[Hashable], _: Decimal) -> None:
        if self.accounts is None or not self.accounts.known:
            raise LookupError("it is not known yet what was spent before")
        written = [key for key in whos if isinstance(key, Key) and key not in self.unwritable]
        if not written:
            raise OSError("no status can be written")
        for key in written:
            self.statuses[key] = IntegrationStatus.parse(IntegrationStatus(probe=self.probe(key)).to_wire())

    def probe(self, key: Key) -> ProbeStatus | None:
        assert self.world is not None
        return probe_status(self.world.pool.stats(key), None, self.clock.now(), "")

    def preflight(self, key: Key) -> None:
        assert self.world is not None
        task: asyncio.Task[object] = asyncio.create_task(self.waited(self.world, key))
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    async def waited(self, world: World, key: Key) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(90.0):
                await world.pool.generation(key)


async def lived(happens: Sequence[Event]) -> Month:
    month = Month()
    await month.start(list(KEYS))
    for event in happens:
        if month.clock.monotonic() > 30 * DAY:
            break
        await asyncio.sleep(event.after * HOUR)
        month.unwritable = event.unwritable if event.unwritable is not None else month.unwritable
        month.outage = event.outage if event.outage is not None else month.outage
        for key in event.preflight:
            month.preflight(key)
        if event.restart:
            await month.start(event.restart)
    await month.stop()
    return month


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(events)
def test_no_day_costs_more_than_its_budget_whatever_happens_in_a_month(happens: list[Event]) -> None:
    month = in_virtual_time(lived(happens))
    for (fingerprint, _), cost in month.costs.items():
        assert cost <= ALLOWED[fingerprint]


def test_an_account_that_could_not_be_written_does_not_decide_after_a_restart() -> None:
    """The shop's status misses what the gallery's tells, and the shop is read first after each of many restarts."""
    happens = [Event(after=0.1, unwritable=frozenset({SHOP}))]
    happens += [Event(after=0.05, preflight=(GALLERY,)), Event(after=0.05, restart=(SHOP, LONER, GALLERY))] * 12
    month = in_virtual_time(lived(happens))
    assert max(month.costs.values()) == Decimal("0.20")


def test_a_month_of_preflights_is_carried_out_and_leaves_a_reserve() -> None:
    month = in_virtual_time(lived([Event(after=2.0, preflight=(SHOP, GALLERY, LONER))] * 360))
    days = {day for _, day in month.costs}
    assert len(days) >= 30
    # Of 0.30 a day one confirmation and one recovery check are kept back: four checks remain.
    assert {cost for (key, _), cost in month.costs.items() if key == SHARED.fingerprint} <= {
        Decimal("0.20"),
        Decimal("0.15"),
        Decimal("0.10"),
        Decimal("0.05"),
    }
