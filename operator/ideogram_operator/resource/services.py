"""What stands around the integration: billing, storage, database and who is told."""

from typing import Annotated

from pydantic import Field

from ideogram_operator.resource.fields import DataKey, HttpURL, Money, ObjectName, StorageURL, Time
from ideogram_operator.resource.lists import distinct_items
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.words import Severity


class Balance(SpecModel):
    """The credit as a person read it on Ideogram's billing page: it cannot be read with an API key."""

    amount_usd: Money = Field(alias="amountUSD")
    """In USD."""
    as_of: Time
    """When it was read; usage since then is taken off."""


class Billing(SpecModel):
    """What is known of the credit."""

    balance: Balance
    """The balance last read."""


class SecretRef(SpecModel):
    """A Secret of the same namespace, as a whole."""

    name: ObjectName
    """The Secret's name."""


class UrlSecretRef(SpecModel):
    """A URL in a Secret of the same namespace: it holds credentials."""

    name: ObjectName
    """The Secret's name."""
    key: DataKey = "url"
    """The entry in the Secret's data."""


class Storage(SpecModel):
    """Where the application keeps its images."""

    url: StorageURL
    """The bucket and folder, such as s3://images/storefront."""
    endpoint: HttpURL | None = None
    """The store's address, where it is not the cloud's own."""
    secret_ref: SecretRef | None = None
    """Credentials under the store's usual environment names, such as AWS_ACCESS_KEY_ID."""


class Database(SpecModel):
    """Where the application keeps what belongs to its images."""

    url_secret_ref: UrlSecretRef
    """The database's URL."""
    table: Annotated[
        str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")
    ] = "generations"
    """The table with prompt, seed, model and style; schema.table where need be."""


class Notify(SpecModel):
    """Somebody to tell."""

    severities: Annotated[tuple[Severity, ...], Field(min_length=1, max_length=3), distinct_items()]
    """The alerts they hear of."""
    url_secret_ref: UrlSecretRef
    """An Apprise URL: Slack, PagerDuty, mail, a webhook and many more."""
