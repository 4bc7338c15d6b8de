"""How the application reaches Ideogram: address, model and keys."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from ideogram_operator.resource.fields import BaseURL, DataKey, ObjectName
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule

DEFAULT_BASE_URL: Final = "https://api.ideogram.ai"
DEFAULT_MODEL: Final = "V_2_TURBO"
DEFAULT_KEY: Final = "api-key"


class SecretKeyRef(SpecModel):
    """A value in a Secret of the same namespace."""

    name: ObjectName
    """The Secret's name."""
    key: DataKey = DEFAULT_KEY
    """The entry in the Secret's data."""


class ApiSpec(SpecModel):
    """How the application reaches Ideogram."""

    base_url: BaseURL = Field(default=DEFAULT_BASE_URL, alias="baseURL")
    """Where requests start. The operator sends the key to hosts that its own settings allow, to no others."""
    model: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = DEFAULT_MODEL
    """The model the application uses: a legacy name such as V_2_TURBO or a current one such as ideogram-4-5."""
    key_secret_ref: SecretKeyRef
    """The API key."""
    standby_key_secret_ref: SecretKeyRef | None = None
    """A second key, promoted into activeKeySecret when the first is rejected and this one works."""
    active_key_secret: ObjectName | None = None
    """A Secret the operator owns and the applications read; it holds the key that works."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.standbyKeySecretRef) || self.standbyKeySecretRef.name != self.keySecretRef.name || "
            "self.standbyKeySecretRef.key != self.keySecretRef.key",
            says="standbyKeySecretRef must name another key than keySecretRef: no key stands in for itself",
            holds=lambda api: api.standby_key_secret_ref != api.key_secret_ref,
        ),
        Rule(
            cel="!has(self.activeKeySecret) || (self.activeKeySecret != self.keySecretRef.name && "
            "(!has(self.standbyKeySecretRef) || self.activeKeySecret != self.standbyKeySecretRef.name))",
            says="activeKeySecret must be a Secret of its own, not one that holds a given key: it is overwritten",
            holds=lambda api: (
                api.active_key_secret is None
                or api.active_key_secret
                not in {ref.name for ref in (api.key_secret_ref, api.standby_key_secret_ref) if ref is not None}
            ),
        ),
    )
