"""kill -9 of the operator at every write; then it is started again, and everything ends the same.

The writes are found by recording a run without a crash, so that one that is added later is covered by itself. Each run
of a scenario has one crash in each of its phases: the next write, until all phases are through with theirs. Before each
write it dies once; after a write, its answer lost, once for each kind.
"""

from itertools import zip_longest

import pytest

from lab.api_proxy import When
from tests.crashes.ends import told
from tests.crashes.matrix import Matrix
from tests.crashes.scenarios import SCENARIOS, Scenario
from tests.crashes.stage import Stage

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_it_ends_the_same_whichever_write_it_is_killed_at(stage: Stage, scenario: Scenario, when: When) -> None:
    stage.open(scenario.targets)
    before = {target: told(stage.shop, target) for target in scenario.targets}
    matrix = Matrix(stage=stage, scenario=scenario, when=when)
    matrix.record()
    for phase, end in zip(scenario.phases, matrix.ends, strict=True):
        assert set(end.rollouts.values()) == {phase.rollouts}, f"{phase.name}: one rollout for each flip"
    assert matrix.ends[-1].told == before, "everything is as it was"
    for points in zip_longest(*matrix.points):
        matrix.crash(points)
    assert not matrix.failures, f"{len(matrix.failures)} differences:\n" + "\n".join(matrix.failures)
    assert not matrix.missed(), "every kind of write was hit"
