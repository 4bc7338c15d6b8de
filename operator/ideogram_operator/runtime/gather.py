"""All the reading of one reconcile: what was asked for, whether it is allowed, and what is known of the API.

A failure to read becomes data: a problem that keeps the integration from being ready, and evidence that is Unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ideogram_operator.decisions.decide import Decision, Observed
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.from_spec import policy_of
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.ideogram.hosts import AllowedHosts, HostNotAllowedError, InvalidHostError
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import recover_token
from ideogram_operator.resource.switches import switch_name_allowed
from ideogram_operator.resource.words import (
    Cause,
    Health,
    State,
    Strength,
    TargetMode,
    Trigger,
)
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.keys import KeyReader
from ideogram_operator.runtime.patience import LONGEST_MENDING_OF_KEY, patience
from ideogram_operator.runtime.probing.demand import Confirm, Demand, Pace, Recover, Steady
from ideogram_operator.runtime.probing.pool import ProbePool
from ideogram_operator.runtime.record import Record

KEY_AGE = 300.0
"""Seconds after which a key is read again though nothing is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What one reconcile goes by.

    Attributes:
        policy: None while the spec is not one to act on.
        problems: what keeps the integration from being ready, as far as reading can tell.
        key: None while there is no usable one.
    """

    policy: Policy | None
    observed: Observed
    problems: tuple[Problem, ...] = ()
    key: ApiKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Reads for a reconcile."""

    clock: Clock
    keys: KeyReader
    pool: ProbePool
    hosts: AllowedHosts
    switch_names: tuple[str, ...]

    def parse(self, record: Record, raw: Mapping[str, Any]) -> None:
        """Takes in the spec when it is a new one; an invalid one leaves what it is in words."""
        generation = int(raw["metadata"].get("generation", 0))
        if generation == record.generation and (record.spec is not None or record.spec_problem is not None):
            return
        record.generation, record.looked_at = generation, None
        if record.spec is not None:
            self.keys.forget(self.place(record))
        try:
            record.spec, record.spec_problem = IntegrationSpec.parse(raw.get("spec") or {}), None
        except SpecError as error:
            record.spec = None
            record.spec_problem = Problem(reason=Reason.SPEC_INVALID, message=f"{error}. Nothing moves until then.")
            return
        record.spec_problem = next(self._forbidden(record.spec), None)

    async def gather(self, record: Record, raw: Mapping[str, Any], settled: int) -> Gathered:
        """Returns what is known now; keeps the probes going as the spec wants them.

        Args:
            record: the integration at work; its spec was taken in before.
            raw: the integration as stored in the cluster.
            settled: how many of the targets already given back are ready again.
        """
        if record.spec is None:
            self.pool.unsubscribe(record.key)
            return Gathered(policy=None, observed=Observed(), problems=_only(record.spec_problem))
        policy = policy_of(record.spec)
        token = recover_token(raw["metadata"].get("annotations") or {})
        observed = Observed(recover_token=token, targets=len(record.targets), settled=settled)
        if record.spec_problem is not None:
            self.pool.unsubscribe(record.key)
            return Gathered(policy=None, observed=observed, problems=(record.spec_problem,))
        reading = await self.keys.read(self.place(record), max_age=self.key_age(record))
        record.fingerprint = reading.key.fingerprint if reading.key is not None else ""
        if reading.key is None:
            record.keyless_since = record.keyless_since if record.keyless_since is not None else self.clock.monotonic()
            self.pool.unsubscribe(record.key)
            blind = _key_missing(self.clock.now(), reading.problem)
            return Gathered(
                policy=policy, observed=replace(observed, evidence=(blind,)), problems=_only(reading.problem)
            )
        record.keyless_since = None
        self._recall_spending(record, reading.key)
        self.pool.subscribe(record.key, self._demand(record, record.spec, reading.key))
        observed = replace(observed, evidence=self.pool.evidence(record.key))
        return Gathered(policy=policy, observed=observed, key=reading.key)

    def hurry(self, record: Record, gathered: Gathered) -> None:
        """Has the probes go at the pace that the last decision asks for."""
        if record.spec is not None and gathered.key is not None:
            self.pool.subscribe(record.key, self._demand(record, record.spec, gathered.key))

    async def refresh_key(self, record: Record) -> None:
        """Reads the key again, whatever its age, and probes with the new one if it is another."""
        if record.spec is None or record.spec_problem is not None:
            return
        reading = await self.keys.read(self.place(record), max_age=0.0)
        if reading.key is not None:
            self.pool.subscribe(record.key, self._demand(record, record.spec, reading.key))

    def key_age(self, record: Record) -> float:
        """Returns the seconds after which the key is read again: soon while it is missing or refused."""
        refused = [alert.since for alert in record.memory.alerts if alert.trigger is Trigger.AUTH_FAILURE]
        if record.keyless_since is not None:
            lasted = self.clock.monotonic() - record.keyless_since
        elif refused:
            lasted = (self.clock.now() - refused[0]).total_seconds()
        else:
            return KEY_AGE
        return patience(lasted, longest=LONGEST_MENDING_OF_KEY)

    def _recall_spending(self, record: Record, key: ApiKey) -> None:
        probe = record.status.probe
        if record.spending_known or probe is None:
            return
        record.spending_known = True
        if probe.spent_on is not None and probe.spent_today_usd is not None:
            self.pool.ledger.restore(key.fingerprint, date.fromisoformat(probe.spent_on), probe.spent_today_usd)

    @staticmethod
    def place(record: Record) -> tuple[str, str, str]:
        """Returns where the integration's key is."""
        if record.spec is None:
            raise ValueError(f"{record.key} has no valid spec, and so no key")
        ref = record.spec.api.key_secret_ref
        return record.key.namespace, ref.name, ref.key

    def _forbidden(self, spec: IntegrationSpec) -> Iterator[Problem]:
        try:
            self.hosts.check(spec.api.base_url)
        except (HostNotAllowedError, InvalidHostError) as error:
            yield Problem(reason=Reason.HOST_NOT_ALLOWED, message=f"spec.api.baseURL: {error}.")
        for index, target in enumerate(spec.targets):
            for field in ("switch", "throttle"):
                given = getattr(target, field)
                name = given.name if given else None
                if name is None or switch_name_allowed(name, self.switch_names):
                    continue
                message = (
                    f"spec.targets[{index}].{field}.name: {name} may not be switched; use IDEOGRAM_… or have the "
                    "operator's owner allow it with --switch-name (chart value switchNames)."
                )
                yield Problem(reason=Reason.SWITCH_NAME_NOT_ALLOWED, message=message)

    def _demand(self, record: Record, spec: IntegrationSpec, key: ApiKey) -> Demand:
        probe = spec.probe
        return Demand(
            base_url=self.hosts.check(spec.api.base_url),
            key=key,
            model=spec.api.model,
            method=probe.method,
            interval=probe.interval.total_seconds(),
            suspect_interval=probe.confirm_interval.total_seconds(),
            timeout=probe.timeout.total_seconds(),
            confirmations=spec.triggers.api_unreachable.consecutive,
            generate_interval=probe.generate.interval.total_seconds(),
            daily_budget=probe.generate.daily_budget_usd,
            generate_timeout=probe.generate.timeout.total_seconds(),
            next_generate=record.first_generate,
            pace=_pace(record.decision),
        )


def _pace(decision: Decision | None) -> Pace:
    if decision is None:
        return Steady()
    fact = decision.assessment.fact
    if decision.memory.state is State.SUSPECT and fact is not None:
        return Confirm(fact.strength)
    if decision.wanted is TargetMode.FALLBACK and decision.recovery_strength is not None:
        return Recover(decision.recovery_strength)
    return Steady()


def _key_missing(now: datetime, problem: Problem | None) -> Evidence:
    return Evidence(
        at=now,
        health=Health.UNKNOWN,
        cause=Cause.KEY_MISSING,
        strength=Strength.KEY_CHECK,
        message=problem.message.rstrip(".") if problem else "there is no key",
        fresh_for=timedelta(minutes=1),
    )


def _only(problem: Problem | None) -> tuple[Problem, ...]:
    return (problem,) if problem else ()
