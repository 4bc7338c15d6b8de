"""How the application asks: the key on the wire, and what its containers are set to."""

import pytest

from lab.kube import Json
from lab.ports import ReservedPort
from tests.e2e.gallery import attestation
from tests.e2e.shop import SECRET
from tests.preflight.world import World, expect, from_config_map, from_secret, targets

HEADER = "api-key-header"
FREE = ["dry_run", "models"]
LIMITS = {
    "request-timeout": ("IDEOGRAM_TIMEOUT_SECONDS", "60 or more"),
    "retry-policy": ("IDEOGRAM_MAX_RETRIES", "from 1 to 10"),
    "prompt-length": ("IDEOGRAM_MAX_PROMPT_CHARS", "from 1 to 10000"),
}


async def test_a_key_that_the_api_takes_passes(world: World) -> None:
    says = f"The key is accepted in the header Api-Key: HTTP 200 from {world.address}."
    expect(await world.row(HEADER), "Pass", "Probed", says)


@pytest.mark.parametrize("status", [429, 402])
async def test_who_is_told_of_limits_or_credit_has_been_let_in(world: World, status: int) -> None:
    with world.fault("status", status=status, routes=FREE):
        found = await world.row(HEADER)
    says = f"The key is accepted in the header Api-Key: HTTP {status} from {world.address}."
    expect(found, "Pass", "Probed", says)


async def test_a_key_that_nobody_issued_fails_with_where_to_put_a_working_one(world: World) -> None:
    api = world.key("ideo-c4n4ry-of-nobody")
    found = await world.row(HEADER, api=api)
    hint = f"Put a working key into Secret {api['keySecretRef']['name']}, key api-key"
    expect(found, "Fail", "Probed", "The API refuses the key with HTTP 401.", hint)
    assert "c4n4ry" not in f"{found}"


async def test_a_key_that_was_revoked_fails(world: World) -> None:
    key = world.simulator.admin.add_key()
    world.simulator.admin.revoke(key.name)
    found = await world.row(HEADER, api=world.key(key.secret))
    expect(found, "Fail", "Probed", "The API refuses the key with HTTP 401.", "Put a working key into Secret")


async def test_a_key_that_may_do_nothing_fails(world: World) -> None:
    with world.fault("status", status=403, routes=FREE):
        found = await world.row(HEADER)
    hint = f"Put a working key into Secret {SECRET}, key api-key"
    expect(found, "Fail", "Probed", "The API refuses the key with HTTP 403.", hint)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"kind": "status", "status": 503}, "HTTP 503 from {}"),
        ({"kind": "status", "status": 404}, "HTTP 404 from {}"),
        ({"kind": "hang"}, "no answer from {} within 0.3 s"),
        ({"kind": "reset"}, "the connection to {} broke off"),
        ({"kind": "garbage"}, "broken answer from {}: HTTP 200 with no JSON object"),
        ({"kind": "redirect"}, "HTTP 307 from {}"),
    ],
)
async def test_an_api_that_is_in_trouble_leaves_the_key_unknown(world: World, fault: Json, seen: str) -> None:
    # Only a wait for nothing may be cut short: an answer has the time it takes.
    patience = {"timeout": "300ms"} if fault["kind"] == "hang" else {}
    with world.fault(**fault, routes=FREE):
        found = await world.row(HEADER, probe=patience)
    says = f"Whether the key is accepted could not be told: {seen.format(world.address)}."
    expect(found, "Unknown", "", says, "Ask again once the API answers: kubectl -n")


async def test_an_address_that_leads_nowhere_leaves_the_key_unknown(world: World) -> None:
    broken = world.simulator.broken_tls_url.removeprefix("https://")
    with ReservedPort() as nobody:
        refused = f"127.0.0.1:{nobody.number}"
        cases = {
            "nowhere.invalid": "the name of nowhere.invalid does not resolve",
            refused: f"connection refused by {refused}",
            broken: f"TLS with {broken} failed",
        }
        for host, seen in cases.items():
            found = await world.row(HEADER, api=world.api(baseURL=f"https://{host}"), hosts=[host])
            assert (found.result, found.hint[:9]) == ("Unknown", "Ask again"), found
            assert found.message.startswith(f"Whether the key is accepted could not be told: {seen}"), found


async def test_no_key_is_sent_where_it_may_not_go_or_while_there_is_none(world: World) -> None:
    before = len(world.simulator.admin.requests())
    found = await world.row(HEADER, hidden=[world.address])
    assert (found.result, found.hint) == ("Unknown", "Mend base-url first.")
    found = await world.row(HEADER, api=world.api(keySecretRef={"name": "gone"}))
    says = "There is no usable key: there is no Secret gone."
    expect(found, "Unknown", "", says, "Mend what key-in-secret says first.")
    assert len(world.simulator.admin.requests()) == before


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IDEOGRAM_AUTHORIZATION", "c4n4ry"),
        ("IDEOGRAM_BEARER_TOKEN", "c4n4ry"),
        ("IDEOGRAM_HEADERS", "bearer c4n4ry"),
    ],
)
async def test_a_variable_that_makes_a_bearer_header_fails(world: World, variable: str, value: str) -> None:
    name = world.workload(containers=[world.container(**{variable: value})])
    found = await world.row(HEADER, targets=targets(name))
    says = f"A Bearer header is made by Deployment/{name} container web (env {variable})."
    expect(found, "Fail", "Inspected", says, "Send the key in the header Api-Key and remove the variable")
    assert "c4n4ry" not in f"{found}"


