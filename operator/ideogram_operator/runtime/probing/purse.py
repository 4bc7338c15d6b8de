"""The purse of a paid stream: one key's ledger, seen with one model's price and its subscribers' budget."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.probing.ledger import Ledger, until_tomorrow, utc_day
from ideogram_operator.runtime.probing.pacing import Why

BeforeSpend = Callable[[Sequence[Hashable], Decimal], Awaitable[None]]
"""Awaited before a paid request is sent, with all who share it and its price in USD: persist the reservation first."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one request."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a paid stream may spend.

    Attributes:
        price: USD of its next request.
        budget: USD per UTC day, the smallest of all who share the key.
        sharers: who shares the stream.
    """

    ledger: Ledger
    fingerprint: str
    clock: Clock
    price: Callable[[], Decimal]
    budget: Callable[[], Decimal]
    sharers: Callable[[], Sequence[Hashable]]
    before_spend: BeforeSpend

    @property
    def spent(self) -> Decimal:
        """USD spent today on the key, by all its streams."""
        return self.ledger.spent(self.fingerprint, utc_day(self.clock.now()))

    def affords(self, why: Why) -> bool:
        """Whether a check for this purpose is within the budget, with what has to stay in reserve."""
        needed = self.price() * (1 + why.value)
        return self.ledger.affords(self.fingerprint, utc_day(self.clock.now()), needed, self.budget())

    def reserve(self, why: Why) -> Reservation | None:
        """Sets one check's price aside; None if the budget does not allow it."""
        if not self.affords(why):
            return None
        reservation = Reservation(utc_day(self.clock.now()), self.price())
        self.ledger.reserve(self.fingerprint, reservation.day, reservation.amount)
        return reservation

    async def announce(self, reservation: Reservation) -> None:
        """Has the reservation persisted. What the hook raises comes through, and the money is back."""
        try:
            await self.before_spend(self.sharers(), reservation.amount)
        except BaseException:
            self.ledger.release(self.fingerprint, reservation.day, reservation.amount)
            raise

    def refusal(self, why: Why) -> str:
        """One sentence on why a check was skipped."""
        kept = {
            Why.REGULAR: "; one confirmation and one recovery check are kept in reserve",
            Why.CONFIRM: "; one recovery check is kept in reserve",
        }.get(why, "")
        return (
            f"A paid check of {self.price():f} USD was skipped: {self.spent:f} of the day's "
            f"{self.budget():f} USD are spent{kept}."
        )

    @property
    def wait(self) -> float:
        """Seconds until a regular check can be paid for; 0 if one can."""
        return 0.0 if self.affords(Why.REGULAR) else until_tomorrow(self.clock.now())
