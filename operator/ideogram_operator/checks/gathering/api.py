"""A free check of the API: whether it takes the key and the model, and at what price."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ideogram_operator.checks.facts import ApiFacts, Lack
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.models import family
from ideogram_operator.ideogram.outcome import Outcome, interpret
from ideogram_operator.ideogram.requests import possible, probe_request
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.words import Cause, Health, ProbeMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeCheck:
    """Asks the API, once for all integrations that ask the same with the same key; nothing older than ``since``."""

    sender: Sender
    now: Callable[[], datetime]
    once: Once[Any]
    since: float = -math.inf

    async def ask(self, subject: Subject, key: ApiKey) -> ApiFacts | Lack:
        """Returns what a dry run found, or where the model has none or the API does not know it, a key check."""
        if subject.host_problem:
            return Lack(result=CheckResult.UNKNOWN, message=subject.host_problem, hint="Mend base-url first.")
        if subject.refused:
            # It was confirmed; more refusals would only look like an attack.
            return ApiFacts(
                method=ProbeMethod.KEY_CHECK,
                health=Health.DOWN,
                cause=Cause.CREDENTIALS,
                message=f"{subject.refused}; the key is left alone until it is another one",
            )
        model = subject.spec.api.model
        if possible(ProbeMethod.DRY_RUN, model):
            found = await self._by(ProbeMethod.DRY_RUN, subject, key)
            if found.cause is not Cause.PROBE_UNSUPPORTED:
                return _facts(found, subject=family(model) or "")
            refused = _facts(found, subject=family(model) or "")
            checked = await self._by(ProbeMethod.KEY_CHECK, subject, key)
            # 400 to the model and a yes to the key: the model is refused. 404 to both: the route is not there.
            return refused if checked.health is Health.HEALTHY else _facts(checked)
        return _facts(await self._by(ProbeMethod.KEY_CHECK, subject, key))

    async def _by(self, method: ProbeMethod, subject: Subject, key: ApiKey) -> Outcome:
        api = subject.spec.api
        asked = family(api.model) if method is ProbeMethod.DRY_RUN else ""
        about = (api.base_url, key.fingerprint, method, asked)
        outcome: Outcome = await self.once.ask(about, lambda: self._send(method, subject, key), since=self.since)
        return outcome

    async def _send(self, method: ProbeMethod, subject: Subject, key: ApiKey) -> Outcome:
        request = probe_request(
            base_url=subject.spec.api.base_url,
            key=key,
            model=subject.spec.api.model,
            method=method,
            timeout=subject.spec.probe.timeout.total_seconds(),
        )
        return interpret(request, await self.sender.send(request), self.now())


def _facts(outcome: Outcome, *, subject: str = "") -> ApiFacts:
    return ApiFacts(
        method=outcome.method,
        health=outcome.health,
        cause=outcome.cause,
        message=outcome.message,
        http_status=outcome.http_status,
        quote=outcome.quote,
        subject=subject,
    )
