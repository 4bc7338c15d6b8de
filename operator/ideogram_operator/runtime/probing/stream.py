"""One probe stream: a loop that starts probes when the pacing says so, and learns from each as it lands.

Probes are tasks beside the loop. A hang must not keep its own confirmations waiting, and a late answer still counts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.ideogram.outcome import Outcome
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod
from ideogram_operator.runtime.probing.course import Course, Flight
from ideogram_operator.runtime.probing.demand import Rhythm
from ideogram_operator.runtime.probing.facts import Facts
from ideogram_operator.runtime.probing.latency import Latencies
from ideogram_operator.runtime.probing.ledger import until_tomorrow
from ideogram_operator.runtime.probing.pacing import FRESH_INTERVALS, Start, Why, expected, next_free, next_paid
from ideogram_operator.runtime.probing.prober import NotRecordedError, Tools, carry_out, record
from ideogram_operator.runtime.probing.purse import Purse, Reservation
from ideogram_operator.runtime.probing.stats import StreamStats
from ideogram_operator.runtime.probing.waiting import wait_or_wake

log = structlog.get_logger(__name__)

_REFRESH_WITHIN: Final = 5.0
_RECENT: Final = 60.0
_STILL_GOOD: Final = timedelta(seconds=60)
"""How long a probe that went well is good enough for somebody who asks for one."""
_STILL_BAD: Final = timedelta(seconds=10)
"""The same for one that did not: whoever has mended it and asks does not wait long for another."""
_WORTH_WAITING: Final = 30.0
"""Seconds of a ``Retry-After`` that somebody who asks for a probe waits out."""
_AFTER_MIDNIGHT: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """How a stream talks to its pool.

    Attributes:
        rhythm: what the subscribers want now.
        learned: called with each outcome, after it became a fact.
        refresh: has the key read again; the pool supersedes the stream if it is another one.
        subscribers: how many there are.
        turn: takes leave to start a probe; the seconds until that may be.
        late: told by how many seconds each probe was started late.
    """

    rhythm: Callable[[], Rhythm]
    learned: Callable[["Stream", Outcome], None]
    refresh: Callable[[], Awaitable[None]]
    subscribers: Callable[[], int]
    turn: Callable[[], float]
    late: Callable[[float], None] = field(default=lambda _: None)


class Stream:
    """Probes one method with one key.

    Args:
        request: what to send; timeout and connection are set for each probe.
        first: monotonic seconds at which the first probe is due.
        purse: of a paid stream; None for a free one.

    Attributes:
        calm: whether its last fact says what the one before said: that all is well, without a gap.
    """

    def __init__(self, request: Request, *, first: float, tools: Tools, hooks: Hooks, purse: Purse | None) -> None:
        if request.method is None:
            raise ValueError("a stream sends probes")
        self.method: ProbeMethod = request.method
        self.calm = False
        self._request = request
        self._tools = tools
        self._hooks = hooks
        self._purse = purse
        self._facts = Facts()
        self._latencies = Latencies()
        self._course = Course(first=first, jitter=self._jitter())
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._probes = 0
        self._skipped: str | None = None
        self._closed = False
        self._kicked = False
        self._last: tuple[datetime, Outcome] | None = None
        self._asking: list[asyncio.Future[tuple[datetime, Outcome] | str]] = []
        self._spawn(self._run())

    @property
    def facts(self) -> tuple[Evidence, ...]:
        """What it found, oldest first."""
        return self._facts.all()

    @property
    def unsupported(self) -> bool:
        """Whether the API's last word was that it does not know this method."""
        return self._facts.last is not None and self._facts.last.cause is Cause.PROBE_UNSUPPORTED

    @property
    def promising(self) -> bool:
        """Whether its last fact is good."""
        return self._facts.last is not None and self._facts.last.good

    @property
    def latency(self) -> float | None:
        """Seconds that its last probe took."""
        return self._facts.last.latency if self._facts.last is not None else None

    @property
    def stats(self) -> StreamStats:
        """How it stands."""
        last = self._facts.last
        return StreamStats(
            method=self.method,
            last_time=last.at if last else None,
            http_status=last.http_status if last else None,
            latency=last.latency if last else None,
            p95=self._latencies.p95,
            probes=self._probes,
            in_flight=len(self._course.in_flight),
            subscribers=self._hooks.subscribers(),
            unsupported=self.unsupported,
            spent_today=self._spent(),
            next_time=self._next_time() if self._purse else None,
            skipped=self._skipped,
        )

    def wake(self) -> None:
        """Has the loop look at the rhythm again, which may have changed."""
        refused = self._course.refused_reserve
        if self._purse is not None and refused is not None and self._purse.affords(Why(refused)):
            self._course = self._course.affordable_again()
        self._wake.set()

    def kick(self) -> None:
        """Has it probe now; not before the end of a ``Retry-After``, and a paid probe only within the budget."""
        self._kicked = True
        self._ask()

    def _ask(self) -> None:
        self._course = replace(self._course, asked=True)
        self._wake.set()

    def kick_unless_recent(self) -> None:
        """Has it probe now, unless it did within the last minute."""
        started = self._course.started
        if started is None or self._tools.clock.monotonic() - started > _RECENT:
            self.kick()

    async def asked(self) -> tuple[datetime, Outcome] | str:
        """Has it probe now and returns what that found, and when; or one sentence on why it was not sent.

        A probe that is under way, whoever asked for it, is as good as one of our own, and so is one that was made a
        moment ago: those who share a key pay once, for a failure too.

        Raises:
            LookupError: it was dropped, or failed by a fault of the operator; the message says which.
        """
        if self._last is not None and self._still_counts(self._last):
            return self._last
        wait = self._course.retry_at - self._tools.clock.monotonic()
        if wait > _WORTH_WAITING and not self._course.in_flight:
            why = "its cost could not be recorded" if self._course.unrecorded else "the API asked for a pause"
            # No sentence: it is not left out for good, and nobody may take it for that.
            raise LookupError(f"it was put off for another {wait:.0f} s, for {why}")
        answer: asyncio.Future[tuple[datetime, Outcome] | str] = asyncio.get_running_loop().create_future()
        self._asking.append(answer)
        if not self._course.in_flight:
            self._ask()
        try:
            return await answer
        finally:
            self._asking = [one for one in self._asking if one is not answer]
            # Whoever is cancelled takes the answer along.
            if answer.cancelled() and not self._asking and not self._kicked:
                # Nobody pays for what nobody waits for any more.
                self._course = replace(self._course, asked=False)

    def _still_counts(self, last: tuple[datetime, Outcome]) -> bool:
        good = last[1].health is Health.HEALTHY
        return timedelta() <= self._tools.clock.now() - last[0] < (_STILL_GOOD if good else _STILL_BAD)

    def stop(self) -> None:
        """Ends it; probes under way are dropped. :meth:`close` waits until they are."""
        self._closed = True
        self._answer(LookupError("it was dropped: the key or the model is another one now"))
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Ends it and waits for its tasks."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- the loop ------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        clock = self._tools.clock
        while True:
            self._wake.clear()
            due = self._due()
            if due is None:
                await self._wake.wait()
            elif due.at > clock.monotonic():
                await wait_or_wake(clock, due.at - clock.monotonic(), self._wake)
            else:
                await self._begin(due)

    async def _begin(self, due: Start) -> None:
        """Starts what is due, at its turn; what is no longer due by then is not started."""
        wait = self._hooks.turn()
        if wait <= 0:
            self._start(due)
            return
        await self._tools.clock.sleep(wait)
        later = self._due()
        if later is not None and later.at <= self._tools.clock.monotonic():
            self._start(later)

    def _due(self) -> Start | None:
        rhythm = self._hooks.rhythm()
        if self._purse is None:
            return next_free(rhythm, self._course, self._latencies.p95)
        return next_paid(rhythm, self._course)

    def _start(self, due: Start) -> None:
        self._kicked = False
        reservation = None
        if self._purse is not None:
            reservation = self._purse.reserve(due.why)
            if reservation is None:
                self._skip(self._purse, due.why)
                return
            self._skipped = None
        flight = Flight(self._tools.clock.monotonic(), due.nominal, self._course.started)
        if due.why is Why.REGULAR and not self._course.asked:
            # Others became due by what was just learned, or asked for.
            self._hooks.late(max(0.0, flight.started - due.at))
        self._course = self._course.launched(flight, self._jitter())
        if due.why.fresh:
            self._tools.control.ask()
        request = replace(self._request, timeout=self._hooks.rhythm().timeout, fresh=due.why.fresh)
        self._spawn(self._fly(request, flight, reservation))

    def _skip(self, purse: Purse, why: Why) -> None:
        pause = until_tomorrow(self._tools.clock.now()) + _AFTER_MIDNIGHT * (1 + self._jitter())
        self._course = self._course.refused(why.value, self._tools.clock.monotonic() + pause)
        self._skipped = purse.refusal(why)
        self._answer(self._skipped)

    # -- one probe -----------------------------------------------------------------------------------------------------

    async def _fly(self, request: Request, flight: Flight, reservation: Reservation | None) -> None:
        outcome: Outcome | None = None
        try:
            if self._purse is not None and reservation is not None:
                await record(self._purse, reservation)
            self._probes += 1
            outcome = await carry_out(request, started=flight.started, tools=self._tools)
        except NotRecordedError:
            # Whoever asked for it waits on: a new integration has no status for a moment.
            asked = any(not one.done() for one in self._asking)
            self._course = self._course.unsent(flight, self._tools.clock.monotonic(), asked=asked)
            self._skipped = "A paid check was put off: its cost could not be recorded."
        except Exception as error:  # noqa: BLE001 -- a worker: a fault of ours must not end the watching
            # No traceback: some renderers print its variables, and the key's header is among them.
            log.error("a probe failed by a fault of the operator", method=self.method.value, error=type(error).__name__)  # noqa: TRY400 -- as above
            self._answer(LookupError("it failed by a fault of the operator; its log says more"))
        finally:
            self._course = self._course.without(flight)
            self._wake.set()
        if outcome is not None and not self._closed:
            self._learn(outcome)

    def _learn(self, outcome: Outcome) -> None:
        now, rhythm = self._tools.clock.monotonic(), self._hooks.rhythm()
        self._course = self._course.learned(outcome, now, rhythm.confirmations)
        if outcome.health is Health.HEALTHY:
            self._latencies.add(outcome.latency)
        wait = expected(rhythm, self._course, now)
        if self._purse is not None:
            # With the budget spent, what is known stands until there is money to ask again.
            wait = max(wait, self._purse.wait)
        before = self._facts.last
        self._facts.add(outcome, at=self._tools.clock.now(), fresh_for=FRESH_INTERVALS * wait)
        self.calm = before is not None and self.promising and before.good and before.fresh(self._tools.clock.now())
        self._last = self._tools.clock.now(), outcome
        self._answer((self._tools.clock.now(), outcome))
        if self._course.denials == 1:
            self._course = replace(self._course, refreshing=True)
            self._spawn(self._refresh())
        self._wake.set()
        self._hooks.learned(self, outcome)

    async def _refresh(self) -> None:
        """Lets the key be read again before its refusal is confirmed: it may have been rotated a moment ago."""
        reading = asyncio.ensure_future(self._hooks.refresh())
        limit = asyncio.ensure_future(self._tools.clock.sleep(_REFRESH_WITHIN))
        try:
            # The hook may supersede this very stream, and must not be cancelled halfway through with it.
            await asyncio.wait({reading, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            limit.cancel()
            self._course = replace(self._course, refreshing=False)
            self._wake.set()

    def _answer(self, found: tuple[datetime, Outcome] | str | LookupError) -> None:
        """Tells those who asked; whoever has stopped waiting is passed over."""
        asking, self._asking = self._asking, []
        for answer in asking:
            if answer.done():
                continue
            if isinstance(found, LookupError):
                answer.set_exception(found)
            else:
                answer.set_result(found)

    # -- small things --------------------------------------------------------------------------------------------------

    def _spent(self) -> Decimal | None:
        return self._purse.spent if self._purse else None

    def _next_time(self) -> datetime | None:
        due = next_paid(self._hooks.rhythm(), replace(self._course, in_flight=(), refreshing=False, asked=False))
        if due is None:
            return None
        return self._tools.clock.now() + timedelta(seconds=max(0.0, due.at - self._tools.clock.monotonic()))

    def _jitter(self) -> float:
        return 2 * self._tools.random() - 1

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
