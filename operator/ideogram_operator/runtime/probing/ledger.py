"""What paid checks cost today. The money is the account's, so the books are kept per key, not per integration."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

_KEPT_DAYS: Final = 3


class Ledger:
    """USD spent per key fingerprint and UTC day.

    What is reserved counts as spent, whatever the answer: a request that timed out may have been billed.
    """

    def __init__(self) -> None:
        self._spent: defaultdict[str, dict[date, Decimal]] = defaultdict(dict)

    def spent(self, fingerprint: str, day: date) -> Decimal:
        """USD."""
        return self._spent[fingerprint].get(day, Decimal(0))

    def restore(self, fingerprint: str, day: date, spent: Decimal) -> None:
        """What was spent before a restart. Of several accounts of one day the largest holds."""
        self._spent[fingerprint][day] = max(spent, self.spent(fingerprint, day))

    def affords(self, fingerprint: str, day: date, amount: Decimal, budget: Decimal) -> bool:
        """Whether ``amount`` more stays within ``budget``."""
        return self.spent(fingerprint, day) + amount <= budget

    def reserve(self, fingerprint: str, day: date, amount: Decimal) -> None:
        """Counts ``amount`` as spent."""
        days = self._spent[fingerprint]
        days[day] = self.spent(fingerprint, day) + amount
        # A clock that jumped ahead and back must find its day again, so a few are kept.
        for old in sorted(days)[:-_KEPT_DAYS]:
            del days[old]

    def release(self, fingerprint: str, day: date, amount: Decimal) -> None:
        """Takes a reservation back for a request that was never sent."""
        self._spent[fingerprint][day] = max(Decimal(0), self.spent(fingerprint, day) - amount)


def utc_day(now: datetime) -> date:
    """The day whose budget holds."""
    return now.astimezone(UTC).date()


def until_tomorrow(now: datetime) -> float:
    """Seconds until the next UTC day's budget."""
    today = now.astimezone(UTC)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - today).total_seconds()
