"""The table of the chart's values: described by their schema, with the defaults of values.yaml."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docs.generator.markdown import MARK, code, table

_INTRODUCTION = """# Helm chart of the Ideogram Operator

```sh
helm install ideogram-operator charts/ideogram-operator \\
  --namespace ideogram-operator --create-namespace --set image.repository=YOUR-REGISTRY/ideogram-operator
```

- **One works.** The pod that works holds a Lease (`kubectl get lease`); others, and the new one of an upgrade, stand
  by. A pod that is stopped lets go and is succeeded within about three seconds, one that died after
  `leaderElection.duration`. `replicas=2` is for those who cannot wait for the death of a node to be noticed.
- **The CRD** is part of the release, so an upgrade upgrades it. It is kept on uninstall, with all integrations. To
  install again under another release name: `--take-ownership` (Helm 3.17 and later), or `crds.install=false`.
- **Before you uninstall**, delete the integrations: the operator then gives every target back. Without the operator
  nothing does; applications stay as they are.
- **Permissions** are those the operator uses, no more. With `namespaces` they are Roles in those namespaces and there
  is no cluster-wide rule. With `readOnly` nothing but status, events and its Lease can be written.

## Values

"""


def chart_page(schema: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The page `charts/ideogram-operator/README.md`."""
    rows = ((code(path), code(json.dumps(default)), told) for path, default, told in _values(schema, values, ""))
    return MARK + _INTRODUCTION + table(["Value", "Default", "Meaning"], rows)


def _values(schema: Mapping[str, Any], values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any, str]]:
    for name, default in values.items():
        told = schema["properties"][name]
        if "properties" in told:
            yield from _values(told, default, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", default, told["description"]
