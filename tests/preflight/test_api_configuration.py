"""Where the key and the address come from, read from a real cluster."""

import base64
from collections.abc import Callable

import pytest

from lab.kube import Json
from tests.e2e.gallery import OTHER_KEY
from tests.e2e.shop import SECRET, target
from tests.preflight.world import World, expect, from_config_map, from_secret, targets

KEY = "key-in-secret"
SEPARATE = "key-separate"
BASE = "base-url"
TAKE = f"Take it from the Secret: valueFrom: {{secretKeyRef: {{name: {SECRET}, key: api-key}}}}"


async def test_a_key_that_comes_from_its_secret_alone_passes_and_who_manages_it_is_told(world: World) -> None:
    place = f"Secret {world.namespace}/{SECRET}, key api-key"
    expect(
        await world.row(KEY),
        "Pass",
        "Inspected",
        f"The key comes from {place}; no secret manager that is known owns it.",
    )
    name = world.name("managed")
    owner = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "ideogram", "uid": "0-1"}
    metadata = {"name": name, "namespace": world.namespace, "ownerReferences": [owner]}
    data = {"api-key": base64.b64encode(world.simulator.key.encode()).decode()}
    world.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    found = await world.row(KEY, api=world.api(keySecretRef={"name": name}))
    place = f"Secret {world.namespace}/{name}, key api-key"
    expect(found, "Pass", "Inspected", f"The key comes from {place}, managed by ExternalSecret/ideogram.")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no Secret {name}."),
        ({"other": "value"}, "Secret {name} has no key api-key."),
        ({"api-key": ""}, "Key api-key of Secret {name} is empty."),
        ({"api-key": " \n"}, "Key api-key of Secret {name} is empty."),
    ],
)
async def test_a_key_that_is_not_there_fails_and_where_to_store_it_is_told(
    world: World, content: dict[str, str] | None, says: str
) -> None:
    name = world.name("absent") if content is None else world.secret(**content)
    found = await world.row(KEY, api=world.api(keySecretRef={"name": name}))
    place = f"Secret {world.namespace}/{name}, key api-key"
    expect(found, "Fail", "Inspected", says.format(name=name), f"Store the API key as it was issued in {place}.")


@pytest.mark.parametrize("around", ["{}\n", " {}", "{}\r\n", "\t{} "])
async def test_white_space_around_the_key_fails_and_what_made_it_is_told(world: World, around: str) -> None:
    api = world.key(around.format(world.simulator.key))
    place = f"Secret {world.namespace}/{api['keySecretRef']['name']}, key api-key"
    says = f"{place}: there is white space or a line end around the key."
    expect(await world.row(KEY, api=api), "Fail", "Inspected", says, "with printf %s, not with echo")


async def test_a_secret_that_may_not_be_read_is_unknown_and_the_rule_is_told(world: World) -> None:
    seen = {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]}
    account = world.account(seen, {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]})
    found = await world.row(KEY, as_=world.kubeconfig_of(account))
    rule = '{apiGroups: [""], resources: ["secrets"], verbs: ["get"]}'
    expect(found, "Unknown", "", f"The operator may not get secrets in namespace {world.namespace}.", rule)


