"""The pool: which streams there are, who shares them, and when a demand moves from one to another."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.ideogram.outcome import Outcome
from ideogram_operator.ideogram.prices import PriceTable
from ideogram_operator.ideogram.requests import probe_request
from ideogram_operator.resource.words import ProbeMethod
from ideogram_operator.runtime.probing.demand import Demand, Recover, Rhythm, StreamKey, paid
from ideogram_operator.runtime.probing.ledger import Ledger
from ideogram_operator.runtime.probing.members import Members, Streams
from ideogram_operator.runtime.probing.prober import Tools
from ideogram_operator.runtime.probing.purse import BeforeSpend, Purse
from ideogram_operator.runtime.probing.quotes import Quotes
from ideogram_operator.runtime.probing.share import Shares
from ideogram_operator.runtime.probing.stats import StreamStats
from ideogram_operator.runtime.probing.stream import Hooks, Stream
from ideogram_operator.runtime.probing.waiting import quietly

_SPREAD_PER_STREAM: Final = 0.010

Refresh = Callable[[Hashable], Awaitable[None]]
"""Reads a subscriber's Secret again and subscribes anew if the key is another one."""


async def _nothing(*_: object) -> None:
    """The hook of somebody who has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHooks:
    """What the pool asks of its owner.

    Attributes:
        on_evidence: told each subscriber of a stream with a new fact; it only takes note, and does not raise.
        on_calm: told instead, if the fact says what the one before said: that all is well.
        refresh: awaited for each subscriber before a refused key is confirmed.
        before_spend: awaited before money is spent; while it raises, none is.
        namespace: of a subscriber, whose share of all probes it is counted to.
        late: told by how many seconds each probe was started late.
    """

    on_evidence: Callable[[Hashable], None] = field(default=lambda _: None)
    on_calm: Callable[[Hashable], None] = field(default=lambda _: None)
    refresh: Refresh = _nothing
    before_spend: BeforeSpend = _nothing
    namespace: Callable[[Hashable], Hashable] = field(default=lambda who: who)
    late: Callable[[float], None] = field(default=lambda _: None)


class ProbePool:
    """All probe streams of one operator."""

    def __init__(
        self,
        tools: Tools,
        *,
        hooks: PoolHooks | None = None,
        ledger: Ledger | None = None,
        prices: PriceTable | None = None,
    ) -> None:
        self.ledger = ledger or Ledger()
        self._tools = tools
        self._hooks = hooks or PoolHooks()
        self._quotes = Quotes(prices or PriceTable())
        self._demands: dict[Hashable, Demand] = {}
        self._engaged: dict[Hashable, tuple[StreamKey, ...]] = {}
        self._members: dict[StreamKey, Members] = {}
        self._streams: dict[StreamKey, Stream] = {}
        self._rhythms: dict[StreamKey, Rhythm] = {}
        self._unsupported: set[StreamKey] = set()
        self._refreshing: set[asyncio.Future[None]] = set()
        self._shares = Shares(monotonic=tools.clock.monotonic)

    # -- what subscribers do -------------------------------------------------------------------------------------------

    def subscribe(self, who: Hashable, demand: Demand) -> None:
        """Takes a demand up, or the change of one; the same demand again changes nothing."""
        if self._demands.get(who) != demand:
            self._demands[who] = demand
            self._engage(who)

    def unsubscribe(self, who: Hashable) -> None:
        """Lets a subscriber go, and the streams that nobody else shares."""
        if self._demands.pop(who, None) is not None:
            self._leave(who, self._engaged.pop(who))

    def evidence(self, who: Hashable) -> tuple[Evidence, ...]:
        """All facts that are kept of the subscriber's streams, oldest first; none for a stranger."""
        facts = [fact for stream in self._of(who) for fact in stream.facts]
        return tuple(sorted(facts, key=lambda fact: fact.at))

    def stats(self, who: Hashable) -> tuple[StreamStats, ...]:
        """How the subscriber's streams stand, the frequent check's first."""
        return tuple(stream.stats for stream in self._of(who))

    def latency(self, who: Hashable) -> float | None:
        """Seconds that the subscriber's latest frequent check took; None while there is none. From any thread."""
        for key in self._engaged.get(who, ())[:1]:
            stream = self._streams.get(key)
            return stream.latency if stream is not None else None
        return None

    def all_stats(self) -> dict[StreamKey, StreamStats]:
        """How all streams stand, for metrics."""
        return {key: stream.stats for key, stream in self._streams.items()}

    def probe_now(self, who: Hashable) -> None:
        """Has the frequent check probe at once; a refused key is tried again, a ``Retry-After`` is still honoured."""
        for stream in self._of(who)[:1]:
            stream.kick()

    async def generation(self, who: Hashable) -> tuple[datetime, Outcome] | str | None:
        """Has a subscriber's paid check made now; returns what it found and when, or a sentence on why it was not sent.

        Shared like every probe: all who ask at the same time get the same one. None: the subscriber wants none.

        Raises:
            LookupError: it came to nothing; the message says why.
        """
        stream = next((stream for stream in self._of(who) if paid(stream.method)), None)
        return None if stream is None else await stream.asked()

    async def close(self) -> None:
        """Ends all streams and waits for their probes to be dropped."""
        streams, self._streams = list(self._streams.values()), {}
        self._demands.clear()
        self._engaged.clear()
        self._members.clear()
        for task in self._refreshing:
            task.cancel()
        await asyncio.gather(*(stream.close() for stream in streams), *self._refreshing, return_exceptions=True)

    # -- who shares what -----------------------------------------------------------------------------------------------

    def _of(self, who: Hashable) -> list[Stream]:
        return [self._streams[key] for key in self._engaged.get(who, ())]

    def _engage(self, who: Hashable) -> None:
        """Brings a subscriber's streams in line with its demand and with what the API is known to support."""
        demand, before = self._demands[who], self._engaged.get(who, ())
        after = tuple(self._wanted(demand))
        self._engaged[who] = after
        for key in after:
            if key not in self._members:
                self._members[key] = Members(key.method, self._promising)
            self._members[key].put(who, demand, after)
        for key in after:
            self._refreshed(key, demand)
        self._leave(who, [key for key in before if key not in after])

    def _wanted(self, demand: Demand) -> Iterable[StreamKey]:
        wanted: dict[StreamKey, None] = {}
        for method in demand.ladder():
            key = demand.stream(method)
            wanted[key] = None
            if key not in self._streams or not self._streams[key].unsupported:
                break
        if demand.pays:
            wanted[demand.stream(ProbeMethod.GENERATE)] = None
        return wanted

    def _refreshed(self, key: StreamKey, demand: Demand) -> None:
        self._rhythms.pop(key, None)
        if key in self._streams:
            self._streams[key].wake()
        else:
            self._streams[key] = self._open(key, demand)

    def _leave(self, who: Hashable, keys: Iterable[StreamKey]) -> None:
        for key in keys:
            self._members[key].drop(who)
            self._rhythms.pop(key, None)
            if not self._members[key]:
                del self._members[key]
                self._streams.pop(key).stop()
                self._unsupported.discard(key)
            else:
                self._streams[key].wake()

    # -- a stream ------------------------------------------------------------------------------------------------------

    def _open(self, key: StreamKey, demand: Demand) -> Stream:
        request = probe_request(
            base_url=demand.base_url, key=demand.key, model=demand.model, method=key.method, timeout=demand.timeout
        )
        hooks = Hooks(
            rhythm=partial(self._rhythm, key),
            learned=partial(self._learned, key),
            refresh=partial(self._refresh, key),
            subscribers=lambda: len(self._members.get(key, ())),
            turn=partial(self._turn, key),
            late=self._hooks.late,
        )
        purse = self._purse(key) if paid(key.method) else None
        return Stream(request, first=self._first(key, demand), tools=self._tools, hooks=hooks, purse=purse)

    def _turn(self, key: StreamKey) -> float:
        wanting = {self._hooks.namespace(who) for who in self._members[key]}
        return self._shares.take(wanting, timeout=self._rhythm(key).timeout)

    def _purse(self, key: StreamKey) -> Purse:
        return Purse(
            ledger=self.ledger,
            fingerprint=key.fingerprint,
            clock=self._tools.clock,
            price=partial(self._quotes.price, key),
            budget=partial(self._budget, key.fingerprint),
            sharers=lambda: tuple(self._members.get(key, ())),
            before_spend=self._hooks.before_spend,
        )

    def _first(self, key: StreamKey, demand: Demand) -> float:
        now = self._tools.clock.monotonic()
        if paid(key.method) and demand.next_generate is not None:
            wait = (demand.next_generate - self._tools.clock.now()).total_seconds()
            return now + min(max(0.0, wait), demand.generate_interval or demand.interval)
        # All at once would be a burst after a restart; one integration alone need not wait.
        return now + self._tools.random() * min(demand.interval, _SPREAD_PER_STREAM * len(self._streams))

    def _rhythm(self, key: StreamKey) -> Rhythm:
        if key not in self._rhythms:
            self._rhythms[key] = self._members[key].rhythm()
        return self._rhythms[key]

    def _promising(self, streams: Streams) -> bool:
        free = [self._streams[key] for key in streams if not paid(key.method)]
        return all(stream.promising or stream.unsupported for stream in free)

    def _learned(self, key: StreamKey, stream: Stream, outcome: Outcome) -> None:
        if outcome.quote is not None:
            self._quotes.note(key, outcome.quote)
        if stream.unsupported is not (key in self._unsupported):
            self._unsupported.symmetric_difference_update({key})
            self._change_method(key)
        members = list(self._members.get(key, ()))
        recovering = [self._demands[who] for who in members if isinstance(self._demands[who].pace, Recover)]
        if not paid(key.method):
            for paid_one in {demand.stream(ProbeMethod.GENERATE) for demand in recovering}:
                self._reconsider(paid_one)
        tell = self._hooks.on_calm if stream.calm else self._hooks.on_evidence
        for who in members:
            tell(who)

    def _change_method(self, key: StreamKey) -> None:
        """Moves the subscribers to the next stronger method, or back from it."""
        for who in list(self._members[key]):
            self._engage(who)
            stronger = self._of(who)[1:]
            if key in self._unsupported and stronger and paid(stronger[-1].method):
                stronger[-1].kick_unless_recent()

    def _reconsider(self, key: StreamKey) -> None:
        if key in self._streams:
            self._rhythms.pop(key, None)
            self._streams[key].wake()

    async def _refresh(self, key: StreamKey) -> None:
        """Has every subscriber's Secret read again, each in its own time."""
        tasks = [asyncio.ensure_future(quietly(self._hooks.refresh(who))) for who in self._members.get(key, ())]
        # Kept here, since a hook that finds another key supersedes the stream that waits for it.
        self._refreshing.update(tasks)
        for task in tasks:
            task.add_done_callback(self._refreshing.discard)
        if tasks:
            await asyncio.wait(tasks)

    def _budget(self, fingerprint: str) -> Decimal:
        sharers = (demand for demand in self._demands.values() if demand.key.fingerprint == fingerprint)
        return min((demand.daily_budget for demand in sharers if demand.pays), default=Decimal(0))
