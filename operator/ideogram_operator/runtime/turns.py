"""Who is next: the namespaces in turn, each with what has waited longest in it.

In one line for all, a tenant who makes thousands of integrations, or edits a few without end, would have everybody
else wait behind them, in the hour of the outage too.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


@dataclass(slots=True)
class Turns(Generic[Item]):
    """Items with the moments since when they wait, in several lines; each is in one once.

    Attributes:
        line_of: whose line an item stands in.
    """

    line_of: Callable[[Item], str]
    _lines: dict[str, dict[Item, float]] = field(default_factory=dict)

    def __contains__(self, item: Item) -> bool:
        return item in self._lines.get(self.line_of(item), ())

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iter__(self) -> Iterator[Item]:
        for line in self._lines.values():
            yield from line

    def put(self, item: Item, since: float) -> None:
        """The item waits from now on, at the end of its line; one that waits keeps its place."""
        self._lines.setdefault(self.line_of(item), {}).setdefault(item, since)

    def take(self) -> Item:
        """Returns the next item, which waits no more. There must be one."""
        name, line = next(iter(self._lines.items()))
        del self._lines[name]
        item = next(iter(line))
        del line[item]
        if line:
            # To the end: a dictionary keeps the order in which its keys came.
            self._lines[name] = line
        return item

    def leave(self, item: Item) -> bool:
        """Takes an item out of its line; whether it was there."""
        name = self.line_of(item)
        line = self._lines.get(name, {})
        if item not in line:
            return False
        del line[item]
        if not line:
            del self._lines[name]
        return True

    def clear(self) -> None:
        """Sends all away."""
        self._lines.clear()

    @property
    def since(self) -> float | None:
        """Since when the one waits that has waited longest; None if nobody does."""
        return min((next(iter(line.values())) for line in self._lines.values()), default=None)
