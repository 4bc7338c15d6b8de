"""What spec and Secret say about where a bucket is."""

import pytest

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.services import SecretRef, Storage
from ideogram_operator.services.buckets_place import Kind, Place, cloud_suffixes, read_place
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError

KEY = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
ACCOUNT = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages"}


def place(url: str, *, endpoint: str | None = None, **entries: str) -> Place:
    return read_place(Storage(url=url, endpoint=endpoint, secret_ref=SecretRef(name="images")), entries)


@pytest.mark.parametrize(
    ("url", "entries", "kind", "endpoint"),
    [
        ("s3://images", {}, Kind.S3, "https://s3.us-east-1.amazonaws.com"),
        ("s3://images", {"AWS_REGION": "eu-central-1"}, Kind.S3, "https://s3.eu-central-1.amazonaws.com"),
        ("s3://images", {"AWS_DEFAULT_REGION": "eu-west-1"}, Kind.S3, "https://s3.eu-west-1.amazonaws.com"),
        ("s3a://images", {"AWS_REGION": "cn-north-1"}, Kind.S3, "https://s3.cn-north-1.amazonaws.com.cn"),
        ("gs://images", {}, Kind.GCS, "https://storage.googleapis.com"),
        ("gcs://images", {}, Kind.GCS, "https://storage.googleapis.com"),
        ("az://images", ACCOUNT, Kind.AZURE, "https://shopimages.blob.core.windows.net"),
        ("azure://images", ACCOUNT, Kind.AZURE, "https://shopimages.blob.core.windows.net"),
        ("abfss://images", ACCOUNT, Kind.AZURE, "https://shopimages.blob.core.windows.net"),
    ],
)
def test_without_an_endpoint_the_cloud_s_own_is_meant(
    url: str, entries: dict[str, str], kind: Kind, endpoint: str
) -> None:
    found = place(url, **entries)
    assert (found.kind, found.endpoint, found.port) == (kind, endpoint, 443)


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("https://abc.r2.cloudflarestorage.com", "auto"),
        ("https://s3.eu-central-003.backblazeb2.com", "us-east-1"),
        ("https://s3.eu-west-3.amazonaws.com", "eu-west-3"),
        ("https://s3.fr-par.scw.cloud", "us-east-1"),
        ("http://minio.shop.svc:9000", "us-east-1"),
    ],
)
def test_the_region_is_read_off_the_endpoint_where_it_says_one(endpoint: str, region: str) -> None:
    assert place("s3://images", endpoint=endpoint).region == region
    assert place("s3://images", endpoint=endpoint, AWS_REGION="eu-north-1").region == "eu-north-1"


def test_an_environment_s_endpoint_is_ignored_for_the_spec_s() -> None:
    found = place("s3://images", endpoint="http://minio.shop.svc:9000", AWS_ENDPOINT_URL="http://elsewhere")
    assert found.endpoint == "http://minio.shop.svc:9000"
    assert (found.host, found.port) == ("minio.shop.svc", 9000)


def test_the_folder_is_where_objects_go() -> None:
    assert place("s3://images/storefront//a/").path("b") == "storefront/a/b"
    assert place("s3://images").path("b") == "b"


@pytest.mark.parametrize("url", ["file:///var/images", "/var/images"])
def test_a_local_path_is_lost_with_its_pod(url: str) -> None:
    with pytest.raises(ServiceError, match="lost with its pod") as caught:
        read_place(Storage.model_construct(url=url), {})
    assert "s3://BUCKET/FOLDER" in caught.value.hint
    assert not caught.value.untried


@pytest.mark.parametrize(
    ("url", "entries", "message"),
    [
        ("ftp://images/a", {}, "ftp:// is no bucket"),
        ("https://images/a", {}, "https:// is no bucket"),
        ("s3://images/../secrets", {}, "no bucket and folder"),
        ("s3:///images", {}, "no bucket and folder"),
        ("s3://images", {"AWS_REGION": "evil.example.com/"}, "is no region"),
        ("az://images", {"AZURE_STORAGE_ACCOUNT_NAME": "evil.example.com/"}, "nothing names the storage account"),
        ("az://images", {}, "nothing names the storage account"),
        ("r2://images", {}, "not known without its account"),
    ],
)
def test_what_cannot_be_a_bucket_is_told(url: str, entries: dict[str, str], message: str) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        read_place(Storage.model_construct(url=url, endpoint=None, secret_ref=None), entries)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("s3.eu-central-1.amazonaws.com", True),
        ("s3-eu-west-1.amazonaws.com", True),
        ("vpce-1.s3.us-east-1.vpce.amazonaws.com", True),
        ("s3.cn-north-1.amazonaws.com.cn", True),
        ("storage.googleapis.com", True),
        ("shopimages.blob.core.windows.net", True),
        ("abc.r2.cloudflarestorage.com", True),
        ("s3.fr-par.scw.cloud", True),
        ("ec2-10-0-0-1.eu-west-1.compute.amazonaws.com", False),
        ("s3-trap-123.eu-west-1.elb.amazonaws.com", False),
        ("sts.amazonaws.com", False),
        ("oauth2.googleapis.com", False),
        ("1-2-3-4.instances.scw.cloud", False),
        ("s3.example.com", False),
        ("evilamazonaws.com", False),
    ],
)
def test_only_a_cloud_s_own_store_needs_no_entry_on_the_list(host: str, own: bool) -> None:
    guard = Guard(allowed=AllowedHosts.parse([]))
    refused = False
    try:
        guard.host(host, 443, namespace="shop", own=cloud_suffixes(host))
    except ServiceError:
        refused = True
    assert refused is not own
