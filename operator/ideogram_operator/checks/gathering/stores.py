"""What the application keeps: its bucket and its database, tried with the credentials that the spec names."""

from dataclasses import dataclass
from typing import Final

from ideogram_operator.checks.facts import Lack
from ideogram_operator.checks.gathering.instruments import Instruments
from ideogram_operator.checks.gathering.lacks import lack_of_entry, lack_of_secret, lack_of_service
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import SecretValue, read_entries
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.services.results import Bucket, ServiceError, Table

NO_STORAGE: Final = Lack(
    result=CheckResult.UNKNOWN,
    message="spec.storage is not given, so nothing is known of where images are kept",
    hint="Name the bucket in spec.storage.url and its credentials in spec.storage.secretRef.",
)
NO_DATABASE: Final = Lack(
    result=CheckResult.UNKNOWN,
    message="spec.database is not given, so nothing is known of what is kept about images",
    hint="Name the Secret with the database's URL in spec.database.urlSecretRef.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Tries bucket and database."""

    gateway: Gateway
    instruments: Instruments

    async def bucket(self, subject: Subject) -> Bucket | Lack:
        """Returns what the bucket did with a test object."""
        storage = subject.spec.storage
        if storage is None:
            return NO_STORAGE
        credentials: dict[str, SecretValue] | Lack = {}
        if storage.secret_ref is not None:
            credentials = await self._entries(subject, storage.secret_ref.name, "spec.storage.secretRef")
        if isinstance(credentials, Lack):
            return credentials
        # One name per integration: where deleting is refused, one object is left behind and not one each time.
        name = f"preflight-{subject.uid or subject.name}"
        try:
            return await self.instruments.bucket(storage, credentials, namespace=subject.namespace, object_name=name)
        except ServiceError as error:
            return lack_of_service(error)

    async def table(self, subject: Subject) -> Table | Lack:
        """Returns the table that was found in the database."""
        database = subject.spec.database
        if database is None:
            return NO_DATABASE
        ref, field = database.url_secret_ref, "spec.database.urlSecretRef"
        entries = await self._entries(subject, ref.name, field)
        if isinstance(entries, Lack):
            return entries
        if ref.key not in entries:
            return lack_of_entry(namespace=subject.namespace, name=ref.name, entry=ref.key, field=field)
        try:
            return await self.instruments.table(entries[ref.key], database.table, namespace=subject.namespace)
        except ServiceError as error:
            return lack_of_service(error)

    async def _entries(self, subject: Subject, name: str, field: str) -> dict[str, SecretValue] | Lack:
        try:
            return await read_entries(self.gateway, subject.namespace, name)
        except ClusterError as error:
            return lack_of_secret(error, namespace=subject.namespace, name=name, field=field)
