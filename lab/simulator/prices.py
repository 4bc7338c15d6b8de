"""What an image costs, and what a dry run says about it.

Prices are those the API published in 2026; the ones marked are not in the operator's own list and only have to be
plausible. They are USD per image; a request costs that times its number of images.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Prices = Mapping[str, Decimal]

PRICES: Prices = {
    "V_1": Decimal("0.06"),  # plausible
    "V_1_TURBO": Decimal("0.02"),
    "V_2": Decimal("0.08"),
    "V_2_TURBO": Decimal("0.05"),
    "V_2A": Decimal("0.04"),
    "V_2A_TURBO": Decimal("0.025"),
    "V_3": Decimal("0.06"),
    "V_3_FLASH": Decimal("0.03"),
    "V_3_TURBO": Decimal("0.03"),
    "V_3_BALANCED": Decimal("0.06"),
    "V_3_DEFAULT": Decimal("0.06"),
    "V_3_QUALITY": Decimal("0.09"),
    "AUTO": Decimal("0.10"),  # plausible: the dearest it may choose
    "ideogram-4-5": Decimal("0.10"),
    "ideogram-4": Decimal("0.06"),
    "ideogram-3": Decimal("0.06"),
    "ideogram-2a": Decimal("0.04"),
    "ideogram-2": Decimal("0.08"),
    "z-image": Decimal("0.005"),
    "p-image-ideogram": Decimal("0.005"),  # plausible
    "auto": Decimal("0.06"),  # plausible: an estimate, bounded by the dearest
}

UPPER_BOUND = Decimal("0.10")
MICROS = 1_000_000
MILLIS_PER_USD = 100_000  # a credit is a cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a request will be billed."""

    product: str
    quantity: int
    unit_price: Decimal

    @property
    def usd(self) -> Decimal:
        """The whole request."""
        return self.unit_price * self.quantity


def cost_of(prices: Prices, product: str, quantity: int) -> Cost:
    """What ``quantity`` images of ``product`` cost."""
    return Cost(product=product, quantity=quantity, unit_price=prices[product])


def billing_identifier(product: str) -> str:
    """The product's name on a bill: ``ideogram_4_5_generate``."""
    return f"{product.lower().replace('-', '_')}_generate"


def quote(cost: Cost) -> dict[str, Any]:
    """The body that ``dry_run=true`` is answered with: exact for a named model, an estimate for ``auto``."""
    exact = cost.product != "auto"
    answer: dict[str, Any] = {
        "object": "price_quote",
        "billing_identifier": billing_identifier(cost.product),
        "quantity": cost.quantity,
        "usd_micros": int(cost.usd * MICROS),
        "credit_millis": int(cost.usd * MILLIS_PER_USD),
        "qualifier": "exact" if exact else "estimate",
    }
    if not exact:
        answer["upper_bound_usd_micros"] = int(UPPER_BOUND * cost.quantity * MICROS)
    return answer
