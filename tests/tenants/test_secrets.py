"""A Secret that the tenant may not read, named wherever an integration can name one: no byte of it comes out.

The operator reads it on the tenant's behalf, and is a deputy that can be confused: so the Secret is named where it does
not belong, in every shape that a Secret has, and whatever comes of it is looked for in every object of the namespace,
in events, log and metrics, and in what the tenant's own server and an allowed one were sent.
"""

import base64
import json
import secrets
from collections.abc import Iterator

import pytest

from lab.kube import Json
from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import SECRET, Shop
from tests.e2e.test_canary import everything_visible
from tests.tenants.recorder import Recorder
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

SHAPES = {
    "password": "{c}",
    "several-lines": "-----BEGIN PRIVATE KEY-----\n{c}\n-----END PRIVATE KEY-----\n",
    "json": '{{"password": "{c}"}}',
    "basic-auth": "user:{c}",
    "database": "postgresql://app:{c}@db-{c}.internal.example.com:5432/{c}?sslmode=require",
    "database-host": "postgresql://app:x@{c}/shop",
    "database-of-the-cluster": "mysql://{c}:{c}@{c}.other.svc:3306/{c}",
    "database-badly-written": "postgresql://app:x@{c}/rest@db.shop.svc/shop",
    "database-parameter": "postgresql://app:x@db.shop.svc/shop?{c}={c}",
    "database-user-in-parameter": "postgresql://db.shop.svc/shop?user={c}&password={c}",
    "unknown-scheme": "{c}://user:{c}@{c}/{c}",
    "redis": "redis://:{c}@{c}:6379/0",
    "webhook": "https://hooks.example.com/services/{c}",
    "webhook-host": "https://{c}.example.com/{c}",
    "apprise-json": "jsons://user:{c}@{c}.example.com/{c}?+X-Token={c}",
    "apprise-json-parameter": "json://{c}.example.com/?template={c}&{c}={c}",
    "apprise-slack": "slack://{c}/{c}/{c}",
    "apprise-ntfy": "ntfys://{c}",
    "apprise-mail": "mailto://user:{c}@{c}.example.com?smtp={c}.example.com",
    "apprise-several": "json://{c}.example.com/ json://{c}/",
    "apprise-zulip": "zulip://bot@{c}/{c}/{c}",
    "long": "postgresql://" + "{c}" * 2000,
}
STORES = {
    "s3": ("s3://images/shop", {"AWS_ACCESS_KEY_ID": "{c}", "AWS_SECRET_ACCESS_KEY": "{c}", "AWS_REGION": "{c}"}),
    "s3-token": ("s3://images/shop", dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "k{c}")),
    # An account's name is part of its host's, and is told.
    "azure": ("az://images/shop", {"AZURE_STORAGE_ACCOUNT_NAME": "a0", "AZURE_STORAGE_SAS_TOKEN": "sig={c}"}),
    "azure-account": ("az://images/shop", {"AZURE_STORAGE_ACCOUNT_NAME": "A-{c}"}),
    "azure-key": ("az://images/shop", {"AZURE_STORAGE_ACCOUNT_NAME": "a", "AZURE_STORAGE_ACCOUNT_KEY": "{c}"}),
    "gcs": ("gs://images/shop", {"GOOGLE_SERVICE_ACCOUNT_KEY": '{{"private_key": "{c}", "client_email": "{c}"}}'}),
}


@pytest.fixture
def canary() -> str:
    """What is looked for: it would do as a host, a path, a password or a scheme."""
    return f"canary{secrets.token_hex(10)}"


def store(shop: Shop, name: str, entries: dict[str, str]) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in entries.items()}
    metadata = {"name": name, "namespace": shop.namespace}
    shop.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded})


def pieces(canary: str) -> Iterator[str]:
    """Parts of it, as it is and as it may be written."""
    yield from (canary[:14], canary[-14:])
    for cut in range(3):
        # Wherever it begins in a text, one of three alignments is in that text's Base64.
        yield base64.b64encode(canary[cut:].encode()).decode()[:16]
    yield canary.encode().hex()[:24]


