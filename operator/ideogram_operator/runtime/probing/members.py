"""Who shares a stream, and what they want of it together.

Thousands may share one, and in an outage all of them change their minds in the same second. They want the same few
things, so these are counted: what they want together is found without asking each.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field, replace

from ideogram_operator.resource.words import ProbeMethod
from ideogram_operator.runtime.probing.demand import Demand, Rhythm, StreamKey, most_urgent, paid, rhythm

Streams = tuple[StreamKey, ...]
"""All streams that one subscriber listens to."""


@dataclass(frozen=True, slots=True)
class _Want:
    rhythm: Rhythm
    streams: Streams


@dataclass(slots=True)
class Members:
    """The subscribers of one stream, in the order in which they came.

    Attributes:
        method: of the stream.
        promising: whether the free ones of these streams say that a paid check would succeed.
    """

    method: ProbeMethod
    promising: Callable[[Streams], bool]
    _members: dict[Hashable, _Want] = field(default_factory=dict)
    _wants: Counter[_Want] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def put(self, who: Hashable, demand: Demand, streams: Streams) -> None:
        """Takes a subscriber in, or what it wants now."""
        want = _Want(rhythm(self.method, demand), streams)
        before = self._members.get(who)
        if before is not None:
            self._less(before)
        self._members[who] = want
        self._wants[want] += 1

    def drop(self, who: Hashable) -> None:
        """Lets a subscriber go, if it was one."""
        before = self._members.pop(who, None)
        if before is not None:
            self._less(before)

    def rhythm(self) -> Rhythm:
        """Returns what all of them want together.

        Raises:
            ValueError: there is none.
        """
        return most_urgent(self._timely())

    def _timely(self) -> Collection[Rhythm]:
        """Without the wish to recover by a paid check while a free one says that it would fail."""
        return {
            replace(want.rhythm, recovering=False)
            if paid(self.method) and want.rhythm.recovering and not self.promising(want.streams)
            else want.rhythm
            for want in self._wants
        }

    def _less(self, want: _Want) -> None:
        self._wants[want] -= 1
        if not self._wants[want]:
            del self._wants[want]
