from decimal import Decimal

import pytest

from ideogram_operator.ideogram.prices import PriceTable


@pytest.mark.parametrize(
    ("model", "quote", "price"),
    [
        ("V_2_TURBO", None, "0.05"),
        ("V_2_TURBO", "0.08", "0.08"),
        ("V_2", "0.05", "0.08"),
        ("ideogram-4-5", "0.04", "0.04"),
        ("V_9", None, "0.10"),
        ("V_9", "0.01", "0.01"),
        ("p-image-ideogram", None, "0.10"),
    ],
)
def test_the_price_is_never_below_what_may_be_billed(model: str, quote: str | None, price: str) -> None:
    assert PriceTable().price(model, Decimal(quote) if quote else None) == Decimal(price)


def test_prices_are_configuration() -> None:
    assert PriceTable(prices={"V_2": Decimal(1)}).price("V_2") == Decimal(1)