def nowhere(canary: str, shop: Shop, operator: Operator, *servers: Recorder) -> None:
    seen = everything_visible(shop) | {"log": operator.log_text(), "metrics": operator.metrics()}
    seen |= {f"port {server.port}": repr(server.received) for server in servers}
    seen["the allowed host"] = json.dumps([one.to_json() for one in shop.simulator.admin.requests()], default=str)
    assert SECRET in "".join(seen.values()), "the search sees the objects"
    for where, text in seen.items():
        for piece in pieces(canary):
            at = text.lower().find(piece.lower())
            assert at < 0, f"{where} has {text[max(0, at - 200) : at + 40]!r}"


def test_a_secret_is_named_where_it_does_not_belong(
    tenant: Tenant, run_operator: RunOperator, elsewhere: Recorder, canary: str
) -> None:
    shop = tenant.shop
    shop.deploy(replicas=1, settle=False)
    operator = run_operator("--log-level", "debug")
    for name, shape in SHAPES.items():
        store(shop, name, {"it": shape.format(c=canary)})
        ref = {"name": name, "key": "it"}
        tenant.create(
            name,
            notify=[{"severities": ["P1", "P2", "P3"], "urlSecretRef": ref}],
            database={"urlSecretRef": ref},
            storage={"url": "s3://images/shop", "endpoint": f"http://{elsewhere.address}", "secretRef": {"name": name}},
        )
    for name, (url, entries) in STORES.items():
        store(shop, f"store-{name}", {key: value.format(c=canary) for key, value in entries.items()})
        # Without an endpoint, at the tenant's server, and at one that is allowed.
        for where, endpoint in {"own": None, "elsewhere": f"http://{elsewhere.address}"}.items():
            at = {} if endpoint is None else {"endpoint": endpoint}
            tenant.create(f"{name}-{where}", storage={"url": url, "secretRef": {"name": f"store-{name}"}, **at})
    stores = {f"{name}-{where}" for name in STORES for where in ("own", "elsewhere")}
    found = tenant.preflighted({*SHAPES, *stores})
    alerting = {name: checks["auth-alert"]["result"] for name, checks in found.items() if name in SHAPES}
    assert set(alerting.values()) <= {"Fail", "Unknown"}, "nothing of it was a receiver"
    assert elsewhere.received == []
    nowhere(canary, shop, operator, elsewhere)


def test_a_secret_is_named_as_the_key_and_goes_to_the_allowed_host_alone(
    tenant: Tenant, run_operator: RunOperator, elsewhere: Recorder, canary: str
) -> None:
    """That it is sent there is what the right to create integrations gives; that it comes back is not."""
    shop = tenant.shop
    shop.deploy(replicas=1, settle=False)
    operator = run_operator("--log-level", "debug")
    away = {"kind": "redirect", "location": f"http://{elsewhere.address}/{canary}"}
    shop.simulator.admin.fault(**away)
    body = json.dumps({"error": f"{canary} is no key", "reject_reason": canary})
    for name, shape in SHAPES.items():
        store(shop, name, {"it": shape.format(c=canary)})
        tenant.create(name, api={"baseURL": shop.simulator.url, "keySecretRef": {"name": name, "key": "it"}})
    tenant.preflighted(SHAPES)
    before = len(shop.simulator.admin.requests(host="api"))
    assert before > 0, "what could be a key was sent where keys may be sent"
    shop.simulator.admin.heal()
    shop.simulator.admin.fault(kind="status", status=401, body=body)
    shop.probed(len(SHAPES))
    for name in SHAPES:
        tenant.annotate("ideogram-operator.io/preflight", "again", name)
    shop.until(
        lambda status: status["preflight"].get("lastHandledRequest") == "again", "another preflight", name="password"
    )
    assert elsewhere.received == [], "no redirect was followed"
    nowhere(canary, shop, operator, elsewhere)


def test_the_search_would_find_it(tenant: Tenant, operator: Operator, elsewhere: Recorder, canary: str) -> None:
    path = f"/api/v1/namespaces/{tenant.shop.namespace}/configmaps"
    for text in (canary, canary[:15], base64.b64encode(f"xx{canary}".encode()).decode()):
        body: Json = {"metadata": {"name": SECRET}, "data": {"leak": text}}
        tenant.shop.kube.create(path, body)
        with pytest.raises(AssertionError, match="configmaps"):
            nowhere(canary, tenant.shop, operator, elsewhere)
        tenant.shop.kube.delete(f"{path}/{SECRET}")
