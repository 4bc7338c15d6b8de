"""All rows of the fault matrix, in the order of the page."""

from typing import Final

from tests.faults.row import Row
from tests.faults.rows import cluster, integration, machine, provider, secret, targets

ROWS: Final[tuple[Row, ...]] = (
    *cluster.ROWS,
    *provider.ROWS,
    *secret.ROWS,
    *targets.ROWS,
    *integration.ROWS,
    *machine.ROWS,
)
