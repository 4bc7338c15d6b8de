"""What the demo makes of what it sees: pure, so in tables."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lab.demo.kubectl import essence
from lab.demo.plain import PlainView
from lab.demo.sight import Pod, Sight, switch_of
from lab.demo.story import changes, described
from lab.demo.timeline import HEADERS, Episode, Turn, rows
from lab.demo.view import Mark

LIVE = Sight(
    name="storefront",
    status={"state": "Live", "health": "Healthy", "reason": "ProbeSucceeded"},
    target={"kind": "Deployment", "metadata": {}, "spec": {}},
    switch="IDEOGRAM_ENABLED=true",
    pods=(Pod(uid="a", ready=True, says="enabled"), Pod(uid="b", ready=False, says="")),
    says="enabled",
)
DOWN = replace(
    LIVE,
    status={"state": "Fallback", "health": "Down", "reason": "ApiUnreachable"},
    switch="IDEOGRAM_ENABLED=false",
    says="disabled",
)


def test_changes_are_told_once_for_all_whom_they_concern() -> None:
    before = {name: replace(LIVE, name=name) for name in ("storefront", "gallery")}
    after = {"storefront": DOWN, "gallery": replace(DOWN, name="gallery", says="enabled")}
    assert list(changes(before, after)) == [
        "all three: Live → Fallback (ApiUnreachable)",
        "all three: told IDEOGRAM_ENABLED=false",
        "storefront: its /health says ideogram: disabled",
    ]
    assert list(changes(after, after)) == []
    assert list(changes({}, after)) == []


def test_what_is_seen_of_an_application_names_everything_that_can_be_wrong() -> None:
    assert described(LIVE) == (
        "storefront: Live (Healthy, ProbeSucceeded), told IDEOGRAM_ENABLED=true, 1 enabled, 1 not ready, "
        "its /health says enabled"
    )
    assert "no status yet" in described(replace(LIVE, status={}))
    assert "says nothing" in described(replace(LIVE, says=""))


@pytest.mark.parametrize(
    ("pods", "agree"),
    [
        pytest.param((), True, id="no pods"),
        pytest.param((Pod(uid="a", ready=True, says="enabled"),), True, id="as the application"),
        pytest.param((Pod(uid="a", ready=True, says="disabled"),), False, id="not told yet"),
        pytest.param((Pod(uid="a", ready=False, says=""),), False, id="not ready"),
    ],
)
def test_an_application_has_followed_when_every_pod_has(pods: tuple[Pod, ...], agree: bool) -> None:
    assert replace(LIVE, pods=pods).pods_agree is agree


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"data": {"IDEOGRAM_ENABLED": "false"}}, "IDEOGRAM_ENABLED=false"),
        ({"spec": {"schedule": "* * * * *", "suspend": True}}, "suspend=true"),
        ({"spec": {"schedule": "* * * * *"}}, "suspend=false"),
        (
            {"spec": {"template": {"spec": {"containers": [{"env": [{"name": "IDEOGRAM_ENABLED", "value": "x"}]}]}}}},
            "IDEOGRAM_ENABLED=x",
        ),
        ({"spec": {"template": {"spec": {"containers": [{}]}}}}, "IDEOGRAM_ENABLED="),
    ],
)
def test_what_a_target_is_told_is_read_from_where_its_kind_has_it(target: dict[str, object], told: str) -> None:
    assert switch_of(target) == told


def test_times_are_counted_from_their_cause_and_what_is_not_known_stays_empty() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def at(seconds: float) -> str:
        return (start + timedelta(seconds=seconds)).isoformat()

    fall = {"trigger": "apiUnreachable", "detected": at(0.5), "patched": at(2), "ready": at(3)}
    late = {"trigger": "apiUnreachable", "patched": at(2.1)}
    back = {"patched": at(11), "ready": at(12.5)}
    episode = Episode(
        scene="2 Down",
        began=start,
        ended=start + timedelta(seconds=10),
        falls={
            "storefront": Turn(flip=fall, said=start + timedelta(seconds=3.1)),
            "gallery": Turn(flip=late, said=None),
        },
        returns={"storefront": Turn(flip=back, said=start + timedelta(seconds=13))},
    )
    told = [row.cells() for row in rows([episode])]
    assert told == [
        ("2 Down", "storefront", "0.5", "2.0", "3.0", "3.1", "│", "1.0", "2.5", "3.0"),
        ("  apiUnreachable", "gallery", "", "2.1", "", "", "│", "", "", ""),
    ]
    assert {len(row) for row in told} == {len(HEADERS)}


def test_the_essence_of_a_description_is_how_it_stands_the_history_and_the_events() -> None:
    described = """\
Name:  storefront
Spec:
  Message:  of the spec
Status:
  Conditions:
    Message:  of a condition
  History:
    At:  12:00
  Message:  In fallback
  State:  Fallback
Events:
  Type  Reason
"""
    assert essence(described).splitlines() == [
        "Status:",
        "  History:",
        "    At:  12:00",
        "  Message:  In fallback",
        "  State:  Fallback",
        "Events:",
        "  Type  Reason",
    ]
    assert max(map(len, essence("Events:\n" + "x" * 500).splitlines())) < 120


def test_plain_lines_carry_the_time_and_fit_a_page() -> None:
    told: list[str] = []
    PlainView(told.append).line(Mark.MISSING, "word " * 60 + "\nstorefront: Live")
    lines = told[0].splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d", lines[0].split()[0])
    assert lines[0].split()[1] == "✘"
    assert max(map(len, lines)) <= 120
    assert lines[-1].strip() == "storefront: Live"
