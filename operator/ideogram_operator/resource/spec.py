"""The spec: what one application depends on, and what is to be done when it breaks. DESIGN.md §2."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError

from ideogram_operator.resource.api import ApiSpec
from ideogram_operator.resource.errors import spec_error
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.probe import Probe
from ideogram_operator.resource.readiness import Attestations, DrillSpec, PreflightSpec
from ideogram_operator.resource.recovery import Override, RecoverySpec
from ideogram_operator.resource.services import Billing, Database, Notify, Storage
from ideogram_operator.resource.shared import shared
from ideogram_operator.resource.targets import Targets
from ideogram_operator.resource.traffic import Traffic
from ideogram_operator.resource.triggers import Triggers
from ideogram_operator.resource.words import Environment, Mode, OverrideMode


class IntegrationSpec(SpecModel):
    """What one application depends on, and what is to be done when it breaks."""

    mode: Mode = Mode.ENFORCE
    """Enforce, or Observe: decide and report, switch nothing."""
    environment: Environment = Environment.PRODUCTION
    """Which life the application leads; keys must not be shared across them."""
    api: Annotated[ApiSpec, AfterValidator(shared)]
    """How the application reaches Ideogram."""
    targets: Targets
    """The workloads and ConfigMaps to switch."""
    probe: Annotated[Probe, AfterValidator(shared)] = Probe()
    """The requests the operator itself sends."""
    traffic: Traffic | None = None
    """Where the application's own metrics come from."""
    triggers: Annotated[Triggers, AfterValidator(shared)] = Field(default_factory=Triggers, validate_default=True)
    """Which evidence is an alert, and what is done about it."""
    recovery: Annotated[RecoverySpec, AfterValidator(shared)] = RecoverySpec()
    """When and how targets come back."""
    override: Override | None = None
    """A person's order, which beats every decision until it expires."""
    billing: Billing | None = None
    """What is known of the credit."""
    storage: Storage | None = None
    """Where the application keeps its images."""
    database: Database | None = None
    """Where the application keeps what belongs to its images."""
    notify: Annotated[tuple[Notify, ...], Field(max_length=10)] = ()
    """Who is told of alerts."""
    preflight: Annotated[PreflightSpec, AfterValidator(shared)] = Field(
        default_factory=PreflightSpec, validate_default=True
    )
    """The production checklist."""
    attestations: Attestations = ()
    """What named people say holds."""
    drill: DrillSpec | None = None
    """A rehearsal of the fallback; off unless given."""

    def overridden(self, now: datetime) -> OverrideMode | None:
        """The person's order that is in force; None if there is none, or it has expired."""
        return self.override.mode if self.override is not None and now < self.override.until else None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """The spec as it is written in YAML, with every default filled in.

        Raises:
            SpecError: it breaks a rule; the message says where, what and what to do.
        """
        try:
            return cls.model_validate(raw, by_alias=True, by_name=False)
        except ValidationError as error:
            raise spec_error(error, cls) from None