async def test_a_bearer_header_out_of_a_secret_fails_too(world: World) -> None:
    secret = world.secret(header="Bearer of something")
    name = world.workload(containers=[world.container(from_secret("IDEOGRAM_AUTH_HEADER", secret, "header"))])
    found = await world.row(HEADER, targets=targets(name))
    says = f"A Bearer header is made by Deployment/{name} container web (env IDEOGRAM_AUTH_HEADER)."
    expect(found, "Fail", "Inspected", says, "Send the key in the header Api-Key")


async def test_whether_a_target_that_is_not_there_makes_a_bearer_header_is_unknown(world: World) -> None:
    found = await world.row(HEADER, targets=targets("web", "gone"))
    says = "The key is accepted; whether it is sent as Bearer too cannot be told of Deployment/gone."
    expect(found, "Unknown", "", says, "targets-exist")


# -- request-timeout, retry-policy, prompt-length ----------------------------------------------------------------------

UNSEEN = {"retry-policy": "; the backoff itself cannot be seen"}


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("request-timeout", "60"),
        ("request-timeout", "90.5"),
        ("retry-policy", "1"),
        ("retry-policy", "10"),
        ("prompt-length", "10000"),
    ],
)
async def test_a_setting_within_its_bounds_passes_with_its_value(world: World, check: str, value: str) -> None:
    variable, _ = LIMITS[check]
    name = world.workload(containers=[world.container(**{variable: value})])
    says = f"{variable} is {value} in Deployment/{name}{UNSEEN.get(check, '')}."
    expect(await world.row(check, targets=targets(name)), "Pass", "Inspected", says)


@pytest.mark.parametrize(
    ("check", "value", "told"),
    [
        ("request-timeout", "59", "59"),
        ("request-timeout", "30s", "not a number"),
        ("request-timeout", "", "not a number"),
        ("retry-policy", "0", "0"),
        ("retry-policy", "-1", "-1"),
        ("retry-policy", "c4n4ry", "not a number"),
        ("prompt-length", "10001", "10001"),
        ("prompt-length", "0", "0"),
        ("prompt-length", "unlimited", "not a number"),
    ],
)
async def test_a_setting_out_of_its_bounds_fails_whatever_somebody_attests(
    world: World, check: str, value: str, told: str
) -> None:
    variable, wanted = LIMITS[check]
    name = world.workload(containers=[world.container(**{variable: value})])
    found = await world.row(check, targets=targets(name), attestations=[attestation(check)])
    hint = f"Set {variable} to a number {wanted} on Deployment/{name}."
    expect(found, "Fail", "Inspected", f"{variable} is {told} in Deployment/{name}.", hint)
    assert "c4n4ry" not in f"{found}"


async def test_more_retries_than_are_of_use_are_warned_of(world: World) -> None:
    name = world.workload(containers=[world.container(IDEOGRAM_MAX_RETRIES="11")])
    found = await world.row("retry-policy", targets=targets(name))
    says = f"IDEOGRAM_MAX_RETRIES is 11 in Deployment/{name}: more than is of use."
    expect(found, "Warn", "Inspected", says, f"to a number from 1 to 10 on Deployment/{name}.")


@pytest.mark.parametrize("check", [*LIMITS])
async def test_a_setting_that_cannot_be_seen_is_unknown_until_it_is_attested(world: World, check: str) -> None:
    variable, wanted = LIMITS[check]
    secret = world.secret(value="70")
    missing = world.workload(containers=[world.container(without=[variable])])
    hidden = world.workload(containers=[world.container(from_secret(variable, secret, "value"))])
    for name in (missing, hidden, "gone"):
        found = await world.row(check, targets=targets("web", name))
        says = f"{variable} cannot be seen in Deployment/{name}."
        hint = f"Set {variable} to a number {wanted} on Deployment/{name}, or attest it in spec.attestations"
        expect(found, "Unknown", "", says, hint)
    found = await world.row(check, targets=targets(missing), attestations=[attestation(check)])
    assert (found.result, found.evidence) == ("Pass", "Attested")
    assert found.message.startswith("Attested by dana@example.com on "), found
    found = await world.row(check, targets=targets(missing), attestations=[attestation(check, expired=True)])
    assert (found.result, found.evidence) == ("Fail", "Attested")
    assert f"Renew it in spec.attestations (check: {check})" in found.hint


async def test_a_setting_out_of_a_config_map_is_seen(world: World) -> None:
    settings = world.config_map(IDEOGRAM_TIMEOUT_SECONDS="45")
    taken = world.container(from_config_map("IDEOGRAM_TIMEOUT_SECONDS", settings, "IDEOGRAM_TIMEOUT_SECONDS"))
    whole = world.container(without=["IDEOGRAM_TIMEOUT_SECONDS"]) | {"envFrom": [{"configMapRef": {"name": settings}}]}
    for made in (taken, whole):
        name = world.workload(containers=[made])
        found = await world.row("request-timeout", targets=targets(name))
        says = f"IDEOGRAM_TIMEOUT_SECONDS is 45 in Deployment/{name}."
        expect(found, "Fail", "Inspected", says, "to a number 60 or more")


async def test_only_the_containers_that_are_told_are_asked_for_settings(world: World) -> None:
    sidecar = world.container(name="log", IDEOGRAM_TIMEOUT_SECONDS="5")
    name = world.workload(containers=[world.container(), sidecar])
    found = await world.row("request-timeout", targets=targets(name))
    says = f"IDEOGRAM_TIMEOUT_SECONDS is 5 in Deployment/{name} (log)."
    expect(found, "Fail", "Inspected", says, "to a number 60 or more")
    found = await world.row("request-timeout", targets=targets(name, containers=["web"]))
    expect(found, "Pass", "Inspected", f"IDEOGRAM_TIMEOUT_SECONDS is 90 in Deployment/{name}.")
