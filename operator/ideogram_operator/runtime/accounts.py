"""Whether it is known what was spent today before this process began: until then nothing is spent.

Each integration's status has the account of its key, as far as it could be written. One that could not has a smaller
sum than the truth, so the first to be read after a restart must not be the one that decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock

PATIENCE: Final = 60.0
"""Seconds after which those that were there at the start and never came are not waited for."""


@dataclass(slots=True, kw_only=True)
class Accounts:
    """The integrations whose account has not been read yet."""

    clock: Clock
    _unread: set[Key] = field(default_factory=set)
    _since: float = 0.0

    def expect(self, keys: Iterable[Key]) -> None:
        """These were there when the process began."""
        self._unread, self._since = set(keys), self.clock.monotonic()

    def read(self, key: Key) -> None:
        """This one's account is known, or it has none."""
        self._unread.discard(key)

    @property
    def known(self) -> bool:
        """Whether all are known, or have been waited for long enough."""
        return not self._unread or self.clock.monotonic() - self._since > PATIENCE