async def test_a_config_map_that_may_not_be_read_is_unknown_and_the_rule_is_told(world: World) -> None:
    settings = world.config_map(token=world.simulator.key)
    reading = {"name": "TOKEN", "valueFrom": {"configMapKeyRef": {"name": settings, "key": "token"}}}
    name = world.workload(containers=[world.container(reading)])
    rules = [
        {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
        {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    ]
    account = world.kubeconfig_of(world.account(*rules))
    found = await world.row(KEY, targets=[target(name)], as_=account)
    rule = '{apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}'
    expect(found, "Unknown", "", f"Whether the key stands in clear cannot be told of ConfigMap {settings}.", rule)


Spoilt = Callable[[World], Json]
"""The containers of an application, and volumes where there are any."""


def containers(*made: Json) -> Json:
    return {"containers": [*made]}


def literal(name: str) -> Spoilt:
    return lambda world: containers(world.container({"name": name, "value": world.simulator.key}))


def in_base64(world: World) -> Json:
    encoded = base64.b64encode(world.simulator.key.encode()).decode()
    return containers(world.container() | {"args": ["paint", f"--token={encoded}"]})


def in_a_later_container(world: World) -> Json:
    return containers(world.container(), {**world.container(name="log"), "command": ["sh", "-c", world.simulator.key]})


@pytest.mark.parametrize(
    ("spoilt", "place"),
    [
        (literal("IDEOGRAM_API_KEY"), "container web (env IDEOGRAM_API_KEY)"),
        (literal("PAINTER_TOKEN"), "container web (env PAINTER_TOKEN)"),
        (
            lambda world: containers(world.container() | {"args": [f"--key={world.simulator.key}"]}),
            "container web (args)",
        ),
        (in_base64, "container web (args)"),
        (in_a_later_container, "container log (args)"),
    ],
)
async def test_a_key_that_stands_in_a_container_fails_by_its_place(world: World, spoilt: Spoilt, place: str) -> None:
    name = world.workload(**spoilt(world))
    found = await world.row(KEY, targets=targets(name))
    says = f"The key stands in clear: Deployment/{name} {place}."
    expect(found, "Fail", "Inspected", says, TAKE, "then make a new key")


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "CronJob"])
async def test_every_kind_of_workload_is_looked_into(world: World, kind: str) -> None:
    more: Json = {"suspend": True} if kind == "CronJob" else {}
    name = world.workload(kind, **literal("PAINTER_TOKEN")(world), **more)
    found = await world.row(KEY, targets=targets(name, kind=kind))
    says = f"The key stands in clear: {kind}/{name} container web (env PAINTER_TOKEN)."
    expect(found, "Fail", "Inspected", says, TAKE)


async def test_a_key_in_an_init_container_fails(world: World) -> None:
    name = world.name("app")
    planted = world.container({"name": "PAINTER_TOKEN", "value": world.simulator.key}, name="warm-up")
    world.deployment(name, initContainers=[planted])
    found = await world.row(KEY, targets=targets(name))
    says = f"The key stands in clear: Deployment/{name} init container warm-up (env PAINTER_TOKEN)."
    expect(found, "Fail", "Inspected", says, TAKE)


async def test_a_key_in_a_config_map_fails_whichever_way_it_is_read(world: World) -> None:
    settings = world.config_map(token=world.simulator.key)
    place = f"ConfigMap {settings}, key token"
    taken = world.workload(containers=[world.container(from_config_map("PAINTER_TOKEN", settings, "token"))])
    whole = world.workload(containers=[world.container() | {"envFrom": [{"configMapRef": {"name": settings}}]}])
    mounted = world.name("app")
    world.deployment(mounted, volumes=[{"name": "settings", "configMap": {"name": settings}}])
    for name, told in ((taken, f"{place} (env PAINTER_TOKEN)"), (whole, place), (mounted, place)):
        found = await world.row(KEY, targets=targets(name))
        says = f"The key stands in clear: Deployment/{name} container web ({told})."
        expect(found, "Fail", "Inspected", says, TAKE)
    found = await world.row(KEY, targets=targets(settings, kind="ConfigMap"))
    expect(found, "Fail", "Inspected", f"The key stands in clear: ConfigMap/{settings} (key token).", TAKE)


async def test_another_key_in_clear_fails_and_is_not_repeated(world: World) -> None:
    name = world.workload(containers=[world.container({"name": "IDEOGRAM_API_KEY", "value": "ideo-c4n4ry"})])
    found = await world.row(KEY, targets=targets(name))
    says = f"Another key stands in clear: Deployment/{name} container web (env IDEOGRAM_API_KEY)."
    expect(found, "Fail", "Inspected", says, TAKE)
    assert "c4n4ry" not in f"{found}"


