"""The paid check from a command line: only when asked for, one request, and within what is left of the day's budget.

The operator keeps the books of a day in the status of its integrations. They are read here and never written: what is
spent here is spent on top, once, by somebody who asked for it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ideogram_operator.checks.facts import Lack
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.subject import Generation, Subject
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import interpret
from ideogram_operator.ideogram.prices import PriceTable
from ideogram_operator.ideogram.requests import probe_request
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.observations import ProbeStatus
from ideogram_operator.resource.words import ProbeMethod
from ideogram_operator.runtime.probing.ledger import Ledger, utc_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an integration of the same key may spend in a day, and says that it has.

    Attributes:
        budget: USD; None if its key cannot be read, so that it may be another's.
    """

    budget: Decimal | None
    probe: ProbeStatus | None


Quote = Callable[[Subject, ApiKey], Awaitable[Decimal | None]]
"""What a free check says that an image costs, in USD; None if it does not."""


async def no_quote(_: Subject, __: ApiKey) -> Decimal | None:
    """Returns None: nobody was asked."""
    return None


@dataclass(slots=True, kw_only=True)
class Spending:
    """Makes paid checks.

    Attributes:
        paid: whether they were asked for.
        quote: bound once the free check is there.
    """

    paid: bool
    sender: Sender
    now: Callable[[], datetime]
    once: Once[Any]
    quote: Quote = no_quote
    prices: PriceTable = field(default_factory=PriceTable)
    ledger: Ledger = field(default_factory=Ledger)

    def refusal(self, subject: Subject) -> Lack | None:
        """Returns why nothing is paid for at all; None if it may be."""
        if self.paid:
            return None
        price = self.prices.price(subject.spec.api.model)
        return Lack(result=CheckResult.SKIPPED, message=f"it costs {price:f} USD; run with --paid")

    async def generation(self, subject: Subject, key: ApiKey, accounts: Sequence[Account]) -> Generation | Lack:
        """Returns a paid check, the same one for all who share key and model; or why the budget forbids it."""
        api = subject.spec.api
        made: Generation | Lack = await self.once.ask(
            (api.base_url, key.fingerprint, api.model), lambda: self._make(subject, key, accounts)
        )
        return made

    async def _make(self, subject: Subject, key: ApiKey, accounts: Sequence[Account]) -> Generation | Lack:
        price = self.prices.price(subject.spec.api.model, await self.quote(subject, key))
        # From here to the reservation nothing is awaited: two keys' checks must not both see the same money.
        today = utc_day(self.now())
        for probe in (account.probe for account in accounts):
            if probe is not None and probe.spent_today_usd is not None and probe.spent_on == today.isoformat():
                self.ledger.restore(key.fingerprint, today, probe.spent_today_usd)
        own = subject.spec.probe.generate.daily_budget_usd
        budget = min([own, *(account.budget for account in accounts if account.budget is not None)])
        if not self.ledger.affords(key.fingerprint, today, price, budget):
            spent = self.ledger.spent(key.fingerprint, today)
            message = f"a check of {price:f} USD would exceed the day's {budget:f} USD, of which {spent:f} are spent"
            return Lack(result=CheckResult.SKIPPED, message=message, hint="Wait until tomorrow, or raise the budget.")
        self.ledger.reserve(key.fingerprint, today, price)
        return await self._send(subject, key)

    async def _send(self, subject: Subject, key: ApiKey) -> Generation:
        request = probe_request(
            base_url=subject.spec.api.base_url,
            key=key,
            model=subject.spec.api.model,
            method=ProbeMethod.GENERATE,
            timeout=subject.spec.probe.generate.timeout.total_seconds(),
        )
        outcome = interpret(request, await self.sender.send(request), self.now())
        return Generation(at=self.now(), outcome=outcome)
