"""Telling people: an alert's beginning and its end go to the receivers of ``spec.notify``, in the background.

A provider that dies fires the same alert for every integration at once. What goes to one receiver within a moment is
one message, so that an on-call is woken once and not a hundred times. What cannot be delivered is tried again for ten
minutes, then given up and told of in the log and in the metrics: nothing else ever waits for it.
"""

import asyncio
import contextlib
import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from ideogram_operator.cluster.errors import ClusterError, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import SecretValue, read_entries
from ideogram_operator.decisions.memory import Alert
from ideogram_operator.resource.services import Notify
from ideogram_operator.resource.words import Severity, Trigger
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.fairness import may_take
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.services.receivers import Kind
from ideogram_operator.services.results import ServiceError

log = structlog.get_logger(__name__)

MOMENT: Final = 2.0
"""Seconds for which messages to one receiver are gathered into one."""
PAUSES: Final = (5.0, 30.0, 120.0, 420.0)
"""Seconds before each further try."""
MOST_WAITING: Final = 10_000
LISTED: Final = 20
"""So many integrations are named in one message."""


class Send(Protocol):
    """Sends a message to a receiver."""

    def __call__(self, url: SecretValue, *, namespace: str, title: str, body: str, kind: Kind) -> Awaitable[None]:
        """Raises ServiceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiding:
    """One edge of one alert of one integration.

    Attributes:
        fired: whether it began; else it ended.
        text: what was seen and what to do.
    """

    key: Key
    trigger: Trigger
    severity: Severity
    fired: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A tiding on its way to one receiver; ``unread``: how often its Secret could not be read since it was put off."""

    tiding: Tiding
    secret: str
    entry: str
    unread: int = 0

    @property
    def place(self) -> "_Place":
        """Where its receiver's URL stands."""
        return self.tiding.key.namespace, self.secret


_Place = tuple[str, str]
"""Namespace and name of a Secret."""
_Group = tuple[str, str, Trigger, Severity, bool]
"""Namespace, the receiver's URL, and what the tidings have in common. A namespace's receivers are its own."""


