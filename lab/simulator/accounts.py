"""Accounts, their keys, their prepaid credit and their limit of generations in flight."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from lab.simulator.prices import Cost

DEFAULT_ACCOUNT = "default"


class NoCreditError(Exception):
    """The balance does not cover the request."""


class InFlightError(Exception):
    """The account has as many generations running as it may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One billed request. Times are Unix seconds."""

    at: float
    key: str
    endpoint: str
    cost: Cost


@dataclass(slots=True, kw_only=True)
class Account:
    """One team: its keys share the credit and the limit."""

    name: str
    credit: Decimal
    reject_reason: str = "insufficient_funds"
    in_flight: int = 0
    peak_in_flight: int = 0
    reserved: Decimal = Decimal(0)
    charges: list[Charge] = field(default_factory=list)

    @property
    def billed(self) -> Decimal:
        """USD, of all times."""
        return sum((charge.cost.usd for charge in self.charges), Decimal(0))

    def covers(self, cost: Cost) -> bool:
        """Whether the credit pays for it, with what is running already paid."""
        return self.credit - self.reserved >= cost.usd

    @contextmanager
    def generation(self, cost: Cost, limit: int) -> Iterator[None]:
        """A place among the running generations and the money for it; given back at the end.

        Raises:
            NoCreditError: the credit does not cover it.
            InFlightError: ``limit`` generations are running.
        """
        if not self.covers(cost):
            raise NoCreditError
        if self.in_flight >= limit:
            raise InFlightError
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        self.reserved += cost.usd
        try:
            yield
        finally:
            self.in_flight -= 1
            self.reserved -= cost.usd

    def charge(self, charge: Charge) -> None:
        """Bill it. The API bills what completed, an image withheld by the safety check included."""
        self.charges.append(charge)
        self.credit -= charge.cost.usd


@dataclass(slots=True, kw_only=True)
class Key:
    """A key of an account; an organisation admin's may read the usage."""

    secret: str = field(repr=False)
    name: str
    account: Account
    admin: bool = False
    revoked: bool = False


class Accounts:
    """Every account and key there is."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._keys: dict[str, Key] = {}
        self._salt = secrets.token_bytes(16)

    def account(self, name: str, credit: Decimal = Decimal(100)) -> Account:
        """The account of this name, opened with ``credit`` USD if it is new."""
        return self.accounts.setdefault(name, Account(name=name, credit=credit))

    def add_key(self, *, secret: str, account: Account, name: str | None = None, admin: bool = False) -> Key:
        """A new key that works.

        Raises:
            ValueError: its name or its secret is taken.
        """
        name = name or f"{account.name}-key-{1 + sum(key.account is account for key in self._keys.values())}"
        if secret in self._keys or any(key.name == name for key in self._keys.values()):
            raise ValueError(f"the key {name} is there already")
        key = self._keys[secret] = Key(secret=secret, name=name, account=account, admin=admin)
        return key

    def working(self, secret: str | None) -> Key | None:
        """The key, if it is known and not revoked. Nothing is stripped: a key with a newline is another key."""
        key = self._keys.get(secret) if secret else None
        return None if key is None or key.revoked else key

    def named(self, secret_or_name: str) -> Key:
        """The key by either.

        Raises:
            ValueError: there is none.
        """
        for key in self._keys.values():
            if secret_or_name in {key.secret, key.name}:
                return key
        raise ValueError(f"no such key: {self.label(secret_or_name)}")

    def label(self, secret: str | None) -> str | None:
        """What the log calls a key: its name, or a keyed fingerprint of what nobody here issued."""
        if secret is None:
            return None
        if known := self._keys.get(secret):
            return known.name
        return "unknown-" + hmac.new(self._salt, secret.encode(), hashlib.sha256).hexdigest()[:12]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret, for whoever has to find or hide them."""
        return tuple(self._keys)
