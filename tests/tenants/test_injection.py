"""A switch is a switch: under no name does it become an address, a credential, a library or somebody else's setting."""

from functools import partial
from typing import Any

import pytest

from lab.kube import Json, KubeError
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop, target
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

EVIL = "https://evil.example.com"
VARIABLES = [
    "LD_PRELOAD",
    "PATH",
    "PYTHONPATH",
    "JAVA_TOOL_OPTIONS",
    "NODE_OPTIONS",
    "HTTPS_PROXY",
    "https_proxy",
    "ideogram_enabled",
    "IDEOGRAM",
    "XIDEOGRAM_ENABLED",
    "IDEOGRAM_API_KEY",
    "IDEOGRAM_KEY",
    "IDEOGRAM_APIKEY",
    "IDEOGRAM_BASE_URL",
    "IDEOGRAM_BASEURL",
    "IDEOGRAM_API_BASE",
    "IDEOGRAM_BASE",
    "IDEOGRAM_API_BASE_URL",
    "IDEOGRAM_URL_BASE",
    "IDEOGRAM_HOST",
    "IDEOGRAM_HOSTNAME",
    "IDEOGRAM_API_SERVER",
    "IDEOGRAM_API_ADDRESS",
    "IDEOGRAM_API_ADDR",
    "IDEOGRAM_API_DOMAIN",
    "IDEOGRAM_API_ORIGIN",
    "IDEOGRAM_GATEWAY",
    "IDEOGRAM_HTTP_PROXY",
    "IDEOGRAM_ENDPOINT_OVERRIDE",
    "IDEOGRAM_WEBHOOK",
    "IDEOGRAM_CALLBACK",
    "IDEOGRAM_AUTH",
    "IDEOGRAM_PASSWORD",
    "IDEOGRAM_CREDENTIALS",
    "IDEOGRAM_CA_BUNDLE",
    "IDEOGRAM_CERT_FILE",
    "IDEOGRAM_CA_PATH",
    "IDEOGRAM_COMMAND",
    "IDEOGRAM_ARGS",
    "IDEOGRAM_PLUGIN_DIR",
]
REFUSED_BY_THE_SERVER = [
    "A\nB",
    "IDEOGRAM_ENABLED=1;LD_PRELOAD",
    "IDEOGRAM_ENABLED\x00",
    "IDEOGRAM_\N{LATIN CAPITAL LETTER E WITH ACUTE}",
    "/spec/template/spec/serviceAccountName",
    "IDEOGRAM_ENABLED/../../command",
    "IDEOGRAM_" + "A" * 200,
    "",
]

NO_VALUES = ["$(DATABASE_URL)", "a$$$(B)", "x $(B", "a\nb", "\x1b[2J", "\x9b2J", "x" * 257]


def switched(variable: str, value: str = EVIL, **parts: Any) -> Json:
    return target(**parts) | {"switch": {"name": variable, "fallbackValue": value}}


def throttled(variable: str) -> Json:
    return target() | {"throttle": {"name": variable, "value": EVIL}}


def in_a_config_map(key: str) -> Json:
    return switched(key, name="settings", kind="ConfigMap")


def test_no_name_makes_a_switch_an_address_or_a_credential(tenant: Tenant, run_operator: RunOperator) -> None:
    """Every attempt while the API is down, when switches are thrown."""
    shop = tenant.shop
    shop.deploy(replicas=1)
    shop.make("ConfigMap", "settings")
    before = (shop.get("Deployment", "web")["spec"], shop.get("ConfigMap", "settings")["data"])
    shop.simulator.admin.fault("refused")
    run_operator()
    forms = {"switch": switched, "throttle": throttled, "config-map": in_a_config_map}
    attempts = {
        f"{form}-{index}": form_of(name) for index, name in enumerate(VARIABLES) for form, form_of in forms.items()
    }
    for name, attempt in attempts.items():
        tenant.create(name, targets=[attempt])
    let_through = {name: attempt for name, attempt in attempts.items() if not_refused(tenant, name)}
    assert let_through == {}
    assert (shop.get("Deployment", "web")["spec"], shop.get("ConfigMap", "settings")["data"]) == before


def not_refused(tenant: Tenant, name: str) -> bool:
    status = tenant.shop.until(lambda status: status.get("conditions"), "a verdict", name=name)
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    return bool(ready["reason"] != "SwitchNameNotAllowed")


def test_what_is_no_name_at_all_is_not_stored(tenant: Tenant) -> None:
    for name in REFUSED_BY_THE_SERVER:
        for attempt in (switched(name), throttled(name), in_a_config_map(name)):
            with pytest.raises(KubeError, match=r"^(400|422):"):
                tenant.create(targets=[attempt])


def test_a_value_stays_one_value_of_one_variable(tenant: Tenant, run_operator: RunOperator) -> None:
    """Nothing that a value holds makes a second entry, a reference or another key of it."""
    shop: Shop = tenant.shop
    values = ['$$(POD_IP) $POD_IP ${POD_IP} $ "} , {"name": "LD_PRELOAD"', "é" * 255 + "$", ""]
    names = [f"app-{index}" for index in range(len(values))]
    for name in names:
        shop.deploy(name, replicas=1, settle=False)
    run_operator()
    shop.simulator.admin.fault("refused")
    for name, value in zip(names, values, strict=True):
        tenant.create(name, targets=[switched("IDEOGRAM_ENABLED", value, name=name)])
    for name, value in zip(names, values, strict=True):
        shop.until(partial(is_told, "Fallback"), "fallback", name=name)
        (container,) = shop.get("Deployment", name)["spec"]["template"]["spec"]["containers"]
        assert container["env"] == [{"name": "IDEOGRAM_ENABLED", **({"value": value} if value else {})}]


def test_a_value_takes_in_no_other_variable_and_steers_nobodys_terminal(tenant: Tenant) -> None:
    """``$(NAME)`` would be replaced with what that variable holds, a password say, and the application would send it."""
    for value in NO_VALUES:
        throttle = {"name": "IDEOGRAM_CONCURRENCY", "value": value}
        in_settings = switched("IDEOGRAM_ENABLED", value, name="settings", kind="ConfigMap")
        for attempt in (switched("IDEOGRAM_ENABLED", value), target() | {"throttle": throttle}, in_settings):
            with pytest.raises(KubeError, match="422"):
                tenant.create(targets=[attempt])


def is_told(mode: str, status: Json) -> bool:
    return [one["mode"] for one in status.get("targets", [])] == [mode]
