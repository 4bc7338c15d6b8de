"""The CustomResourceDefinition, made from the models: there is no other place where the schema is written."""

from typing import Any, Final

import yaml

from ideogram_operator.resource.schema import Schema, structural
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import CATEGORY, GROUP, KIND, PLURAL, SHORT_NAME, SINGULAR, VERSION

NAME: Final = f"{PLURAL}.{GROUP}"

_ALWAYS: Final = 0
_WIDE: Final = 1

_COLUMNS: Final = (
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', _ALWAYS),
    ("Health", "string", ".status.health", _ALWAYS),
    ("State", "string", ".status.state", _ALWAYS),
    ("Preflight", "string", ".status.preflight.summary", _ALWAYS),
    ("Alerts", "string", ".status.alertsFiring", _ALWAYS),
    ("Age", "date", ".metadata.creationTimestamp", _ALWAYS),
    ("Reason", "string", ".status.reason", _WIDE),
    ("Since", "date", ".status.since", _WIDE),
    ("P95", "string", ".status.probe.p95", _WIDE),
    ("Balance", "string", ".status.balanceUSD", _WIDE),
    ("Model", "string", ".spec.api.model", _WIDE),
    ("Mode", "string", ".spec.mode", _WIDE),
)


def crd() -> dict[str, Any]:
    """The CRD as the API server takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": [SHORT_NAME],
                "categories": [CATEGORY],
            },
            "versions": [_version()],
        },
    }


def crd_yaml() -> str:
    """The CRD as YAML: byte for byte the file in ``crds/``."""
    return yaml.dump(crd(), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    """Writes out what occurs twice: anchors are legal YAML, but nobody expects them in a CRD."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "priority": priority}
            for name, kind, path, priority in _COLUMNS
        ],
        "schema": {"openAPIV3Schema": _root()},
    }


def _root() -> Schema:
    return {
        "type": "object",
        "description": "One application's dependency on the Ideogram API: watched, alerted on, and switched into "
        "fallback and back.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(IntegrationSpec),
            # It has one writer, who replaces all of it. Were the fields of each check and condition tracked one by one,
            # a write would cost the API server two thirds more, and the object would be half as large again.
            "status": structural(IntegrationStatus) | {"x-kubernetes-map-type": "atomic"},
        },
    }
