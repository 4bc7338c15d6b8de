"""Where a bucket is: what the spec's URL, its endpoint and the Secret's entries say together. Pure.

Parts of a tenant's choice become a host name here (the region, the account), so each has a form that it must have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from ideogram_operator.resource.services import Storage
from ideogram_operator.services.results import ServiceError

CLOUD_SUFFIXES: Final = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".r2.cloudflarestorage.com",
    ".googleapis.com",
    ".blob.core.windows.net",
    ".dfs.core.windows.net",
    ".digitaloceanspaces.com",
    ".backblazeb2.com",
    ".wasabisys.com",
    ".linodeobjects.com",
    ".scw.cloud",
    ".your-objectstorage.com",
)
"""Stores of the clouds, which need no entry on the list of hosts."""

# These domains are also of machines that anybody can rent, and whose names lead to private addresses from within.
_OF_MACHINES_TOO: Final = (".amazonaws.com", ".amazonaws.com.cn", ".scw.cloud")
_S3_LABEL: Final = re.compile(r"s3|s3-fips|s3-[a-z]{2}-[a-z]+-[0-9]")

_PORTS: Final = {"https": 443, "http": 80}
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")
_REGION: Final = re.compile(r"[a-z0-9-]{2,32}")
_AMAZONS_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
_ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")


class Kind(StrEnum):
    """The protocol a store speaks."""

    S3 = "s3"
    GCS = "gs"
    AZURE = "az"


_KINDS: Final = {
    "s3": Kind.S3,
    "s3a": Kind.S3,
    "r2": Kind.S3,
    "gs": Kind.GCS,
    "gcs": Kind.GCS,
    "az": Kind.AZURE,
    "azure": Kind.AZURE,
    "abfs": Kind.AZURE,
    "abfss": Kind.AZURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A bucket and a folder in it.

    Attributes:
        url: as in the spec, for people.
        folder: without slashes around it; empty for the whole bucket.
        endpoint: the store's URL, without a slash at the end.
        host, port: the endpoint's.
        region: S3's; ``account``: Azure's. Empty for the others.
        secret: the Secret's name for people; empty without one.
    """

    kind: Kind
    url: str
    bucket: str
    folder: str
    endpoint: str
    host: str
    port: int
    region: str = ""
    account: str = ""
    secret: str = ""

    def path(self, name: str) -> str:
        """The full name of the object ``name`` of the folder."""
        return f"{self.folder}/{name}" if self.folder else name


def read_place(storage: Storage, credentials: Mapping[str, str]) -> Place:
    """What spec and Secret say.

    Raises:
        ServiceError: it is no bucket that could be tried.
    """
    scheme, _, rest = storage.url.partition("://")
    kind = _KINDS.get(scheme)
    if kind is None or not rest:
        raise _no_bucket(scheme if rest else "")
    bucket, _, folder = rest.partition("/")
    if not _BUCKET.fullmatch(bucket) or any(part in {".", ".."} for part in folder.split("/")):
        raise ServiceError(
            "the storage URL names no bucket and folder that can be used",
            hint="Write spec.storage.url as s3://BUCKET/FOLDER, without . and .. in it.",
        )
    region = _region(storage, credentials) if kind is Kind.S3 else ""
    account = _account(storage, credentials) if kind is Kind.AZURE else ""
    endpoint = str(storage.endpoint).rstrip("/") if storage.endpoint else _own_endpoint(kind, scheme, region, account)
    parts = urlsplit(endpoint)
    return Place(
        kind=kind,
        url=storage.url,
        bucket=bucket,
        folder="/".join(part for part in folder.split("/") if part),
        endpoint=endpoint,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        region=region,
        account=account,
        secret=storage.secret_ref.name if storage.secret_ref else "",
    )


def cloud_suffixes(host: str) -> tuple[str, ...]:
    """``CLOUD_SUFFIXES`` if ``host`` can be a cloud's own store, else nothing."""
    if host.endswith(".googleapis.com") and host != "storage.googleapis.com":
        return ()
    if host.endswith(_OF_MACHINES_TOO) and not any(_S3_LABEL.fullmatch(label) for label in host.split(".")):
        return ()
    return CLOUD_SUFFIXES


def own_hosts(kind: Kind, credentials: Mapping[str, str]) -> frozenset[str]:
    """The hosts for which the credentials of a Secret are, as far as it says so itself; none for S3."""
    account = credentials.get("AZURE_STORAGE_ACCOUNT_NAME", "")
    if kind is Kind.GCS:
        return frozenset({"storage.googleapis.com"})
    if kind is Kind.AZURE and _ACCOUNT.fullmatch(account):
        return frozenset(f"{account}.{service}.core.windows.net" for service in ("blob", "dfs"))
    return frozenset()


def _no_bucket(scheme: str) -> ServiceError:
    hint = "Keep images in a bucket and write its URL: s3://BUCKET/FOLDER, gs://… or az://…"
    if scheme in {"", "file"}:
        return ServiceError("the storage is a local path, and what is written there is lost with its pod", hint=hint)
    return ServiceError(f"{scheme}:// is no bucket that the operator can try", hint=hint)


def _region(storage: Storage, credentials: Mapping[str, str]) -> str:
    host = urlsplit(str(storage.endpoint or "")).hostname or ""
    named = credentials.get("AWS_REGION") or credentials.get("AWS_DEFAULT_REGION")
    known = re.search(r"(?:^|\.)s3[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.", f".{host}")
    region = named or (known[1] if known else "auto" if host.endswith(".r2.cloudflarestorage.com") else "us-east-1")
    # At Amazon it becomes part of the host's name, which is told: a Secret may hold anything under this name.
    if not (_REGION if storage.endpoint else _AMAZONS_REGION).fullmatch(region):
        raise ServiceError("the Secret's AWS_REGION is no region", hint="Write a region such as eu-central-1.")
    return region


def _account(storage: Storage, credentials: Mapping[str, str]) -> str:
    host = urlsplit(str(storage.endpoint or "")).hostname or ""
    account = credentials.get("AZURE_STORAGE_ACCOUNT_NAME") or host.partition(".")[0]
    if not _ACCOUNT.fullmatch(account):
        raise ServiceError(
            "nothing names the storage account of the bucket",
            hint="Put AZURE_STORAGE_ACCOUNT_NAME into the Secret of spec.storage.secretRef.",
        )
    return account


def _own_endpoint(kind: Kind, scheme: str, region: str, account: str) -> str:
    if scheme == "r2":
        raise ServiceError(
            "the address of an R2 bucket is not known without its account",
            hint="Set spec.storage.endpoint to https://ACCOUNT.r2.cloudflarestorage.com.",
        )
    china = ".cn" if region.startswith("cn-") else ""
    return {
        Kind.S3: f"https://s3.{region}.amazonaws.com{china}",
        Kind.GCS: "https://storage.googleapis.com",
        Kind.AZURE: f"https://{account}.blob.core.windows.net",
    }[kind]
