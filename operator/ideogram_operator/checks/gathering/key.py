"""The API key in its Secret: what is wrong with it, and who manages it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ideogram_operator.checks.facts import KeyFacts, Lack
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.errors import rbac_rule
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import Finding, SecretKey, read_secret
from ideogram_operator.ideogram.key import ApiKey, UnusableKeyError
from ideogram_operator.resource.api import SecretKeyRef
from ideogram_operator.resource.checklist import CheckResult

MANAGERS: Final = frozenset(
    {
        "ExternalSecret",
        "ClusterExternalSecret",
        "SealedSecret",
        "VaultStaticSecret",
        "VaultDynamicSecret",
        "VaultSecret",
        "SecretProviderClass",
        "SecretProviderClassPodStatus",
        "InfisicalSecret",
        "OnePasswordItem",
        "DopplerSecret",
        "BitwardenSecret",
        "GSMSecret",
        "AWSSecret",
        "AzureKeyVaultSecret",
        "SopsSecret",
    }
)
"""Kinds that own the Secrets they make."""

_BY_ANNOTATION: Final = {
    "reconcile.external-secrets.io/data-hash": "External Secrets",
    "sealedsecrets.bitnami.com/managed": "Sealed Secrets",
    "secrets-store.csi.k8s.io/managed": "the Secrets Store CSI driver",
    "vault.hashicorp.com/agent-inject": "Vault",
    "kubed.appscode.com/sync": "Config Syncer",
    "reflector.v1.k8s.emberstack.com/reflects": "Reflector",
}
_UNTOLD: Final = frozenset({Finding.FORBIDDEN, Finding.UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReading:
    """A key that was read.

    Attributes:
        facts: what is to be told of it.
        key: the key itself, to ask the API with; None if none can be sent.
        trimmed: the key without the white space around it, to find it in clear; None if there is none.
    """

    facts: KeyFacts | Lack
    key: ApiKey | None = None
    trimmed: ApiKey | None = None


async def read_key(gateway: Gateway, subject: Subject, *, salt: bytes) -> KeyReading:
    """Returns the key that ``spec.api.keySecretRef`` names.

    Args:
        gateway: reads the Secret.
        subject: the integration.
        salt: of fingerprints; the same for all keys that are to be compared.
    """
    ref = subject.spec.api.key_secret_ref
    secret = await read_secret(gateway, subject.namespace, ref.name, ref.key)
    return interpret(subject.namespace, ref, secret, salt=salt)


def interpret(namespace: str, ref: SecretKeyRef, secret: SecretKey, *, salt: bytes) -> KeyReading:
    """Returns what a Secret says. Pure."""
    place = f"Secret {namespace}/{ref.name}, key {ref.key}"
    if secret.value is None:
        untold = secret.finding in _UNTOLD
        result = CheckResult.UNKNOWN if untold else CheckResult.FAIL
        hint = _readable(namespace, secret.finding) if untold else f"Store the API key as it was issued in {place}."
        return KeyReading(facts=Lack(result=result, message=_plain(secret.message), hint=hint))
    try:
        trimmed = ApiKey(secret.value.reveal(), salt=salt)
    except UnusableKeyError as error:
        hint = f"Store the API key as it was issued in {place}."
        return KeyReading(facts=Lack(result=CheckResult.FAIL, message=f"{place}: {error}", hint=hint))
    spaced = secret.finding is Finding.WHITE_SPACE
    facts = KeyFacts(
        place=place,
        spaced=spaced,
        manager=manager(secret.owners, secret.annotations),
        fingerprint=trimmed.fingerprint,
    )
    # The application would send the white space too, and fail: so there is nothing to ask the API with.
    return KeyReading(facts=facts, key=None if spaced else trimmed, trimmed=trimmed)


def manager(owners: Iterable[str], annotations: Iterable[str]) -> str:
    """Returns who manages a Secret, by its owners (``kind/name``) or its annotations; empty if nobody that is known."""
    owner = next((one for one in owners if one.partition("/")[0] in MANAGERS), "")
    return owner or next((name for mark, name in _BY_ANNOTATION.items() if mark in set(annotations)), "")


def _readable(namespace: str, finding: Finding) -> str:
    """What to do about a Secret that cannot be read."""
    if finding is not Finding.FORBIDDEN:
        return "Look at the Kubernetes API server."
    rule = rbac_rule(Address(resource=SECRETS, namespace=namespace), "get")
    return f"Add this rule to the operator's role: {rule}."


def _plain(message: str) -> str:
    """The message without its advice: that is the hint's."""
    return message.partition(";")[0]
