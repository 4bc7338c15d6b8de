"""A field that has no effect yet is named, and only if somebody gave it."""

import pytest

from ideogram_operator.resource.pending import PENDING, not_yet_acted_on
from ideogram_operator.resource.spec import IntegrationSpec
from tests.resource.examples import FULL, MINIMAL, Json, minimal, target


def test_nothing_given_is_nothing_named() -> None:
    assert not_yet_acted_on(IntegrationSpec.parse(MINIMAL), EVERY) == ()


EVERY = (
    "api.standbyKeySecretRef",
    "targets[].throttle",
    "traffic",
    "triggers.slowGeneration",
    "triggers.rateLimited",
    "notify",
    "preflight",
    "drill",
)


def test_everything_given_is_everything_named() -> None:
    assert not_yet_acted_on(IntegrationSpec.parse(FULL), EVERY) == tuple(f"spec.{path}" for path in EVERY)


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        (minimal(drill={}), ("spec.drill",)),
        (minimal(preflight={}), ("spec.preflight",)),
        (minimal(notify=[]), ()),
        (minimal(triggers={"slowGeneration": {}}), ("spec.triggers.slowGeneration",)),
        (minimal(triggers={"apiUnreachable": {"consecutive": 5}}), ()),
        (target(throttle={"name": "IDEOGRAM_CONCURRENCY", "value": "2"}), ("spec.targets[].throttle",)),
    ],
)
def test_what_is_given_is_named(spec: Json, named: tuple[str, ...]) -> None:
    assert not_yet_acted_on(IntegrationSpec.parse(spec), EVERY) == named


def test_every_path_of_the_list_is_a_field() -> None:
    assert set(not_yet_acted_on(IntegrationSpec.parse(FULL))) == {f"spec.{path}" for path in PENDING}
