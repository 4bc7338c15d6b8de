"""What the operator knows of the integrations around one: from its memory, without asking anybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ideogram_operator.checks.facts import Lack, PredecessorFacts
from ideogram_operator.checks.gathering.subject import Generation, Neighbour, Subject
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.conditions import Condition
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import ConditionStatus, ConditionType, Environment, Health
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.probing.pool import ProbePool
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.records import Records

NOT_NAMED = Lack(
    result=CheckResult.UNKNOWN,
    message="no Staging integration is named as predecessor",
    hint="Name it in spec.preflight.predecessor.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The surroundings of an integration, out of the operator's records and probe streams."""

    records: Records
    pool: ProbePool

    async def sharing(self, subject: Subject, key: ApiKey) -> Sequence[Neighbour] | Lack:
        """Returns the other integrations in the operator's reach that use the same key."""
        return [_neighbour(one) for one in self._others(subject, self.records) if one.fingerprint == key.fingerprint]

    async def beside(self, subject: Subject) -> Sequence[Neighbour] | Lack:
        """Returns the other integrations of the same namespace."""
        return [_neighbour(one) for one in self._others(subject, self.records.of_namespace(subject.namespace))]

    async def predecessor(self, subject: Subject) -> PredecessorFacts | Lack:
        """Returns how the integration stands that the spec names."""
        named = subject.spec.preflight.predecessor
        if named is None:
            return NOT_NAMED
        key = Key(named.namespace or subject.namespace, named.name)
        record = self.records.get(key)
        shortfall = shortfall_of(
            record.spec if record else None,
            record.decision.health if record and record.decision else None,
            record.status.conditions if record else (),
        )
        near = key.namespace == subject.namespace
        return PredecessorFacts(name=str(key), ready=not shortfall, shortfall=shortfall if near else "")

    async def generation(self, subject: Subject, key: ApiKey) -> Generation | Lack:
        """Returns what the integration's own paid stream found, asked now; so its budget and its purse hold."""
        record = self.records.get(Key(subject.namespace, subject.name))
        if record is None or record.fingerprint != key.fingerprint:
            message = "the key changed a moment ago, and probes have not begun with it"
            return Lack(result=CheckResult.UNKNOWN, message=message, hint="Nothing is to be done: it is asked again.")
        try:
            found = await self.pool.generation(record.key)
        except LookupError as error:
            hint = "Nothing is to be done: it is made again by itself."
            return Lack(result=CheckResult.UNKNOWN, message=f"the paid check came to nothing: {error}", hint=hint)
        if isinstance(found, tuple):
            return Generation(at=found[0], outcome=found[1])
        return Lack(result=CheckResult.SKIPPED, message=(found or "paid checks are off").rstrip("."))

    @staticmethod
    def _others(subject: Subject, records: "Records | Sequence[Record]") -> list[Record]:
        own = Key(subject.namespace, subject.name)
        return [record for record in records if record.key != own and record.spec is not None]


def shortfall_of(spec: IntegrationSpec | None, health: Health | None, conditions: Iterable[Condition]) -> str:
    """Returns what a predecessor lacks; empty if it is a healthy Staging integration that passed its own preflight."""
    if spec is None:
        return "there is no such integration"
    if spec.environment is not Environment.STAGING:
        return f"its environment is {spec.environment}, not Staging"
    if health is not Health.HEALTHY:
        return "it is not healthy"
    passed = next((one for one in conditions if one.type is ConditionType.PREFLIGHT_PASSED), None)
    if passed is None or passed.status is not ConditionStatus.TRUE:
        return "it has not passed its own preflight"
    return ""


def _neighbour(record: Record) -> Neighbour:
    if record.spec is None:
        raise ValueError(f"{record.key} has no valid spec")
    return Neighbour(namespace=record.key.namespace, name=record.key.name, spec=record.spec)
