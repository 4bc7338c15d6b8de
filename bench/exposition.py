"""Reading the operator's metrics, and what can be told from a histogram."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "ideogram_operator_"


@dataclass(frozen=True, slots=True)
class Reading:
    """Samples by name and labels, as they were at one moment."""

    samples: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]

    @classmethod
    def of(cls, text: str) -> "Reading":
        """What a page of metrics says."""
        families = text_string_to_metric_families(text)
        return cls(
            {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}
        )

    def total(self, name: str) -> float:
        """The sum over all labels of an operator's metric; 0 where there is none."""
        return sum(value for (found, _), value in self.samples.items() if found == PREFIX + name)

    def by(self, name: str, label: str) -> dict[str, float]:
        """The values of an operator's metric by a label."""
        return {dict(labels)[label]: value for (found, labels), value in self.samples.items() if found == PREFIX + name}

    def since(self, before: "Reading") -> "Reading":
        """What was counted since then; for counters and histograms."""
        return Reading({what: value - before.samples.get(what, 0.0) for what, value in self.samples.items()})

    def quantile(self, name: str, share: float) -> float:
        """The upper bound of the bucket in which the quantile of a histogram falls; infinity beyond the last."""
        buckets = sorted((float(bound), count) for bound, count in self.by(f"{name}_bucket", "le").items())
        if not buckets or not buckets[-1][1]:
            return math.nan
        wanted = share * buckets[-1][1]
        return next(bound for bound, count in buckets if count >= wanted)

    def milliseconds(self, name: str, share: float) -> float | None:
        """The same in milliseconds; None for what is beyond the last bucket, and where nothing was counted."""
        found = 1000 * self.quantile(name, share)
        return found if math.isfinite(found) else None
