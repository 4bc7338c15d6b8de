"""Alerts that arrive, and rate limits that users see: real receivers and real metrics."""

from typing import Any

import pytest

from lab.kube import Json
from lab.ports import ReservedPort
from lab.receiver import Receiver
from tests.e2e.gallery import attestation
from tests.preflight.world import LIMITED, QUIET, World, expect

ALERTS = ("auth-alert", "credits-alert")
PAGE = "Compare the URL in the Secret with its service's page"


def notify(world: World, *urls: str, severities: tuple[str, ...] = ("P1",)) -> list[Json]:
    """An entry of ``spec.notify`` for each URL."""
    secrets = [world.secret(url=url) for url in urls]
    return [{"severities": [*severities], "urlSecretRef": {"name": secret}} for secret in secrets]


@pytest.fixture
def receiver() -> Any:
    """A pager of the case's own."""
    with Receiver() as running:
        yield running


@pytest.mark.parametrize("check", ALERTS)
async def test_a_test_message_that_arrives_passes_and_says_that_nothing_is_wrong(
    world: World, receiver: Receiver, check: str
) -> None:
    found = await world.row(check, notify=notify(world, receiver.url), hosts=[receiver.origin])
    expect(found, "Pass", "Probed", "A test message reached notify[0] (json).")
    (message,) = receiver.messages
    assert message["title"] == f"Test: alerts of {world.namespace}/shop arrive here"
    assert "Nothing is wrong and nothing is to be done." in message["message"]


async def test_one_message_proves_both_alerts(world: World, receiver: Receiver) -> None:
    rows = await world.look(*ALERTS, notify=notify(world, receiver.url), hosts=[receiver.origin])
    assert [row.result for row in rows.values()] == ["Pass", "Pass"]
    assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("status", "hint"),
    [(500, "Look into the receiver's log."), (401, "Check the credentials in the URL."), (404, PAGE)],
)
async def test_a_receiver_that_refuses_the_message_fails_with_its_status(
    world: World, receiver: Receiver, status: int, hint: str
) -> None:
    receiver.status = status
    rows = await world.look(*ALERTS, notify=notify(world, receiver.url), hosts=[receiver.origin])
    for row in rows.values():
        expect(row, "Fail", "Probed", f"notify[0] (json): json at 127.0.0.1 answers HTTP {status}.", hint)


async def test_a_receiver_that_refuses_the_connection_fails(world: World) -> None:
    with ReservedPort() as nobody:
        address = f"127.0.0.1:{nobody.number}"
        rows = await world.look(*ALERTS, notify=notify(world, f"json://{address}/"), hosts=[f"http://{address}"])
    for row in rows.values():
        expect(row, "Fail", "Probed", "notify[0] (json): json at 127.0.0.1 refuses the connection.", PAGE)


async def test_one_receiver_of_several_that_is_not_reached_fails_by_its_number(
    world: World, receiver: Receiver
) -> None:
    with ReservedPort() as nobody:
        address = f"127.0.0.1:{nobody.number}"
        entries = notify(world, receiver.url, f"json://{address}/")
        found = await world.row("auth-alert", notify=entries, hosts=[receiver.origin, f"http://{address}"])
    assert (found.result, found.message.partition(":")[0]) == ("Fail", "notify[1] (json)"), found
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("check", ALERTS)
@pytest.mark.parametrize("severities", [None, ("P2", "P3")])
async def test_nobody_who_hears_of_that_severity_fails_and_disturbs_nobody(
    world: World, receiver: Receiver, check: str, severities: tuple[str, ...] | None
) -> None:
    entries = notify(world, receiver.url, severities=severities) if severities else []
    says = "Nobody is told of P1 alerts: no entry of spec.notify names them."
    for send in (True, False):
        found = await world.row(check, notify=entries, hosts=[receiver.origin], send=send)
        expect(found, "Fail", "Inspected", says, "Add an entry to spec.notify with severities [P1]")


async def test_a_trigger_of_another_severity_asks_for_its_own_receiver(world: World, receiver: Receiver) -> None:
    triggers = {"authFailure": {"severity": "P2"}}
    entries = notify(world, receiver.url, severities=("P2",))
    found = await world.row("auth-alert", triggers=triggers, notify=entries, hosts=[receiver.origin])
    expect(found, "Pass", "Probed", "A test message reached notify[0] (json).")
    found = await world.row("auth-alert", triggers=triggers)
    assert (found.result, "P2 alerts" in found.message) == ("Fail", True)


@pytest.mark.parametrize(
    ("url", "result", "says", "hint"),
    [
        ("c4n4ry", "Unknown", "the URL is of no service that the operator sends to", "Use an Apprise URL such as"),
        ("file:///c4n4ry", "Unknown", "the URL is of no service that the operator sends to", "Use an Apprise URL"),
        ("slack://c4n4ry", "Fail", "the URL is not complete for slack", PAGE),
    ],
)
async def test_a_receiver_s_url_that_is_no_good_is_told_and_not_repeated(
    world: World, url: str, result: str, says: str, hint: str
) -> None:
    found = await world.row("auth-alert", notify=notify(world, url))
    assert found.result == result, found
    assert says in found.message, found
    assert hint in found.hint, found
    assert "c4n4ry" not in f"{found}"


