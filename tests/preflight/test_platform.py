"""What the operator needs to be of any use: targets, rights and a model, on a real API server and a real provider."""

from typing import Any

import pytest

from lab.kube import Json
from tests.e2e.shop import target
from tests.preflight.world import OPERATOR, World, expect, targets

EXIST = "targets-exist"
RIGHTS = "permissions"
MODEL = "model-accepted"
CORRECT = "Create it, or correct it in spec.targets."


async def test_targets_that_are_there_pass_and_are_counted(world: World) -> None:
    expect(await world.row(EXIST), "Pass", "Inspected", "1 target: Deployment/web.")
    settings, job = world.config_map(IDEOGRAM_ENABLED="true"), world.workload("CronJob", suspend=True)
    every = [target("web"), target(settings, kind="ConfigMap"), target(job, kind="CronJob")]
    says = f"3 targets: Deployment/web, ConfigMap/{settings}, CronJob/{job}."
    expect(await world.row(EXIST, targets=every), "Pass", "Inspected", says)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "ConfigMap"])
async def test_a_target_that_is_not_there_fails_by_its_name(world: World, kind: str) -> None:
    found = await world.row(EXIST, targets=[target("web"), target("gone", kind=kind)])
    says = f"There is no {kind} gone in namespace {world.namespace}."
    expect(found, "Fail", "Inspected", says, CORRECT)


async def test_a_container_that_is_not_there_fails_by_its_name(world: World) -> None:
    found = await world.row(EXIST, targets=targets("web", containers=["web", "painter"]))
    says = "Deployment/web has no container painter."
    expect(found, "Fail", "Inspected", says, "Correct the containers of Deployment/web in spec.targets.")


async def test_a_selector_passes_with_what_it_finds_and_fails_with_nothing(world: World) -> None:
    name = world.workload(labels={"paints": "yes"})
    chosen = {"matchLabels": {"paints": "yes"}}
    found = await world.row(EXIST, targets=[target(selector=chosen)])
    expect(found, "Pass", "Inspected", f"1 target: Deployment/{name}.")
    found = await world.row(EXIST, targets=[target(selector={"matchLabels": {"paints": "no"}})])
    says = f"spec.targets[0]: no Deployment in namespace {world.namespace} has the labels of its selector."
    expect(found, "Fail", "Inspected", says, CORRECT)


@pytest.mark.parametrize(("value", "result"), [("off", "Fail"), ("false", "Pass")])
async def test_another_integration_that_sets_the_switch_to_another_value_fails(
    world: World, value: str, result: str
) -> None:
    name = world.workload()
    switch = {"name": "IDEOGRAM_ENABLED", "fallbackValue": value}
    with world.integration(targets=targets(name, switch=switch)) as rival:
        found = await world.row(EXIST, targets=targets(name))
    assert found.result == result, found
    if result == "Fail":
        says = f"Deployment/{name}: {world.namespace}/{rival} sets IDEOGRAM_ENABLED=off."
        hint = f"Let all integrations on Deployment/{name} use the same switch and fallbackValue."
        expect(found, "Fail", "Inspected", says, hint)


async def test_all_that_is_wrong_with_targets_is_told_at_once(world: World) -> None:
    paused = world.workload(paused=True)
    found = await world.row(EXIST, targets=[target("gone"), target(paused), target("web", containers=["painter"])])
    assert (found.result, found.hint) == ("Fail", CORRECT)
    assert "There is no Deployment gone in namespace" in found.message, found


