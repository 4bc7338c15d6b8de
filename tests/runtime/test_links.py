"""One sharer of a key that cannot be written to must not keep the others from being checked."""

from decimal import Decimal
from typing import Any, cast

import pytest

from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.assembly import Links
from ideogram_operator.runtime.reconciler import Reconciler

GOOD, BAD = Key("shop", "images"), Key("locked", "images")


class Reporter:
    async def before_spend(self, key: Key, _: Decimal) -> None:
        if key == BAD:
            raise LookupError(f"{key} is not at work yet")


class Stand:
    reporter = Reporter()


def links() -> Links:
    made = Links()
    made.reconciler = cast("Reconciler", cast("Any", Stand()))
    return made


async def test_one_written_account_is_enough() -> None:
    await links().before_spend([BAD, GOOD], Decimal("0.05"))


async def test_nothing_is_spent_that_no_account_tells_of() -> None:
    with pytest.raises(LookupError):
        await links().before_spend([BAD], Decimal("0.05"))
