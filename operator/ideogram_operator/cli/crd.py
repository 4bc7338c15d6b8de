"""``ideogram-operator crd``: the CustomResourceDefinition, for ``kubectl apply -f -``."""

from ideogram_operator.resource.crd import crd_yaml


def render() -> str:
    """The CRD of this version as YAML."""
    return crd_yaml()
