"""The world as it is: all that the other cases spoil one thing of."""

from ideogram_operator.resource.checklist import CheckId
from tests.preflight.world import World


async def test_in_a_shop_that_is_ready_every_check_passes_with_evidence(world: World) -> None:
    rows = await world.look()
    assert {name: row.message for name, row in rows.items() if row.result != "Pass"} == {}
    assert list(rows) == [*CheckId]
    assert all(row.evidence and row.message.endswith(".") and not row.hint for row in rows.values())
