"""API keys, read from their Secrets by name when they are needed, and not more often than is useful.

Secrets are neither listed nor watched: that would take the right to read every Secret there is. So a changed key is
found by reading it again: soon while something is wrong with it, and otherwise now and then.
"""

import asyncio
import secrets
from dataclasses import dataclass, field

from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import Finding, SecretKey, read_secret
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.ideogram.key import ApiKey, UnusableKeyError
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.runtime.clock import Clock

PATIENCE = 1.0
"""Seconds that somebody who has a key waits for another look at it."""

Place = tuple[str, str, str]
"""Namespace, Secret, key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReading:
    """A key, or why there is none; ``at`` on the monotonic clock."""

    key: ApiKey | None
    problem: Problem | None
    at: float


@dataclass(slots=True)
class KeyReader:
    """Reads keys, each place once for all who ask at the same time.

    Attributes:
        gateway: reads the Secrets.
        clock: tells how old a reading is.
        salt: of the fingerprints, by which keys are told apart; worthless outside of this process.
    """

    gateway: Gateway
    clock: Clock
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _readings: dict[Place, KeyReading] = field(default_factory=dict)
    _reading: dict[Place, "asyncio.Task[KeyReading]"] = field(default_factory=dict)

    async def read(self, place: Place, *, max_age: float) -> KeyReading:
        """Returns the key at a place, read at most ``max_age`` seconds ago.

        A Secret that cannot be read because the API server does not answer is no news: what was read before stands.
        Nor does anybody who has a key already wait long for another look at it: a flip may depend on going on.
        """
        known = self._readings.get(place)
        if known is not None and self.clock.monotonic() - known.at <= max_age:
            return known
        if place not in self._reading:
            self._reading[place] = asyncio.create_task(self._read(place))
            self._reading[place].add_done_callback(lambda _: self._reading.pop(place, None))
        reading = self._reading[place]
        if known is not None and known.key is not None:
            done, _ = await asyncio.wait({reading}, timeout=PATIENCE)
            return reading.result() if done else known
        return await asyncio.shield(reading)

    def forget(self, place: Place) -> None:
        """Drops a key whose integration is gone; another one that uses it reads it again."""
        self._readings.pop(place, None)

    async def _read(self, place: Place) -> KeyReading:
        secret = await read_secret(self.gateway, *place)
        known = self._readings.get(place)
        if secret.finding is Finding.UNAVAILABLE and known is not None:
            reading = KeyReading(key=known.key, problem=known.problem, at=self.clock.monotonic())
        else:
            key, problem = _interpret(place, secret, self.salt)
            reading = KeyReading(key=key, problem=problem, at=self.clock.monotonic())
        self._readings[place] = reading
        return reading


def _interpret(place: Place, secret: SecretKey, salt: bytes) -> tuple[ApiKey | None, Problem | None]:
    match secret.finding:
        case Finding.FOUND if secret.value is not None:
            return _usable(place, secret.value.reveal(), salt)
        case Finding.FORBIDDEN:
            reason = Reason.PERMISSION_DENIED
        case Finding.UNAVAILABLE:
            reason = Reason.CLUSTER_UNREACHABLE
        case Finding.SECRET_MISSING | Finding.KEY_MISSING | Finding.EMPTY:
            reason = Reason.KEY_MISSING
        case _:
            reason = Reason.KEY_UNUSABLE
    return None, Problem(reason=reason, message=f"In namespace {place[0]}: {secret.message}.")


def _usable(place: Place, value: str, salt: bytes) -> tuple[ApiKey | None, Problem | None]:
    try:
        return ApiKey(value, salt=salt), None
    except UnusableKeyError as error:
        message = f"Secret {place[0]}/{place[1]}, key {place[2]}: {error}; store the key as it was issued."
        return None, Problem(reason=Reason.KEY_UNUSABLE, message=message)