async def test_a_key_from_another_secret_is_warned_of(world: World) -> None:
    secret = world.secret(token="ideo-somebody-else-s")
    entry = from_secret("IDEOGRAM_API_KEY", secret, "token")
    name = world.workload(containers=[world.container(entry)])
    found = await world.row(KEY, targets=targets(name))
    place = f"Deployment/{name} container web from Secret {secret}, key token"
    says = f"A key that is not the integration's is taken: {place}."
    expect(found, "Warn", "Inspected", says, TAKE, "let spec.api.keySecretRef name the Secret that is used")


async def test_a_copy_of_the_key_in_another_secret_passes(world: World) -> None:
    secret = world.secret(token=world.simulator.key)
    name = world.workload(containers=[world.container(from_secret("IDEOGRAM_API_KEY", secret, "token"))])
    assert (await world.row(KEY, targets=targets(name))).result == "Pass"


async def test_of_a_target_that_is_not_there_nobody_knows_where_its_key_stands(world: World) -> None:
    found = await world.row(KEY, targets=targets("web", "gone"))
    says = "Whether the key stands in clear cannot be told of Deployment/gone."
    expect(found, "Unknown", "", says, "targets-exist")


# -- key-separate ------------------------------------------------------------------------------------------------------


async def test_a_key_of_one_environment_passes_and_its_sharers_are_counted(world: World) -> None:
    says = "No integration of another environment uses this key"
    expect(await world.row(SEPARATE), "Pass", "Inspected", f"{says}.")
    with world.integration(), world.integration(api=world.key(OTHER_KEY), environment="Staging"):
        found = await world.row(SEPARATE)
    expect(found, "Pass", "Inspected", f"{says}; others of this one that use it: 1.")


@pytest.mark.parametrize("environment", ["Staging", "Development"])
async def test_the_key_of_another_environment_s_integration_fails_in_whatever_namespace_it_is(
    world: World, environment: str
) -> None:
    world.put_key(world.elsewhere, "borrowed", world.simulator.key)
    api = world.api(keySecretRef={"name": "borrowed"})
    with world.integration(namespace=world.elsewhere, api=api, environment=environment) as name:
        found = await world.row(SEPARATE)
    says = f"The same key is used by {world.elsewhere}/{name} ({environment})."
    hint = f"Make a key for Production alone and put it into Secret {SECRET}, key api-key."
    expect(found, "Fail", "Inspected", says, hint)


async def test_white_space_around_a_shared_key_hides_nothing(world: World) -> None:
    with world.integration(api=world.key(f"{world.simulator.key}\n"), environment="Staging") as name:
        found = await world.row(SEPARATE)
    assert (found.result, name in found.message) == ("Fail", True)


async def test_without_a_key_nobody_can_say_who_shares_it(world: World) -> None:
    found = await world.row(SEPARATE, api=world.api(keySecretRef={"name": "gone"}))
    says = "There is no usable key: there is no Secret gone."
    expect(found, "Unknown", "", says, "Mend what key-in-secret says first.")