async def test_a_receiver_that_nobody_allowed_hears_nothing(world: World, receiver: Receiver) -> None:
    found = await world.row("auth-alert", notify=notify(world, receiver.url))
    assert (found.result, found.evidence) == ("Unknown", ""), found
    assert "--allow-host HOST:PORT (chart value allowHosts)" in found.hint
    assert receiver.origin not in f"{found.message} {found.hint}", "it is from a Secret"
    assert receiver.messages == []


async def test_a_receiver_whose_secret_is_missing_fails_by_its_field(world: World) -> None:
    entry = {"severities": ["P1"], "urlSecretRef": {"name": "gone"}}
    found = await world.row("auth-alert", notify=[entry])
    says = f"notify[0]: there is no Secret gone in namespace {world.namespace}."
    expect(found, "Fail", "Probed", says, "Create it, or mend spec.notify[0].urlSecretRef.")
    entry = {"severities": ["P1"], "urlSecretRef": {"name": world.secret(other="value")}}
    found = await world.row("auth-alert", notify=[entry])
    assert (found.result, "has no url, or it is empty" in found.message) == ("Fail", True), found


@pytest.mark.parametrize("check", ALERTS)
async def test_nobody_is_disturbed_unasked(world: World, receiver: Receiver, check: str) -> None:
    found = await world.row(check, notify=notify(world, receiver.url), hosts=[receiver.origin], send=False)
    expect(found, "Skipped", "", "notify[0]: a test message disturbs people; run with --send-test-messages.")
    assert receiver.messages == []


@pytest.mark.parametrize("action", ["Alert", "Throttle"])
async def test_a_402_that_does_not_lead_to_fallback_fails(world: World, action: str) -> None:
    found = await world.row("credits-alert", triggers={"creditsExhausted": {"action": action}})
    says = f"spec.triggers.creditsExhausted.action is {action}: a 402 would not lead to fallback."
    expect(found, "Fail", "Inspected", says, "Set spec.triggers.creditsExhausted.action to Fallback.")


# -- rate-limit-hidden -------------------------------------------------------------------------------------------------

HIDDEN = "rate-limit-hidden"


def traffic(world: World, model: str, **more: Any) -> Json:
    return {"prometheus": {"url": world.gallery.prometheus.url, "matchers": f'model="{model}"', **more}}


async def test_traffic_without_a_rate_limit_passes_with_how_much_there_was(world: World) -> None:
    found = await world.row(HIDDEN)
    place = world.gallery.prometheus.url.removeprefix("http://")
    assert (found.result, found.evidence, found.hint) == ("Pass", "Observed", "")
    assert found.message.startswith(f"Prometheus at {place}: none of "), found
    assert found.message.endswith(" generations ended with a rate limit in the last 24 hours."), found


async def test_rate_limits_that_users_saw_fail_whatever_somebody_attests(world: World) -> None:
    found = await world.row(HIDDEN, traffic=traffic(world, LIMITED), attestations=[attestation(HIDDEN)])
    place = world.gallery.prometheus.url.removeprefix("http://")
    says = f"Prometheus at {place}: generations that ended with a rate limit in the last 24 hours: "
    assert (found.result, found.evidence) == ("Fail", "Observed"), found
    assert found.message.startswith(says), found
    assert found.hint.startswith("Retry 429s with exponential backoff in the application")


async def test_too_little_traffic_says_nothing_and_an_attestation_counts(world: World) -> None:
    found = await world.row(HIDDEN, traffic=traffic(world, QUIET))
    says = "Nobody has attested that 429s are hidden from users, and there is too little traffic to show it."
    expect(found, "Unknown", "", says, "Let somebody attest it in spec.attestations (check: rate-limit-hidden")
    found = await world.row(HIDDEN, traffic=traffic(world, QUIET), attestations=[attestation(HIDDEN)])
    assert (found.result, found.evidence) == ("Pass", "Attested")
    expired = [attestation(HIDDEN, expired=True)]
    found = await world.row(HIDDEN, traffic=traffic(world, QUIET), attestations=expired)
    assert (found.result, found.evidence) == ("Fail", "Attested")


async def test_metrics_that_cannot_be_read_say_nothing_and_an_attestation_counts(world: World) -> None:
    with ReservedPort() as nobody:
        url = f"http://127.0.0.1:{nobody.number}"
        gone = {"prometheus": {"url": url}}
        found = await world.row(HIDDEN, traffic=gone, hosts=[url])
        unseen = "Nobody has attested that 429s are hidden from users, and traffic does not show it"
        says = f"{unseen}: 127.0.0.1 refuses the connection."
        expect(found, "Unknown", "", says, "Let somebody attest it in spec.attestations (check: rate-limit-hidden")
        found = await world.row(HIDDEN, traffic=gone, hosts=[url], attestations=[attestation(HIDDEN)])
        assert (found.result, found.evidence) == ("Pass", "Attested")
