"""The pod: restricted, told all that the values say, and only one of it at work."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ideogram_operator.runtime.settings import Settings
from tests.chart.helm import CHART, Rendered

Render = Callable[..., Rendered]

EVERYTHING: dict[str, Any] = {
    "namespaces": ["shop", "gallery"],
    "allowHosts": ["ideogram.example.com:8443", "http://simulator.lab:8080"],
    "switchNames": ["FEATURE_[A-Z]+$", "IMAGES"],
    "controlURL": "https://control.example.com/$HOME",
    "caFile.configMapName": "authorities",
    "kubeconfig.secretName": "other-cluster",
    "readOnly": True,
    "leaderElection.namespace": "leases",
    "leaderElection.duration": 20,
    "maxRollouts": 7,
    "maxFlipsPerMinute": 70,
    "listen": "[::]:9090",
    "logFormat": "console",
    "logLevel": "debug",
    "serviceMonitor.enabled": True,
    "networkPolicy.enabled": True,
}


def test_every_value_reaches_its_flag(render: Render) -> None:
    chart = render(EVERYTHING)
    assert chart.container["args"] == [
        "run",
        "--namespace=shop",
        "--namespace=gallery",
        "--allow-host=ideogram.example.com:8443",
        "--allow-host=http://simulator.lab:8080",
        "--switch-name=FEATURE_[A-Z]+$$",  # Kubernetes makes one of two
        "--switch-name=IMAGES",
        "--control-url=https://control.example.com/$$HOME",
        "--ca-file=/etc/ideogram-operator/ca/ca.crt",
        "--kubeconfig=/etc/ideogram-operator/kubeconfig/kubeconfig",
        "--read-only",
        "--lease=leases/ideogram-operator",
        "--lease-duration=20",
        "--identity=$(POD_NAME)",
        "--max-rollouts=7",
        "--max-flips-per-minute=70",
        "--listen=[::]:9090",
        "--log-format=console",
        "--log-level=debug",
    ]
    assert chart.container["ports"] == [{"name": "http", "containerPort": 9090, "protocol": "TCP"}]


def test_the_values_defaults_are_the_operators_own() -> None:
    values, own = yaml.safe_load((CHART / "values.yaml").read_text()), Settings()
    assert values["controlURL"] == own.control_url
    assert values["listen"] == own.listen
    assert values["maxRollouts"] == own.max_rollouts
    assert values["maxFlipsPerMinute"] == own.max_flips_per_minute
    assert (values["logFormat"], values["logLevel"]) == (own.log_format, own.log_level)
    assert values["leaderElection"]["duration"] == own.lease_duration
    assert (values["readOnly"], values["namespaces"]) == (own.read_only, list(own.namespaces))


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_it_is_restricted(render: Render, values: dict[str, Any]) -> None:
    chart = render(values)
    assert chart.pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert chart.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }
    assert {"cpu", "memory"} <= set(chart.container["resources"]["requests"])


def test_files_it_is_pointed_to_are_mounted_there(render: Render) -> None:
    chart = render(EVERYTHING)
    mounts = {mount["name"]: mount["mountPath"] for mount in chart.container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in chart.pod["volumes"]}
    assert mounts == {
        "tmp": "/tmp",  # noqa: S108 - the pod's own
        "ca": "/etc/ideogram-operator/ca",
        "kubeconfig": "/etc/ideogram-operator/kubeconfig",
    }
    assert volumes["ca"]["configMap"]["name"] == "authorities"
    assert volumes["kubeconfig"]["secret"]["secretName"] == "other-cluster"


def test_its_pod_is_named_in_the_lease_whatever_else_is_in_its_environment(render: Render) -> None:
    own = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    proxy = {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}
    assert render().container["env"] == [own]
    assert render({"env": [proxy]}).container["env"] == [own, proxy]


def test_an_upgrade_replaces_the_one_that_works_only_when_its_successor_stands_by(render: Render) -> None:
    spec = render().one("Deployment")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_without_a_lease_there_is_never_more_than_one_even_in_an_upgrade(
    render: Render, refusal: Callable[..., str]
) -> None:
    spec = render({"leaderElection.enabled": False}).one("Deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    said = refusal({"leaderElection.enabled": False, "replicas": 2})
    assert "more than one needs leaderElection.enabled" in said


def test_several_are_spread_over_nodes_and_not_drained_at_once(render: Render) -> None:
    assert not render().all("PodDisruptionBudget")
    assert "topologySpreadConstraints" not in render().pod
    chart = render({"replicas": 2})
    labels = chart.one("Deployment")["spec"]["selector"]
    assert chart.one("PodDisruptionBudget")["spec"] == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": labels,
    }
    (spread,) = chart.pod["topologySpreadConstraints"]
    assert (spread["labelSelector"], spread["topologyKey"]) == (labels, "kubernetes.io/hostname")


def test_health_is_asked_on_the_port_it_listens_on(render: Render) -> None:
    container = render().container
    paths = {probe: container[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {
        "startupProbe": {"path": "/healthz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }


def test_a_digest_beats_the_tag(render: Render) -> None:
    digest = "sha256:" + "0" * 64
    assert render().container["image"] == "ideogram-operator:0.1.0"
    values = {"image.repository": "registry.example.com/tools/operator", "image.tag": "1.2.3", "image.digest": digest}
    assert render(values).container["image"] == f"registry.example.com/tools/operator@{digest}"


def test_the_network_policy_lets_it_reach_dns_the_api_server_and_allowed_hosts(render: Render) -> None:
    policy = render({"networkPolicy.enabled": True, "allowHosts": EVERYTHING["allowHosts"]}).one("NetworkPolicy")
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert ports == [53, 53, 443, 6443, 8443, 8080]
    assert policy["spec"]["podSelector"] == {
        "matchLabels": render().one("Deployment")["spec"]["selector"]["matchLabels"]
    }


def test_optional_objects_are_not_there_unless_asked_for(render: Render) -> None:
    assert not render().kinds & {"NetworkPolicy", "ServiceMonitor", "PodDisruptionBudget"}
    monitor = render(EVERYTHING).one("ServiceMonitor")
    service = render().one("Service")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} == {"http"}
