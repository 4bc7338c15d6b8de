"""Every part of the operator, made once and handed to those who need it. Nothing is started here."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from ideogram_operator.checks.gathering.equipment import Equipment
from ideogram_operator.checks.gathering.making import make_examiner
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.events import Events
from ideogram_operator.cluster.first_look import FirstLook
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.watches import Change, Watches
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.accounts import Accounts
from ideogram_operator.runtime.acting import Actor
from ideogram_operator.runtime.agenda import Agenda, Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.drilling import Drills
from ideogram_operator.runtime.gather import Gatherer
from ideogram_operator.runtime.hearsay import Hearsay
from ideogram_operator.runtime.housekeeping import Housekeeping
from ideogram_operator.runtime.informer import Hearing
from ideogram_operator.runtime.keys import KeyReader
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.lookout import Lookout
from ideogram_operator.runtime.metered import MeteredSender
from ideogram_operator.runtime.metrics import IntegrationCollector, IntegrationFigures, Metrics
from ideogram_operator.runtime.notifying import Notifier
from ideogram_operator.runtime.permits import Permits
from ideogram_operator.runtime.preflight.preflights import Preflights
from ideogram_operator.runtime.preflight.starts import Starts
from ideogram_operator.runtime.preflight.surroundings import Memory
from ideogram_operator.runtime.probing.control import ControlURL
from ideogram_operator.runtime.probing.pool import PoolHooks, ProbePool
from ideogram_operator.runtime.probing.prober import Tools
from ideogram_operator.runtime.reconciler import Crowd, Preflighting, Reconciler
from ideogram_operator.runtime.records import Records
from ideogram_operator.runtime.releasing import Releaser
from ideogram_operator.runtime.reporting import Reporter, Telling
from ideogram_operator.runtime.roster import Roster
from ideogram_operator.runtime.settings import Settings
from ideogram_operator.runtime.store import Store
from ideogram_operator.runtime.survey import Surveyor
from ideogram_operator.runtime.switchboard import Switchboard
from ideogram_operator.runtime.verification import Verifier
from ideogram_operator.runtime.watching import Watching
from ideogram_operator.runtime.writer import INTEGRATIONS, Writer

DEBOUNCE = 0.2
DEBOUNCE_IN_A_CROWD = 5.0
"""Seconds after which a target that was heard of is read, while others wait to have theirs told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All parts of one operator.

    Attributes:
        hurry: has all that could not be done for want of the cluster done now.
    """

    settings: Settings
    clock: Clock
    gateway: Gateway
    metrics: Metrics
    store: Store
    hearing: Hearing
    agenda: Agenda
    reconciler: Reconciler
    pool: ProbePool
    control: ControlURL
    events: Events
    notifier: Notifier
    accounts: Accounts
    first_look: FirstLook
    watches: Watches
    preflights: Preflights
    housekeeping: Housekeeping
    lookout: Lookout
    hurry: Callable[[], None]


class Links:
    """The calls that go backwards: from the probes and the watch to whoever reconciles.

    The parts are made in the order of their dependencies; these are bound last.
    """

    def __init__(self) -> None:
        self.soon: Callable[[Key], None] = lambda _: None
        self.reconciler: Reconciler | None = None
        self.accounts_known: Callable[[], bool] = lambda: True
        self.crowd: Crowd | None = None

    @property
    def crowded(self) -> bool:
        """Whether somebody waits for a worker."""
        return self.crowd is not None and self.crowd.crowded

    def give_way(self, key: Key) -> bool:
        """Whether a reconcile should leave the rest to another round."""
        return self.crowd is not None and self.crowd.give_way(key)

    def dirty(self, key: Key) -> None:
        """An integration changed."""
        self.soon(key)

    def on_evidence(self, who: Hashable) -> None:
        """A stream has a new fact."""
        if isinstance(who, Key):
            self.soon(who)

    def on_calm(self, who: Hashable) -> None:
        """A stream has found once more that all is well.

        One that is at ease has nothing to decide by that, and comes by itself before what it decided on goes stale.
        With ten thousand it is most of what an operator would do all day.
        """
        record = self.reconciler.records.get(who) if self.reconciler is not None and isinstance(who, Key) else None
        if record is None or not record.at_ease:
            self.on_evidence(who)

    async def refresh(self, who: Hashable) -> None:
        """A refused key is about to be confirmed."""
        if isinstance(who, Key) and self.reconciler is not None:
            await self.reconciler.refresh_key(who)

    async def before_spend(self, whos: Sequence[Hashable], amount: Decimal) -> None:
        """Money is about to be spent.

        After a restart the largest account of a day holds, so one that could be written is enough: a namespace that
        refuses must not keep everybody else from being checked.
        """
        reconciler = self.reconciler
        if reconciler is None or not self.accounts_known():
            raise LookupError("it is not known yet what was spent before")
        asked = [reconciler.reporter.before_spend(who, amount) for who in whos if isinstance(who, Key)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        failures = [one for one in told if isinstance(one, BaseException)]
        if failures and len(failures) == len(told):
            raise failures[0]


def assemble(settings: Settings, *, clock: Clock, gateway: Gateway, sender: Sender, equipment: Equipment) -> Parts:
    """Returns the parts of an operator with these settings."""
    links = Links()
    metrics, events = Metrics(), Events(gateway, instance=socket.gethostname(), now=clock.now)
    metered = MeteredSender(sender, metrics)
    control = ControlURL(settings.control_url or None, sender=metered, clock=clock, random=random.random)
    pool = ProbePool(
        Tools(sender=metered, clock=clock, control=control, random=random.random),
        hooks=PoolHooks(
            on_evidence=links.on_evidence,
            on_calm=links.on_calm,
            refresh=links.refresh,
            before_spend=links.before_spend,
            namespace=lambda who: who.namespace if isinstance(who, Key) else who,
            late=metrics.probe_lateness.observe,
        ),
    )
    store, first_look = Store(links.dirty), FirstLook(gateway, clock.monotonic)
    limits = BlastRadius(clock, settings.max_rollouts, settings.max_flips_per_minute)
    notifier = Notifier(gateway=gateway, clock=clock, metrics=metrics, send=equipment.receivers.send)
    records, keys = Records(), KeyReader(gateway, clock)
    hosts = AllowedHosts.parse(settings.allow_hosts)
    examiner = make_examiner(
        gateway=gateway,
        sender=metered,
        equipment=equipment,
        surroundings=Memory(records=records, pool=pool),
        now=clock.now,
        monotonic=clock.monotonic,
        salt=keys.salt,
    )
    preflights = Preflights(
        clock=clock,
        examiner=examiner,
        starts=Starts(monotonic=clock.monotonic),
        metrics=metrics,
        hosts=hosts,
        soon=links.dirty,
        refresh=links.refresh,
    )
    reconciler = _reconciler(
        settings,
        clock,
        gateway,
        keys=keys,
        pool=pool,
        store=store,
        records=records,
        events=events,
        notifier=notifier,
        limits=limits,
        first_look=first_look,
        preflights=preflights,
        verifier=Verifier(clock=clock, ask=equipment.verify, soon=links.dirty),
        metrics=metrics,
        crowd=links,
    )
    accounts = Accounts(clock=clock)

    async def reconcile(key: Key) -> float:
        pause = await reconciler.reconcile(key)
        record = records.get(key)
        if record is None or record.account_known:
            accounts.read(key)
        return pause

    agenda = Agenda(reconcile, clock, workers=settings.workers)
    links.crowd = agenda
    links.soon, links.reconciler, links.accounts_known = agenda.soon, reconciler, lambda: accounts.known
    hearing = Hearing(last=clock.monotonic())
    hearsay = Hearsay(delay=DEBOUNCE, tell=partial(_changed, reconciler, agenda))
    watches = Watches(gateway, hearsay.hear, on_list=partial(_listed, reconciler, agenda))
    housekeeping = Housekeeping(
        gateway=gateway,
        clock=clock,
        store=store,
        hearing=hearing,
        agenda=agenda,
        metrics=metrics,
        limits=limits,
        namespaces=settings.namespaces,
        every=settings.resync.total_seconds(),
        watched=Watching(records=records, watches=watches, crowd=agenda, clock=clock).keep,
    )
    hurry = partial(_hurry, reconciler, agenda, clock)
    where = Address(resource=INTEGRATIONS, namespace=next(iter(settings.namespaces), ""))
    metrics.registry.register(IntegrationCollector(lambda: _figures(reconciler, pool)))
    metrics.decided.set_function(lambda: sum(record.decision is not None for record in records))
    return Parts(
        settings=settings,
        clock=clock,
        gateway=gateway,
        metrics=metrics,
        store=store,
        hearing=hearing,
        agenda=agenda,
        reconciler=reconciler,
        pool=pool,
        control=control,
        events=events,
        notifier=notifier,
        accounts=accounts,
        first_look=first_look,
        watches=watches,
        preflights=preflights,
        housekeeping=housekeeping,
        lookout=Lookout(gateway=gateway, clock=clock, address=where, returned=hurry),
        hurry=hurry,
    )


def _reconciler(
    settings: Settings,
    clock: Clock,
    gateway: Gateway,
    *,
    keys: KeyReader,
    pool: ProbePool,
    store: Store,
    records: Records,
    events: Events,
    notifier: Telling,
    limits: BlastRadius,
    first_look: FirstLook,
    preflights: Preflighting,
    verifier: Verifier,
    metrics: Metrics,
    crowd: Crowd | None = None,
) -> Reconciler:
    resync = settings.resync.total_seconds()
    roster = Roster(gateway=gateway)
    switchboard = Switchboard(gateway=gateway, first_look=first_look, clock=clock, limits=limits, metrics=metrics)
    writer = Writer(gateway=gateway, clock=clock, metrics=metrics, heartbeat=settings.heartbeat.total_seconds())
    permits = Permits(gateway=gateway, clock=clock, max_age=resync)
    return Reconciler(
        store=store,
        clock=clock,
        records=records,
        gatherer=Gatherer(
            clock=clock,
            keys=keys,
            pool=pool,
            hosts=AllowedHosts.parse(settings.allow_hosts),
            switch_names=settings.switch_names,
        ),
        surveyor=Surveyor(clock=clock, roster=roster, permits=permits, switchboard=switchboard, resync=resync),
        actor=Actor(clock=clock, switchboard=switchboard, writer=writer),
        reporter=Reporter(clock=clock, pool=pool, writer=writer, events=events, notifier=notifier, records=records),
        releaser=Releaser(clock=clock, roster=roster, switchboard=switchboard, writer=writer, events=events),
        preflights=preflights,
        drills=Drills(gateway=gateway, clock=clock, records=records),
        verifier=verifier,
        metrics=metrics,
        resync=resync,
        crowd=crowd,
        read_only=settings.read_only,
    )


def _changed(reconciler: Reconciler, agenda: Agenda, changes: Sequence[Change]) -> None:
    for key in reconciler.records.holders(changes):
        agenda.later(key, DEBOUNCE_IN_A_CROWD if agenda.crowded else 0.0)


def _listed(reconciler: Reconciler, agenda: Agenda, namespace: str, kind: TargetKind, names: frozenset[str]) -> None:
    for key in reconciler.records.missing(namespace, kind, names):
        agenda.soon(key)


def _hurry(reconciler: Reconciler, agenda: Agenda, clock: Clock) -> None:
    for record in reconciler.records:
        if record.hurry(clock.monotonic()):
            agenda.soon(record.key)
    agenda.retry()


def _figures(reconciler: Reconciler, pool: ProbePool) -> list[IntegrationFigures]:
    """On the thread of a scrape: everything here is replaced by the loop, never changed."""
    found = []
    for record in reconciler.records:
        if record.decision is not None:
            checks = Counter(check.result for check in record.preflight.checks)
            found.append(
                IntegrationFigures(
                    key=record.key,
                    decision=record.decision,
                    probe_latency=pool.latency(record.key),
                    checks=checks,
                    last_drill=record.drill.last_success,
                )
            )
    return found
