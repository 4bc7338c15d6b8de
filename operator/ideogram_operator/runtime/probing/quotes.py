"""What the next paid check of a stream costs: the dry runs' quotes where there are any, the price table otherwise."""

from dataclasses import dataclass, field
from decimal import Decimal

from ideogram_operator.ideogram.models import family
from ideogram_operator.ideogram.prices import PriceTable
from ideogram_operator.runtime.probing.demand import StreamKey


@dataclass(slots=True)
class Quotes:
    """The last quote, USD, for each account and family of models."""

    table: PriceTable
    _quoted: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)

    def note(self, key: StreamKey, quote: Decimal) -> None:
        """Remembers what a dry run answered."""
        self._quoted[key.base_url, key.fingerprint, key.subject] = quote

    def price(self, key: StreamKey) -> Decimal:
        """USD for one check of a paid stream."""
        subject = family(key.subject) or key.subject
        return self.table.price(key.subject, self._quoted.get((key.base_url, key.fingerprint, subject)))