async def test_who_may_not_see_all_integrations_cannot_say_that_the_key_is_separate(world: World) -> None:
    rules = [
        {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    ]
    found = await world.row(SEPARATE, as_=world.kubeconfig_of(world.account(*rules)))
    says = f"You may not list integrations outside of {world.namespace}."
    expect(found, "Unknown", "", says, "Ask somebody who may read all integrations and their Secrets")


# -- base-url ----------------------------------------------------------------------------------------------------------


async def test_an_https_address_on_an_allowed_host_passes(world: World) -> None:
    url = world.simulator.url
    expect(await world.row(BASE), "Pass", "Inspected", f"{url}; no target sets IDEOGRAM_BASE_URL.")
    same = world.workload(containers=[world.container(IDEOGRAM_BASE_URL=url)])
    says = f"{url}; IDEOGRAM_BASE_URL agrees wherever it is set."
    expect(await world.row(BASE, targets=targets(same)), "Pass", "Inspected", says)
    settings = world.config_map(IDEOGRAM_BASE_URL=url)
    whole = [{"configMapRef": {"name": settings}}]
    name = world.workload(containers=[world.container() | {"envFrom": whole}])
    expect(await world.row(BASE, targets=targets(name)), "Pass", "Inspected", says)


async def test_a_target_s_address_that_stands_in_a_secret_passes_and_is_told_to_be_unseen(world: World) -> None:
    secret = world.secret(url="https://elsewhere.example")
    name = world.workload(containers=[world.container(from_secret("IDEOGRAM_BASE_URL", secret, "url"))])
    found = await world.row(BASE, targets=targets(name))
    place = f"Deployment/{name} container web (Secret {secret})"
    expect(found, "Pass", "Inspected", f"{world.simulator.url}; IDEOGRAM_BASE_URL cannot be seen in {place}.")


async def test_plain_http_fails_but_in_development_where_it_is_warned_of(world: World) -> None:
    url = f"http://{world.address}"
    api = world.api(baseURL=url)
    for environment in ("Production", "Staging"):
        found = await world.row(BASE, api=api, environment=environment, hosts=[url])
        says = "spec.api.baseURL is http: the key would be sent in clear."
        expect(found, "Fail", "Inspected", says, "Let spec.api.baseURL begin with https://")
    found = await world.row(BASE, api=api, environment="Development", hosts=[url])
    says = "spec.api.baseURL is http: the key is sent in clear."
    expect(found, "Warn", "Inspected", says, "Let spec.api.baseURL begin with https://")


async def test_a_host_that_nobody_allowed_fails_with_the_flag_that_would(world: World) -> None:
    found = await world.row(BASE, hidden=[world.address])
    flag = f"--allow-host {world.address} (chart value allowHosts)"
    says = f"The operator may not send a key to {world.simulator.url}: allow it with {flag}."
    expect(found, "Fail", "Inspected", says, "Correct spec.api.baseURL, or allow its host")


@pytest.mark.parametrize(
    ("own", "what", "hint"),
    [
        ("{}/", "ends with a slash", "Set IDEOGRAM_BASE_URL to {} there."),
        ("https://user:c4n4ry@proxy.example", "is not spec.api.baseURL", "there, or correct spec.api.baseURL."),
        ("https://api.ideogram.ai", "is not spec.api.baseURL", "Set IDEOGRAM_BASE_URL to {} there"),
    ],
)
async def test_a_target_that_calls_another_address_fails_without_a_word_of_it(
    world: World, own: str, what: str, hint: str
) -> None:
    url = world.simulator.url
    name = world.workload(containers=[world.container(IDEOGRAM_BASE_URL=own.format(url))])
    found = await world.row(BASE, targets=targets(name))
    says = f"IDEOGRAM_BASE_URL {what} in Deployment/{name} container web."
    expect(found, "Fail", "Inspected", says, hint.format(url))
    assert "c4n4ry" not in f"{found}"


async def test_a_config_map_target_s_address_counts_too(world: World) -> None:
    settings = world.config_map(IDEOGRAM_BASE_URL="https://old.example")
    found = await world.row(BASE, targets=[target(settings, kind="ConfigMap")])
    says = f"IDEOGRAM_BASE_URL is not spec.api.baseURL in ConfigMap/{settings}."
    expect(found, "Fail", "Inspected", says, "Set IDEOGRAM_BASE_URL to")


async def test_which_address_a_target_calls_that_is_not_there_is_unknown(world: World) -> None:
    found = await world.row(BASE, targets=targets("web", "gone"))
    expect(found, "Unknown", "", "Which address is used cannot be told of Deployment/gone.", "targets-exist")
