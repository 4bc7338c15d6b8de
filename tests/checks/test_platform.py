"""Platform: targets, permissions, and the model."""

from dataclasses import replace

import pytest

from ideogram_operator.checks.facts import Refusal
from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.words import Cause, Health, ProbeMethod
from tests.checks.cases import (
    FAIL,
    INSPECTED,
    PROBED,
    SKIPPED,
    UNKNOWN,
    Case,
    Table,
    fails,
    found,
    passes,
    rows,
    skips,
    untold,
)
from tests.checks.facts import AGAIN, API, GENERATION, PERFECT, STOREFRONT, facts, lack, spec, target

MODEL = "ideogram-2 (family of V_2_TURBO)"
CREATE = "Create it, or correct it in spec.targets."
OTHER = "Let spec.api.model name one that the API has, and change the application with it."
PAY = "Let a paid check prove it: spec.probe.generate with an interval and a daily budget above zero."
PATCH = Refusal(
    what="patch deployments.apps in namespace shop",
    rule='{apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}',
)
SECRETS = Refusal(
    what="get secrets in namespace shop", rule='{apiGroups: [""], resources: ["secrets"], verbs: ["get"]}'
)
EVENTS = Refusal(
    what="create events in namespace shop", rule='{apiGroups: [""], resources: ["events"], verbs: ["create"]}'
)
KEY_CHECK = replace(API, method=ProbeMethod.KEY_CHECK, quote=None, subject="")
OLD = spec(api={"keySecretRef": {"name": "ideogram"}, "model": "V_1"})

TABLE: Table = {
    CheckId.TARGETS_EXIST: (
        passes("one", PERFECT, INSPECTED, "1 target: Deployment/storefront."),
        passes(
            "many",
            facts(targets=tuple(replace(STOREFRONT, name=f"Deployment/w{n}") for n in range(5))),
            INSPECTED,
            "5 targets: Deployment/w0, Deployment/w1, Deployment/w2 and 2 more.",
        ),
        fails(
            "not there",
            facts(targets=(target("Deployment/lost", trouble="there is no Deployment lost in namespace shop"),)),
            INSPECTED,
            "There is no Deployment lost in namespace shop.",
            CREATE,
        ),
        fails(
            "nothing has the labels",
            facts(targets=(replace(STOREFRONT, name="spec.targets[0]", trouble="no Deployment has the labels"),)),
            INSPECTED,
            "spec.targets[0]: no Deployment has the labels.",
            CREATE,
        ),
        fails(
            "no such container",
            facts(targets=(target(missing_containers=("app", "worker")),)),
            INSPECTED,
            "Deployment/storefront has no container app, worker.",
            "Correct the containers of Deployment/storefront in spec.targets.",
        ),
        fails(
            "paused",
            facts(targets=(target(hindrances=("it is paused",)),)),
            INSPECTED,
            "Deployment/storefront: it is paused.",
            "Let the pods of Deployment/storefront follow: kubectl rollout resume, "
            "or updateStrategy RollingUpdate without partition.",
        ),
        fails(
            "claimed with another value",
            facts(targets=(target(rivals=("shop/gallery sets IDEOGRAM_ENABLED=off",)),)),
            INSPECTED,
            "Deployment/storefront: shop/gallery sets IDEOGRAM_ENABLED=off.",
            "Let all integrations on Deployment/storefront use the same switch and fallbackValue.",
        ),
        fails(
            "many things at once",
            facts(targets=(target(missing_containers=("app",), hindrances=("a", "b"), rivals=("shop/c sets X=1",)),)),
            INSPECTED,
            "Deployment/storefront has no container app, Deployment/storefront: a, Deployment/storefront: b and 1 more.",
            "Correct the containers of Deployment/storefront in spec.targets.",
        ),
        fails("failed", facts(targets=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold(
            "none",
            facts(targets=()),
            "spec.targets names nothing that was found.",
            "Correct the selectors in spec.targets.",
        ),
        untold("not looked", facts(targets=lack(UNKNOWN)), "It is wanting.", "Mend it."),
    ),
    CheckId.PERMISSIONS: (
        passes("all", PERFECT, INSPECTED, "The operator may do all that it needs for this integration."),
        fails(
            "one refusal",
            facts(permissions=(PATCH,)),
            INSPECTED,
            "The operator may not patch deployments.apps in namespace shop.",
            f"Add to the operator's Role: {PATCH.rule}",
        ),
        fails(
            "more than can be named",
            facts(permissions=(PATCH, SECRETS, EVENTS)),
            INSPECTED,
            "The operator may not patch deployments.apps in namespace shop, get secrets in namespace shop and 1 more.",
            f"Add to the operator's Role: {PATCH.rule}, {SECRETS.rule} and 1 more",
        ),
        fails("failed", facts(permissions=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold("not asked", facts(permissions=lack(UNKNOWN)), "It is wanting.", "Mend it."),
        skips("from a laptop", facts(permissions=lack(SKIPPED)), "It is wanting.", "Mend it."),
    ),
    CheckId.MODEL_ACCEPTED: (
        passes("the family", PERFECT, PROBED, f"The API accepts {MODEL} for 0.05 USD an image."),
        passes(
            "the model itself, without a price",
            facts(api=replace(API, subject="V_2_TURBO", quote=None)),
            PROBED,
            "The API accepts V_2_TURBO but quotes no price.",
        ),
        passes(
            "proven by an image",
            facts(api=KEY_CHECK, spec=OLD),
            PROBED,
            "An image was generated with V_1; its price was not quoted.",
        ),
        passes(
            "proven by an image, while nothing free answers",
            facts(api=lack(UNKNOWN)),
            PROBED,
            "An image was generated with V_2_TURBO; its price was not quoted.",
        ),
        fails(
            "refused",
            facts(api=replace(API, health=Health.DOWN, cause=Cause.REJECTED, message="HTTP 400")),
            PROBED,
            f"The API does not accept {MODEL}: HTTP 400.",
            OTHER,
        ),
        fails(
            "gone",
            facts(api=replace(API, health=Health.UNKNOWN, cause=Cause.PROBE_UNSUPPORTED, message="HTTP 404")),
            PROBED,
            f"The API does not accept {MODEL}: HTTP 404.",
            OTHER,
        ),
        fails(
            "a free check that failed",
            facts(api=lack(FAIL), generation=lack(UNKNOWN)),
            PROBED,
            "It is wanting.",
            "Mend it.",
        ),
        untold(
            "down",
            facts(
                api=replace(API, health=Health.DOWN, cause=Cause.PROVIDER, message="HTTP 503"),
                generation=replace(GENERATION, health=Health.DOWN),
            ),
            "Whether the API accepts V_2_TURBO could not be told: HTTP 503.",
            f"Ask again once the API answers: {AGAIN}",
        ),
        untold(
            "only the key was checked",
            facts(api=KEY_CHECK, generation=lack(SKIPPED), spec=OLD),
            "No free check asks about V_1, and no image was generated.",
            PAY,
        ),
        untold(
            "a key check that was refused says nothing of the model",
            facts(api=replace(KEY_CHECK, health=Health.DOWN, cause=Cause.REJECTED), generation=lack(SKIPPED)),
            "No free check asks about V_2_TURBO, and no image was generated.",
            PAY,
        ),
        untold("nothing asked", facts(api=lack(UNKNOWN), generation=lack(UNKNOWN)), "It is wanting.", "Mend it."),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding
