"""What one generation costs, for the budget of paid checks. Prices change: these are defaults of a configuration.

Source: IDEOGRAM_API.md, "Prices", in USD. A dry run's quote is the better source and wins where it is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from ideogram_operator.ideogram.models import Route, route

DEFAULT_PRICES: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        "V_2_TURBO": Decimal("0.05"),
        "V_2": Decimal("0.08"),
        "V_2A": Decimal("0.04"),
        "V_2A_TURBO": Decimal("0.025"),
        "V_3": Decimal("0.06"),
        "V_3_TURBO": Decimal("0.03"),
        "ideogram-3": Decimal("0.06"),
        "ideogram-4": Decimal("0.06"),
        "ideogram-4-5": Decimal("0.10"),
        "z-image": Decimal("0.005"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices in USD by model."""

    prices: Mapping[str, Decimal] = field(default_factory=lambda: DEFAULT_PRICES)

    def price(self, model: str, quote: Decimal | None = None) -> Decimal:
        """USD for one generation; of an unknown model the dearest known price, so that a budget is never overrun.

        Args:
            model: as the application names it.
            quote: what a dry run answered. It is exact for a v2 model; a legacy model is quoted by its family,
                whose price may be another, so there the dearer of the two counts.
        """
        listed = self.prices.get(model)
        if quote is not None and (route(model) is Route.V2 or listed is None):
            return quote
        if listed is None:
            return max(self.prices.values())
        return listed if quote is None else max(listed, quote)
