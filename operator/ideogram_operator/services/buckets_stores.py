"""A client for a bucket that has the Secret's credentials, or none: never the operator's own.

obstore takes whatever it finds from the environment, from files that the environment names and from metadata services,
and adds it to what it is given (``AWS_SESSION_TOKEN`` to the Secret's key, say). So the environment is hidden while the
client is made, it is given what ends its search, and the gate stops what is left. Credentials are given as values: a
function that returns them would be called from the client's own threads, see `buckets`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from ideogram_operator.services.buckets_place import Kind, Place
from ideogram_operator.services.results import ServiceError

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, RetryConfig, S3Config

Store = S3Store | GCSStore | AzureStore

_FOREIGN: Final = ("AWS_", "GOOGLE_", "AZURE_", "MSI_", "IDENTITY_")
_CONNECT_TIMEOUT: Final = timedelta(seconds=5)
_ACCOUNT_FIELDS: Final = ("type", "private_key", "private_key_id", "client_email")


def open_store(
    place: Place, credentials: Mapping[str, str], *, proxy: str, timeout: float, authorities: str | None
) -> Store:
    """The client, which sends all through ``proxy``.

    Args:
        place: the bucket.
        credentials: the Secret's entries; empty: requests are not signed.
        proxy: a URL.
        timeout: seconds, of one request.
        authorities: certificates in PEM that count besides the system's.

    Raises:
        ServiceError: the Secret has no credentials for such a bucket, or none that can be used.
    """
    options = _options(place, proxy, timeout, authorities)
    # It waits and asks again by itself otherwise; whoever tries again is the next preflight.
    retries: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=timeout)}
    with _environment_hidden():
        try:
            return _OPENERS[place.kind](place, credentials, options, retries)
        except BaseError:
            # Its text can quote what it was given.
            raise _unusable(place, "are not in a form that the store's client takes") from None


def _options(place: Place, proxy: str, timeout: float, authorities: str | None) -> "ClientConfig":
    options: ClientConfig = {
        "allow_http": place.endpoint.startswith("http://"),
        "proxy_url": proxy,
        "connect_timeout": _CONNECT_TIMEOUT,
        # The caller's own deadline comes first, and knows more to say.
        "timeout": timedelta(seconds=timeout + 5),
        # A connection per request: what the gate has passed once is not used for anything else.
        "pool_max_idle_per_host": "0",
        "user_agent": "ideogram-operator",
    }
    if authorities:
        options["root_certificate"] = authorities
    return options


def _s3(place: Place, credentials: Mapping[str, str], options: "ClientConfig", retries: "RetryConfig") -> Store:
    access, secret = credentials.get("AWS_ACCESS_KEY_ID"), credentials.get("AWS_SECRET_ACCESS_KEY")
    if place.secret and not (access and secret):
        missing = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
        raise _unusable(place, f"lack {missing}")
    config: S3Config = {
        "endpoint": place.endpoint,
        "region": place.region,
        "skip_signature": not place.secret,
        "virtual_hosted_style_request": False,
        "disable_bulk_delete": True,
    }
    if access and secret:
        config |= {"access_key_id": access, "secret_access_key": secret}
        if token := credentials.get("AWS_SESSION_TOKEN"):
            config["session_token"] = token
    return S3Store(place.bucket, config=config, client_options=options, retry_config=retries)


def _gcs(place: Place, credentials: Mapping[str, str], options: "ClientConfig", retries: "RetryConfig") -> Store:
    account = _service_account(place, credentials.get("GOOGLE_SERVICE_ACCOUNT_KEY", "")) if place.secret else _NOBODY
    return GCSStore(
        place.bucket,
        # Not "base_url": a key without one brings the cloud's own, which wins.
        config={
            "service_account_key": json.dumps(account | {"gcs_base_url": place.endpoint}),
            "skip_signature": not place.secret,
        },
        client_options=options,
        retry_config=retries,
    )


_NOBODY: Final[dict[str, object]] = dict.fromkeys(_ACCOUNT_FIELDS, "") | {"disable_oauth": True}
"""A key that signs nothing, and keeps the client from looking for another one in the home folder."""


def _service_account(place: Place, text: str) -> dict[str, object]:
    """The key with only what signs requests: it can also name a server to send them to."""
    try:
        key = json.loads(text)
        return {name: str(key[name]) for name in _ACCOUNT_FIELDS}
    except (ValueError, KeyError, TypeError):
        raise _unusable(place, "have no GOOGLE_SERVICE_ACCOUNT_KEY that is a service account's key (JSON)") from None


def _azure(place: Place, credentials: Mapping[str, str], options: "ClientConfig", retries: "RetryConfig") -> Store:
    credential = _azure_credential(credentials)
    if place.secret and not credential:
        raise _unusable(place, "have neither AZURE_STORAGE_ACCOUNT_KEY nor AZURE_STORAGE_SAS_TOKEN")
    config: AzureConfig = {
        "account_name": place.account,
        "endpoint": place.endpoint,
        "skip_signature": not credential,
        "use_emulator": False,
    }
    config |= credential
    return AzureStore(place.bucket, config=config, client_options=options, retry_config=retries)


def _azure_credential(credentials: Mapping[str, str]) -> "AzureConfig":
    for name in ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_KEY"):
        if credentials.get(name):
            return {"account_key": credentials[name]}
    for name in ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_SAS"):
        if credentials.get(name):
            return {"sas_key": credentials[name]}
    return {}


_OPENERS: Final = {Kind.S3: _s3, Kind.GCS: _gcs, Kind.AZURE: _azure}


def _unusable(place: Place, why: str) -> ServiceError:
    secret = place.secret or "of the storage"
    return ServiceError(
        f"the credentials of Secret {secret} {why}",
        hint=f"Put the store's usual environment names into Secret {secret}, such as AWS_ACCESS_KEY_ID.",
    )


@contextmanager
def _environment_hidden() -> Iterator[None]:
    """Takes away what could lend credentials. In a pod there is nothing of the kind, and nothing is touched."""
    hidden = {name: value for name, value in os.environ.items() if name.upper().startswith(_FOREIGN)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
