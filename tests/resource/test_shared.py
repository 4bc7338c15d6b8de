"""Equal parts are kept once, different ones apart, and nothing is kept that nobody uses."""

import gc
import json

from ideogram_operator.resource import shared
from ideogram_operator.resource.observations import CheckStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.triggers import Triggers

SPEC = {
    "api": {"keySecretRef": {"name": "ideogram"}},
    "targets": [{"kind": "Deployment", "name": "web", "switch": {}}],
    "triggers": {"apiUnreachable": {"consecutive": 5}},
}


def spec(**parts: object) -> IntegrationSpec:
    return IntegrationSpec.parse(json.loads(json.dumps(SPEC | parts)))


def test_what_two_integrations_say_alike_is_one_object() -> None:
    one, other, different = spec(), spec(), spec(triggers={"apiUnreachable": {"consecutive": 6}})
    for part in ("api", "probe", "triggers", "recovery", "preflight"):
        assert getattr(one, part) is getattr(other, part)
    assert different.triggers.api_unreachable.consecutive == 6
    assert one.triggers.api_unreachable.consecutive == 5


def test_the_results_of_checks_are_shared_and_stay_what_they_are() -> None:
    def status(message: str) -> IntegrationStatus:
        check = {"id": "targets-exist", "result": "Pass", "message": message}
        return IntegrationStatus.parse({"preflight": {"checks": [check]}})

    one, other, different = status("all there"), status("all there"), status("one is gone")
    assert one.preflight is not None
    assert other.preflight is not None
    assert different.preflight is not None
    assert one.preflight.checks[0] is other.preflight.checks[0]
    assert [check.message for check in different.preflight.checks] == ["one is gone"]


def test_a_default_that_was_written_out_is_not_one_that_nobody_mentioned() -> None:
    plain, written = spec(triggers={}), spec(triggers={"apiUnreachable": {"consecutive": 3}})
    assert plain.triggers == written.triggers
    assert "api_unreachable" not in plain.triggers.model_fields_set
    assert "api_unreachable" in written.triggers.model_fields_set


def test_what_is_written_alike_by_chance_is_not_the_same() -> None:
    one = CheckStatus.model_validate({"id": "targets-exist", "result": "Pass", "message": "one"})
    other = CheckStatus.model_validate({"id": "targets-exist", "result": "Pass", "message": "other"})
    shared._KNOWN[CheckStatus, other.model_dump_json(exclude_unset=True)] = one
    assert shared.shared(other) is other


def test_what_nobody_uses_is_let_go() -> None:
    kept = Triggers.model_validate({"apiUnreachable": {"consecutive": 49}})
    place = Triggers, kept.model_dump_json(exclude_unset=True)
    assert shared.shared(kept) is kept
    del kept
    gc.collect()
    assert place not in shared._KNOWN