async def test_targets_that_may_not_be_read_are_unknown_with_the_rule_that_allows_it(world: World) -> None:
    rules = [
        {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    ]
    account = world.kubeconfig_of(world.account(*rules))
    chosen = target(selector={"matchLabels": {"paints": "yes"}})
    for verb, name, one in (("get", "Deployment/web", target("web")), ("list", "spec.targets[0]", chosen)):
        rows = await world.look(EXIST, "concurrency", as_=account, targets=[one])
        found, counted = rows[EXIST], rows["concurrency"]
        says = f"{name}: the operator may not {verb} deployments.apps in namespace {world.namespace}."
        rule = f'{{apiGroups: ["apps"], resources: ["deployments"], verbs: ["{verb}"]}}'
        expect(found, "Unknown", "", says, f"Add this rule to the operator's role: {rule}.")
        assert (counted.result, counted.hint) == ("Unknown", found.hint), counted


# -- permissions -------------------------------------------------------------------------------------------------------

ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles"


def chart_rules(world: World) -> list[Json]:
    """What the chart grants the operator in this namespace."""
    path = ROLES.format(world.namespace)
    names = {one["metadata"]["name"]: one for one in world.kube.get(path)["items"]}
    (role,) = [one for name, one in names.items() if not name.startswith("account-") and not name.endswith("-lease")]
    found: list[Json] = role["rules"]
    return found


def cut(rules: list[Json], verb: str, resource: str) -> list[Json]:
    """The rules without one verb on one resource."""
    left = []
    for rule in rules:
        if resource not in rule["resources"]:
            left.append(rule)
            continue
        others = [one for one in rule["resources"] if one != resource]
        left += [rule | {"resources": others}] if others else []
        verbs = [one for one in rule["verbs"] if one != verb]
        left += [rule | {"resources": [resource], "verbs": verbs}] if verbs else []
    return left


async def test_the_rights_that_the_chart_grants_pass(world: World) -> None:
    says = "The operator may do all that it needs for this integration."
    expect(await world.row(RIGHTS), "Pass", "Inspected", says)
    every = [target("x", kind=kind) for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ConfigMap")]
    pods = {"pods": {"port": 9090}}
    expect(await world.row(RIGHTS, targets=every, traffic=pods), "Pass", "Inspected", says)


@pytest.mark.parametrize(
    ("verb", "group", "resource"),
    [
        ("patch", "apps", "deployments"),
        ("get", "", "secrets"),
        ("patch", "ideogram-operator.io", "ideogramintegrations/status"),
        ("list", "autoscaling", "horizontalpodautoscalers"),
    ],
)
async def test_a_right_that_is_missing_fails_with_the_rule_that_grants_it(
    world: World, verb: str, group: str, resource: str
) -> None:
    account = world.account(*cut(chart_rules(world), verb, resource))
    found = await world.row(RIGHTS, account=account)
    plural, _, part = resource.partition("/")
    named = ".".join(filter(None, (plural, group))) + (f"/{part}" if part else "")
    rule = f'{{apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]}}'
    says = f"The operator may not {verb} {named} in namespace {world.namespace}."
    expect(found, "Fail", "Inspected", says, f"Add to the operator's Role: {rule}")


async def test_an_account_with_no_right_at_all_fails_with_as_many_rules_as_have_room(world: World) -> None:
    found = await world.row(RIGHTS, account="nobody")
    assert (found.result, found.evidence) == ("Fail", "Inspected")
    assert found.message.startswith("The operator may not get deployments.apps in namespace"), found
    assert found.hint.startswith('Add to the operator\'s Role: {apiGroups: ["apps"], resources: ["deployments"]'), found
    assert found.hint.endswith("more"), found


async def test_nobody_s_rights_are_asked_about_unless_an_account_is_named(world: World) -> None:
    found = await world.row(RIGHTS, account="")
    says = "Your own rights say nothing of the operator's; run with --operator-account NAMESPACE/NAME."
    expect(found, "Skipped", "", says)


async def test_who_may_not_ask_about_others_rights_cannot_tell(world: World) -> None:
    seen = {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]}
    found = await world.row(RIGHTS, as_=world.kubeconfig_of(world.account(seen)))
    says = f"What the ServiceAccount {world.namespace}/{OPERATOR} may do could not be asked."
    expect(found, "Unknown", "", says, "subjectaccessreviews.authorization.k8s.io")


# -- model-accepted ----------------------------------------------------------------------------------------------------

NO_SUCH = "Let spec.api.model name one that the API has, and change the application with it."


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("ideogram-4-5", "ideogram-4-5 for 0.1 USD an image"),
        ("z-image", "z-image for 0.005 USD an image"),
        ("V_2_TURBO", "ideogram-2 (family of V_2_TURBO) for 0.08 USD an image"),
        ("V_3", "ideogram-3 (family of V_3) for 0.06 USD an image"),
    ],
)
async def test_a_model_that_the_api_takes_passes_with_its_price(world: World, model: str, told: str) -> None:
    found = await world.row(MODEL, api=world.api(model=model), paid=False)
    expect(found, "Pass", "Probed", f"The API accepts {told}.")


async def test_a_model_that_the_api_does_not_know_fails(world: World) -> None:
    found = await world.row(MODEL, api=world.api(model="ideogram-99"))
    assert (found.result, found.evidence, found.hint) == ("Fail", "Probed", NO_SUCH), found
    assert found.message.startswith(f"The API does not accept ideogram-99: HTTP 400 from {world.address}"), found


async def test_a_model_that_was_retired_fails_by_its_family(world: World) -> None:
    with world.provider(usual={"retired_models": []}, retired_models=["ideogram-2"]):
        found = await world.row(MODEL)
    assert (found.result, found.hint) == ("Fail", NO_SUCH), found
    assert found.message.startswith("The API does not accept ideogram-2 (family of V_2_TURBO): HTTP 400"), found


async def test_a_model_without_a_free_check_is_proven_by_an_image_or_not_at_all(world: World) -> None:
    api = world.api(model="V_1")
    found = await world.row(MODEL, api=api)
    expect(found, "Pass", "Probed", "An image was generated with V_1; its price was not quoted.")
    found = await world.row(MODEL, api=api, paid=False)
    says = "No free check asks about V_1, and no image was generated."
    expect(found, "Unknown", "", says, "Let a paid check prove it: spec.probe.generate")


@pytest.mark.parametrize(
    ("status", "routes", "seen"),
    [(503, ["dry_run", "models"], "HTTP 503"), (429, ["dry_run"], "HTTP 429"), (401, ["dry_run"], "HTTP 401")],
)
async def test_an_api_in_trouble_leaves_the_model_unknown_unless_an_image_proves_it(
    world: World, status: int, routes: list[str], seen: str
) -> None:
    with world.fault("status", status=status, routes=routes):
        found = await world.row(MODEL, paid=False)
        says = f"Whether the API accepts V_2_TURBO could not be told: {seen} from {world.address}."
        expect(found, "Unknown", "", says, "Ask again once the API answers: kubectl -n")
        found = await world.row(MODEL)
    expect(found, "Pass", "Probed", "An image was generated with V_2_TURBO; its price was not quoted.")


async def test_an_api_without_the_route_of_the_dry_run_says_nothing_of_the_model(world: World) -> None:
    with world.fault("status", status=404, routes=["dry_run", "models"]):
        found: Any = await world.row(MODEL, paid=False)
    assert found.result == "Unknown", found
