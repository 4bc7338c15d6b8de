"""What a simulator can be told: fixed at its start (``Config``) or changed while it runs (``Settings``)."""

import math
import random
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from lab.simulator.prices import PRICES, Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A log-normal distribution of seconds: half the answers come within ``median``.

    With the usual 5 to 15 s of the live API: ``Latency(median=9, sigma=0.33)``. A ``sigma`` of 0 is a fixed time.
    """

    median: float = 0.02
    sigma: float = 0.0

    def draw(self, dice: random.Random) -> float:
        """One answer's time in seconds."""
        if self.sigma == 0 or self.median <= 0:
            return max(self.median, 0.0)
        return dice.lognormvariate(math.log(self.median), self.sigma)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may change while the simulator runs.

    Attributes:
        latency: of generations.
        free_latency: of everything else.
        max_in_flight: generations at once per account.
        url_lifetime: seconds an image URL works; negative: it has expired when it is handed out.
        usage_lag: seconds until a charge shows in the usage report.
        dry_run_checks_balance: whether a dry run without credit is 402; unknown of the live API.
        retired_models: models of any route that are gone: 400.
        blocked_marker: in a prompt: 422.
        unsafe_marker: in a prompt: an image with ``is_image_safe: false`` and without a URL.
        models: what ``GET /models`` lists, as the OpenAPI's CustomModel.
        prices: USD per image.
    """

    latency: Latency = Latency()
    free_latency: Latency = Latency(median=0.0)
    max_in_flight: int = 10
    url_lifetime: float = 3600.0
    usage_lag: float = 120.0
    dry_run_checks_balance: bool = False
    retired_models: tuple[str, ...] = ()
    blocked_marker: str = "[blocked]"
    unsafe_marker: str = "[unsafe]"
    models: tuple[Mapping[str, Any], ...] = ()
    prices: Prices = field(default_factory=lambda: PRICES)

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """These settings with changes from JSON.

        Raises:
            ValueError: a name that is no setting.
        """
        unknown = set(changes) - {known.name for known in fields(self)}
        if unknown:
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        return replace(self, **{name: _parsed(name, value) for name, value in changes.items()})


def _parsed(name: str, value: Any) -> Any:
    if name in {"latency", "free_latency"}:
        return Latency(**value) if isinstance(value, Mapping) else Latency(median=float(value))
    if name == "prices":
        return {**PRICES, **{model: Decimal(str(usd)) for model, usd in value.items()}}
    if name in {"retired_models", "models"}:
        return tuple(value)
    return value


def new_secret() -> str:
    """A key that no other run has and that a search through logs finds: the canary of leak tests."""
    return f"sim-canary-{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How a simulator starts. Port 0 takes a free one. ``ssl_context`` makes the API's port speak TLS."""

    port: int = 0
    control_port: int = 0
    admin_port: int = 0
    elsewhere_port: int = 0
    key: str = field(default_factory=new_secret)
    credit: Decimal = Decimal(100)
    seed: int = 0
    settings: Settings = Settings()
    ssl_context: ssl.SSLContext | None = None
