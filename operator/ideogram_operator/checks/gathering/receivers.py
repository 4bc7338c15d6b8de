"""A test message to each receiver of ``spec.notify``: an alert that reaches nobody is found before it is needed."""

import asyncio
from dataclasses import dataclass

from ideogram_operator.checks.facts import Lack, ReceiverFacts
from ideogram_operator.checks.gathering.instruments import Instruments
from ideogram_operator.checks.gathering.lacks import lack_of_entry, lack_of_secret, lack_of_service
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import SecretValue, read_entries
from ideogram_operator.resource.services import Notify
from ideogram_operator.services.results import ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverTrial:
    """Sends them."""

    gateway: Gateway
    instruments: Instruments

    async def ask(self, subject: Subject) -> tuple[ReceiverFacts, ...]:
        """Returns for each receiver whether the message got through."""
        entries = enumerate(subject.spec.notify)
        return tuple(await asyncio.gather(*(self._one(subject, index, notify) for index, notify in entries)))

    async def _one(self, subject: Subject, index: int, notify: Notify) -> ReceiverFacts:
        place = f"notify[{index}]"
        url = await self._url(subject, index, notify)
        if isinstance(url, Lack):
            return ReceiverFacts(name=place, severities=notify.severities, failure=url)
        name = f"{place} ({self.instruments.receiver_name(url)})"
        severities = ", ".join(notify.severities)
        try:
            await self.instruments.message(
                url,
                namespace=subject.namespace,
                title=f"Test: alerts of {subject} arrive here",
                body=f"The preflight of the Ideogram integration {subject} tries its receivers. Alerts of severity "
                f"{severities} will arrive here. Nothing is wrong and nothing is to be done.",
            )
        except ServiceError as error:
            return ReceiverFacts(name=name, severities=notify.severities, failure=lack_of_service(error))
        return ReceiverFacts(name=name, severities=notify.severities)

    async def _url(self, subject: Subject, index: int, notify: Notify) -> SecretValue | Lack:
        ref, field = notify.url_secret_ref, f"spec.notify[{index}].urlSecretRef"
        try:
            entries = await read_entries(self.gateway, subject.namespace, ref.name)
        except ClusterError as error:
            return lack_of_secret(error, namespace=subject.namespace, name=ref.name, field=field)
        if ref.key not in entries:
            return lack_of_entry(namespace=subject.namespace, name=ref.name, entry=ref.key, field=field)
        return entries[ref.key]