@dataclass(slots=True, kw_only=True)
class Notifier:
    """The tidings on their way, and the tasks that deliver them; ``run`` it."""

    gateway: Gateway
    clock: Clock
    metrics: Metrics
    send: Send
    _waiting: deque[_Letter] = field(default_factory=deque)
    _put_off: dict[_Place, list[_Letter]] = field(default_factory=dict)
    _whose: Counter[str] = field(default_factory=Counter)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _order: "defaultdict[tuple[str, str], asyncio.Lock]" = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _readers: "set[asyncio.Task[None]]" = field(default_factory=set)

    def tell(self, receivers: Iterable[Notify], tiding: Tiding) -> None:
        """Has every receiver told that hears of this severity. Never waits, never raises."""
        for receiver in receivers:
            if tiding.severity in receiver.severities:
                namespace = tiding.key.namespace
                # No tenant's storm silences the others.
                if not may_take(own=self._whose[namespace], taken=self._whose.total(), most=MOST_WAITING):
                    self.metrics.notifications.labels(result="dropped").inc()
                    continue
                ref = receiver.url_secret_ref
                self._waiting.append(_Letter(tiding=tiding, secret=ref.name, entry=ref.key))
                self._whose[namespace] += 1
                self._wake.set()

    async def run(self) -> None:
        """Delivers until cancelled."""
        try:
            while True:
                await self._wake.wait()
                await self.clock.sleep(MOMENT)
                await self._hand_out()
        finally:
            self._give_up()

    async def flush(self, *, seconds: float) -> None:
        """Sends what waits, and gives what is on its way so many seconds in all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hand_out()
                while self._tasks:
                    await asyncio.wait(self._tasks)

    @property
    def _undelivered(self) -> int:
        """Letters for which no delivery has begun."""
        return len(self._waiting) + sum(map(len, self._put_off.values()))

    def _give_up(self) -> None:
        """Ends what is on its way; what was not delivered is counted and told of."""
        lost = self._undelivered + len(self._tasks)
        if lost:
            self.metrics.notifications.labels(result="failed").inc(lost)
            log.error("notifications were given up: the operator ends", count=lost)
        for task in (*self._tasks, *self._readers):
            task.cancel()

    async def _hand_out(self) -> None:
        self._wake.clear()
        places = {letter.place for letter in self._waiting} - self._put_off.keys()
        found = dict(zip(places, await asyncio.gather(*(self._entries(*place) for place in places)), strict=True))
        # Nothing is awaited from here on, and what waits is taken only now: whoever is cancelled loses nothing.
        letters: defaultdict[_Place, list[_Letter]] = defaultdict(list)
        for letter in self._waiting:
            letters[letter.place].append(letter)
        self._waiting.clear()
        for place, mine in letters.items():
            entries = found.get(place)
            if place in self._put_off:
                # Behind what waits for the same receiver: an end must not arrive before its beginning.
                self._put_off[place] += mine
            elif place not in found:  # it came while others were asked about
                self._waiting.extend(mine)
                self._wake.set()
            elif entries is None:
                # The API server is away, as it may well be in the same hour as the provider: no reason to tell nobody.
                self._put_off[place] = mine
                _keep(self._readers, self._read_later(place))
            else:
                self._dispatch(mine, entries)
        self._count()

    def _count(self) -> None:
        """Counts anew whose letters wait."""
        letters = itertools.chain(self._waiting, *self._put_off.values())
        self._whose = Counter(letter.tiding.key.namespace for letter in letters)

    async def _read_later(self, place: _Place) -> None:
        """Reads the Secret of what was put off again and again, until it can be read or all of that is given up."""
        tries = 0
        while self._put_off[place]:
            await self.clock.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
            entries = await self._entries(*place)
            letters = self._put_off[place]
            if entries is not None:
                self._put_off[place] = []
                self._dispatch(letters, entries)
                break
            kept = [replace(letter, unread=letter.unread + 1) for letter in letters if letter.unread + 1 < len(PAUSES)]
            self._put_off[place] = kept
            self._count()
            if len(kept) < len(letters):
                self.metrics.notifications.labels(result="failed").inc(len(letters) - len(kept))
                log.error("notifications were given up: a Secret cannot be read", count=len(letters) - len(kept))
        del self._put_off[place]
        self._count()

    def _dispatch(self, letters: Sequence[_Letter], entries: Mapping[str, SecretValue]) -> None:
        """Has letters to the receivers of one Secret delivered, those that say the same as one."""
        groups: dict[_Group, list[Tiding]] = {}
        for letter in letters:
            tiding, url = letter.tiding, entries.get(letter.entry)
            if url is None:
                log.warning("nobody was told: no URL", integration=str(tiding.key), secret=letter.secret)
                self.metrics.notifications.labels(result="failed").inc()
                continue
            # Namespaces are not mixed even where they share a receiver: each is told of its own integrations only.
            group = (tiding.key.namespace, url.reveal(), tiding.trigger, tiding.severity, tiding.fired)
            groups.setdefault(group, []).append(tiding)
        for group, tidings in groups.items():
            _keep(self._tasks, self._deliver(group, tidings))

    async def _entries(self, namespace: str, name: str) -> dict[str, SecretValue] | None:
        """The entries of a Secret, none where it is not there; None if it cannot be read now."""
        try:
            return await read_entries(self.gateway, namespace, name)
        except NotFound:
            return {}
        except ClusterError as error:
            log.warning("a receiver's Secret cannot be read", error=str(error))
            return None

    async def _deliver(self, group: _Group, tidings: Sequence[Tiding]) -> None:
        namespace, url, *_ = group
        title, body = letter_of(tidings)
        kind = Kind.FAILURE if tidings[0].fired else Kind.SUCCESS
        # In their order: an end must not arrive before its beginning.
        async with self._order[namespace, url]:
            for pause in (0.0, *PAUSES):
                await self.clock.sleep(pause)
                try:
                    await self.send(SecretValue(url), namespace=namespace, title=title, body=body, kind=kind)
                except ServiceError as error:
                    log.warning("a notification was not delivered", namespace=namespace, error=error.message)
                except Exception as error:  # noqa: BLE001 -- an action; the text of what is not ours may hold the URL
                    log.warning("a notification failed by a fault", namespace=namespace, error=type(error).__name__)
                else:
                    self.metrics.notifications.labels(result="delivered").inc()
                    return
        self.metrics.notifications.labels(result="failed").inc()
        log.error("a notification was given up", namespace=namespace, trigger=tidings[0].trigger)


def _keep(tasks: "set[asyncio.Task[None]]", work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work, name="notification")
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def letter_of(tidings: Sequence[Tiding]) -> tuple[str, str]:
    """Returns title and text of the message that tells the same edge of one or several integrations. Pure."""
    first = tidings[0]
    names = sorted({str(tiding.key) for tiding in tidings})
    what = f"{first.severity} {first.trigger}" if first.fired else f"Resolved: {first.trigger}"
    about = names[0] if len(names) == 1 else f"{len(names)} integrations in {first.key.namespace}"
    return f"{what}: {about}", "\n".join([first.text, *_others(names)])


def _others(names: Sequence[str]) -> Iterator[str]:
    if len(names) > 1:
        yield ""
        yield from (f"- {name}" for name in names[:LISTED])
        if len(names) > LISTED:
            yield f"and {len(names) - LISTED} more"


def tiding_of(key: Key, alert: Alert, *, fired: bool, hint: str = "") -> Tiding:
    """Returns what to tell of an alert that began, with what to do, or that ended."""
    text = f"{alert.message}. {hint}" if fired else f"It had fired at {alert.since:%H:%M:%SZ}: {alert.message}."
    return Tiding(key=key, trigger=alert.trigger, severity=alert.severity, fired=fired, text=text.rstrip())
