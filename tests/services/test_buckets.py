"""A bucket, tried on a real S3 server and on servers that misbehave."""

import asyncio
import base64
import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.services import SecretRef, Storage
from ideogram_operator.services.buckets import try_bucket
from ideogram_operator.services.buckets_gate import ANSWER_LIMIT
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import Bucket, ObjectNames, ServiceError
from lab.cluster import REPOSITORY
from lab.servers import BucketServer
from lab.servers.bucket_server import BucketAccess
from tests.services.stores import AZURE_LISTING, LAST_MODIFIED, Handler, Store, running_store

BODY = b"a test object"
CANARY = "c4n4ry-s3cr3t-v4lu3"
OWN = ".ideogram-operator/test-1"
KEY = {"AWS_ACCESS_KEY_ID": "tenant", "AWS_SECRET_ACCESS_KEY": CANARY}


@pytest.fixture
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


async def tried(
    endpoint: str,
    url: str,
    credentials: Mapping[str, str] | Mapping[str, SecretValue],
    *,
    secret: bool = True,
    allowed: tuple[str, ...] | None = None,
    timeout: float = 10,  # noqa: ASYNC109 - what is tested
    ca_file: Path | None = None,
) -> Bucket:
    return await try_bucket(
        Storage(url=url, endpoint=endpoint, secret_ref=SecretRef(name="images") if secret else None),
        credentials,
        guard=Guard(allowed=AllowedHosts.parse((endpoint,) if allowed is None else allowed)),
        namespace="shop",
        object_name="test-1",
        body=BODY,
        timeout=timeout,
        ca_file=ca_file,
    )


async def failure(endpoint: str, url: str, credentials: Mapping[str, str] = KEY, **more: object) -> ServiceError:
    """What went wrong: the step that failed, or the delete that was refused after the others went well."""
    try:
        found = await tried(endpoint, url, credentials, **more)  # type: ignore[arg-type]
    except ServiceError as error:
        failed = error
    else:
        assert found.refusal is not None
        failed = found.refusal
    assert failed.hint
    assert CANARY not in f"{failed.message} {failed.hint}"
    return failed


async def test_a_good_bucket_takes_returns_and_deletes_and_tells_its_names(bucket_server: BucketAccess) -> None:
    bucket = bucket_server.new_bucket()
    for name in ("seed-42.png", "cat.png", "notes.txt"):
        bucket_server.put(bucket, f"storefront/{name}")
    bucket_server.put(bucket, "elsewhere/seed-1.png")
    credentials = {name: SecretValue(value) for name, value in bucket_server.credentials.items()}
    found = await tried(bucket_server.endpoint, f"s3://{bucket}/storefront", credentials)
    assert found.place == f"s3://{bucket}/storefront"
    assert found.names == ObjectNames(seen=2, seeded=1)
    assert found.refusal is None
    assert not bucket_server.has(bucket, f"storefront/{OWN}")


async def test_an_empty_bucket_without_a_folder_is_as_good(bucket_server: BucketAccess) -> None:
    bucket = bucket_server.new_bucket()
    found = await tried(bucket_server.endpoint, f"s3://{bucket}", bucket_server.credentials)
    assert found.names == ObjectNames(seen=0, seeded=0)


@pytest.mark.parametrize(
    ("missing", "message", "left"),
    [
        ("s3:PutObject", "refuses to take an object (403)", False),
        ("s3:GetObject", "refuses to return an object (403)", False),
        ("s3:DeleteObject", "refuses to delete (403); the test object may be left there", True),
    ],
)
async def test_a_bucket_that_refuses_one_step_names_it_and_the_permission(
    bucket_server: BucketAccess, missing: str, message: str, left: bool
) -> None:
    actions = {"s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"} - {missing}
    bucket = bucket_server.new_bucket(allow=sorted(actions))
    error = await failure(bucket_server.endpoint, f"s3://{bucket}/storefront", bucket_server.credentials)
    assert error.message == f"the bucket {bucket} {message}"
    assert error.hint.startswith(f"Allow {missing} on {bucket}/storefront/*.")
    assert (f"Delete the test object storefront/{OWN}." in error.hint) is left
    assert bucket_server.has(bucket, f"storefront/{OWN}") is left


async def test_a_bucket_that_does_not_delete_tells_the_names_of_its_images_all_the_same(
    bucket_server: BucketAccess,
) -> None:
    bucket = bucket_server.new_bucket(allow=["s3:PutObject", "s3:GetObject", "s3:ListBucket"])
    bucket_server.put(bucket, "storefront/seed-42.png")
    found = await tried(bucket_server.endpoint, f"s3://{bucket}/storefront", bucket_server.credentials)
    assert found.names == ObjectNames(seen=1, seeded=1)


async def test_a_bucket_that_does_not_list_is_good_and_says_why_there_are_no_names(bucket_server: BucketAccess) -> None:
    bucket = bucket_server.new_bucket(allow=["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])
    found = await tried(bucket_server.endpoint, f"s3://{bucket}/storefront", bucket_server.credentials)
    assert isinstance(found.names, ServiceError)
    assert found.names.message == f"the bucket {bucket} refuses to list its objects (403)"
    assert found.names.hint == f"Allow s3:ListBucket on {bucket}."


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"AWS_SECRET_ACCESS_KEY": CANARY}, "does not accept the credentials of Secret images (403 Signature"),
        ({"AWS_ACCESS_KEY_ID": CANARY}, "does not accept the credentials of Secret images (403 InvalidAccessKeyId)"),
        ({"AWS_REGION": "eu-central-1"}, "is in another region than eu-central-1 (400"),
    ],
)
async def test_credentials_that_are_not_right_are_told_apart(
    bucket_server: BucketAccess, changed: dict[str, str], message: str
) -> None:
    bucket = bucket_server.new_bucket()
    error = await failure(bucket_server.endpoint, f"s3://{bucket}", bucket_server.credentials | changed)
    assert f"the bucket {bucket} {message}" in error.message


async def test_a_bucket_that_is_not_there_is_named(bucket_server: BucketAccess) -> None:
    error = await failure(bucket_server.endpoint, "s3://nobodys-bucket", bucket_server.credentials)
    assert error.message == "there is no bucket nobodys-bucket at 127.0.0.1 (404 NoSuchBucket)"


async def test_without_a_secret_nothing_is_signed_and_the_hint_asks_for_one(bucket_server: BucketAccess) -> None:
    error = await failure(bucket_server.endpoint, f"s3://{bucket_server.new_bucket()}", {}, secret=False)
    assert error.hint == "Put the store's credentials into a Secret and name it in spec.storage.secretRef."


@pytest.mark.parametrize(
    ("url", "credentials", "message"),
    [
        ("s3://images", {}, "lack AWS_ACCESS_KEY_ID"),
        ("s3://images", {"AWS_ACCESS_KEY_ID": "a"}, "lack AWS_SECRET_ACCESS_KEY"),
        ("gs://images", {}, "have no GOOGLE_SERVICE_ACCOUNT_KEY"),
        ("gs://images", {"GOOGLE_SERVICE_ACCOUNT_KEY": "/etc/passwd"}, "have no GOOGLE_SERVICE_ACCOUNT_KEY"),
        ("gs://images", {"GOOGLE_SERVICE_ACCOUNT_KEY": "[1]"}, "have no GOOGLE_SERVICE_ACCOUNT_KEY"),
        (
            "gs://images",
            {
                "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(
                    dict.fromkeys(("type", "private_key", "private_key_id", "client_email"), CANARY)
                )
            },
            "are not in a form",
        ),
        ("az://images", {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages"}, "have neither AZURE_STORAGE_ACCOUNT_KEY"),
        (
            "az://images",
            {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages", "AZURE_STORAGE_ACCOUNT_KEY": f"{CANARY}!"},
            "",
        ),
    ],
)
async def test_a_secret_without_usable_credentials_is_told_before_anything_is_asked(
    store: Store, url: str, credentials: dict[str, str], message: str
) -> None:
    error = await failure(store.url, url, credentials)
    assert message in error.message
    assert store.asked == []


async def test_a_host_that_is_not_allowed_is_not_asked(store: Store) -> None:
    error = await failure(store.url, "s3://images", allowed=())
    assert error.untried
    assert "--allow-host" in error.hint
    assert store.asked == []


async def test_a_redirect_to_another_server_is_not_followed(store: Store) -> None:
    with running_store() as second:

        def elsewhere(handler: Handler) -> bool:
            if handler.command == "PUT":
                return False
            handler.answer(307, Location=f"{second.url}/stolen")
            return True

        store.instead = elsewhere
        error = await failure(store.url, "s3://images", allowed=(store.url, second.url))
        assert "sends to another host, which is not followed" in error.message
        assert second.asked == []


async def _as_named(store: Store, address: str) -> Bucket:
    """The bucket at a name that only the guard can resolve."""

    async def resolve(host: str, port: int) -> list[str]:
        assert host == "store.shop.svc"
        return [address]

    endpoint = f"http://store.shop.svc:{store.port}"
    allowed = AllowedHosts.parse([endpoint] if address == "127.0.0.1" else [])
    return await try_bucket(
        Storage(url="s3://images", endpoint=endpoint, secret_ref=SecretRef(name="images")),
        KEY,
        guard=Guard(allowed=allowed, resolve=resolve),
        namespace="shop",
        object_name="test-1",
        body=BODY,
        timeout=10,
    )


async def test_what_is_connected_to_is_the_address_that_was_checked(store: Store) -> None:
    assert (await _as_named(store, "127.0.0.1")).names == ObjectNames(seen=1, seeded=1)
    assert {asked.headers["host"] for asked in store.asked} == {f"store.shop.svc:{store.port}"}
    assert {asked.path[0] for asked in store.asked} == {"/"}


@pytest.mark.parametrize("address", ["127.0.0.2", "169.254.169.254", "::1"])
async def test_a_service_that_leads_to_the_node_or_its_metadata_is_not_called(store: Store, address: str) -> None:
    with pytest.raises(ServiceError, match="which the operator does not call") as caught:
        await _as_named(store, address)
    assert caught.value.untried
    assert store.asked == []


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_a_store_that_fails_is_told_with_its_status_and_asked_once(store: Store, status: int) -> None:
    store.instead = lambda handler: handler.answer(status, CANARY.encode())
    error = await failure(store.url, "s3://images")
    assert error.message == f"the bucket images cannot be written ({status})"
    assert len(store.asked) == 1


def _flooding(store: Store, *steps: str) -> None:
    """The store does what it is asked, but answers these steps without an end."""

    def instead(handler: Handler) -> bool:
        is_list = "list-type" in handler.path
        if ("LIST" if is_list else handler.command) not in steps:
            return False
        return handler.flood(200, b"<ListBucketResult>") if is_list else handler.flood(403)

    store.instead = instead


@pytest.mark.parametrize(("step", "asked"), [("PUT", ["PUT", "DELETE"]), ("GET", ["PUT", "GET", "DELETE"])])
async def test_a_store_that_answers_without_an_end_is_hung_up_on_and_the_test_object_deleted(
    store: Store, step: str, asked: list[str]
) -> None:
    _flooding(store, step)
    began = time.monotonic()
    error = await failure(store.url, "s3://images")
    assert time.monotonic() - began < 5
    assert error.message == f"127.0.0.1:{store.port} answers with more than 16 MiB"
    assert error.hint == "Check that spec.storage.endpoint is the store's own."
    assert [one.verb for one in store.asked] == asked
    assert store.flooded_with < 2 * ANSWER_LIMIT
    assert store.objects == {}


@pytest.mark.parametrize("steps", [("PUT", "DELETE"), ("GET", "DELETE"), ("DELETE",)])
async def test_a_store_that_answers_without_an_end_when_it_is_to_delete_may_have_the_object(
    store: Store, steps: tuple[str, ...]
) -> None:
    _flooding(store, *steps)
    error = await failure(store.url, "s3://images/a")
    assert error.message == f"127.0.0.1:{store.port} answers with more than 16 MiB; the test object may be left there"
    assert error.hint.endswith(f"Delete the test object a/{OWN}.")
    assert store.flooded_with < 2 * ANSWER_LIMIT * len(steps)


async def test_a_listing_without_an_end_is_hung_up_on_and_the_bucket_is_good(store: Store) -> None:
    _flooding(store, "LIST")
    found = await tried(store.url, "s3://images", KEY)
    assert found.refusal is None
    assert isinstance(found.names, ServiceError)
    assert found.names.message == f"127.0.0.1:{store.port} answers with more than 16 MiB"
    assert store.flooded_with < 2 * ANSWER_LIMIT
    assert store.objects == {}


async def test_a_trouble_of_one_step_is_not_told_of_the_next(store: Store) -> None:
    def instead(handler: Handler) -> bool:
        if "list-type" in handler.path:
            return handler.answer(403)
        return handler.command == "DELETE" and handler.flood(403)

    store.instead = instead
    found = await tried(store.url, "s3://images", KEY)
    assert found.refusal is not None
    assert isinstance(found.names, ServiceError)
    assert found.names.message == "the bucket images refuses to list its objects (403)"


def _s3_page(*names: str, more: bool = False) -> bytes:
    entries = "".join(
        f"<Contents><Key>{name}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified><ETag>1</ETag><Size>1</Size>"
        "</Contents>"
        for name in names
    )
    token = "<NextContinuationToken>on</NextContinuationToken>" if more else ""
    truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}"
    return f"<ListBucketResult>{truncated}{entries}</ListBucketResult>".encode()


async def test_a_listing_whose_pages_have_no_end_is_hung_up_on(store: Store) -> None:
    page = _s3_page("n" * 1024 * 1024, more=True)
    store.instead = lambda handler: "list-type" in handler.path and handler.answer(200, page)
    found = await tried(store.url, "s3://images", KEY)
    assert isinstance(found.names, ServiceError)
    assert found.names.message == f"127.0.0.1:{store.port} answers with more than 16 MiB"
    assert len(store.asked) < 3 + 20


async def test_the_longest_listing_that_an_honest_store_has_is_read(store: Store) -> None:
    names = [f"{number:04}{'n' * 1016}.png" for number in range(5000)]
    entry = AZURE_LISTING.partition("<Blob>")[2].partition("</Blob>")[0].replace("<Etag>", f"<Etag>{'e' * 600}")
    blobs = "".join(f"<Blob>{entry.replace('seed-7.png', name)}</Blob>" for name in names)
    page = f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>".encode()
    store.instead = lambda handler: "comp=list" in handler.path and handler.answer(200, page)
    key = base64.b64encode(b"tenant").decode()
    account = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages", "AZURE_STORAGE_ACCOUNT_KEY": key}
    found = await tried(store.url, "az://images", account)
    assert found.names == ObjectNames(seen=20, seeded=0)


async def test_what_a_store_packs_is_not_unpacked(store: Store) -> None:
    """A limit on what comes would not bound it then."""
    packed = gzip.compress(_s3_page("seed-7.png"))
    packing = {"Content-Encoding": "gzip"}
    store.instead = lambda handler: "list-type" in handler.path and handler.answer(200, packed, **packing)
    found = await tried(store.url, "s3://images", KEY)
    assert isinstance(found.names, ServiceError)
    assert all("accept-encoding" not in asked.headers for asked in store.asked)


async def test_an_object_without_an_end_is_another_content_and_read_no_further(store: Store) -> None:
    whole = {"Content-Length": "100000000000", "ETag": "1", "Last-Modified": LAST_MODIFIED}
    store.instead = lambda handler: handler.command == "GET" and handler.flood(200, **whole)
    error = await failure(store.url, "s3://images")
    assert error.message == "the bucket images returned another content than it took"
    assert store.flooded_with < ANSWER_LIMIT
    assert store.objects == {}


async def test_an_object_that_comes_back_changed_is_told_and_deleted(store: Store) -> None:
    def other(handler: Handler) -> bool:
        if handler.command != "GET":
            return False
        handler.answer(200, BODY + b"!" * 100_000)
        return True

    store.instead = other
    error = await failure(store.url, "s3://images")
    assert error.message == "the bucket images returned another content than it took"
    assert store.objects == {}


async def test_a_port_that_nobody_listens_on_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = await failure(f"http://127.0.0.1:{port}", "s3://images")
    assert error.message == f"127.0.0.1:{port} refuses connections"


async def test_a_store_that_never_answers_costs_its_timeout_and_may_have_the_object() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        error = await failure(f"http://127.0.0.1:{mute.getsockname()[1]}", "s3://images/a", timeout=0.5)
        assert time.monotonic() - began < 3
    assert error.message == "the bucket images did not answer within 0.5 s; the test object may be left there"
    assert f"a/{OWN}" in error.hint


async def test_fifty_hanging_stores_cost_no_more_than_one() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as mute:
        endpoint = f"http://127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        await asyncio.gather(*(failure(endpoint, "s3://images", timeout=1) for _ in range(50)))
        assert time.monotonic() - began < 4


async def test_a_private_authority_is_trusted_when_it_is_given() -> None:
    with BucketServer(tls=True) as buckets:
        access = buckets.access
        host = access.endpoint.removeprefix("https://")
        error = await failure(access.endpoint, "s3://images", access.credentials, allowed=(host,))
        assert error.message == "the certificate of 127.0.0.1 is not trusted"
        assert "--ca-file" in error.hint
        error = await failure(access.endpoint, "s3://images", access.credentials, allowed=(host,), ca_file=access.ca)
        assert "there is no bucket images" in error.message


def _service_account() -> str:
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    key = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
    return json.dumps(
        {
            "type": "service_account",
            "private_key": key,
            "private_key_id": "1",
            "client_email": "shop@example.iam.gserviceaccount.com",
            # A tenant's way to have the operator call a server of their own.
            "gcs_base_url": "http://127.0.0.1:1",
            "token_uri": "http://127.0.0.1:1/token",
        }
    )


async def test_google_s_bucket_is_asked_as_the_service_account_and_at_its_endpoint_only(store: Store) -> None:
    found = await tried(store.url, "gs://images/a", {"GOOGLE_SERVICE_ACCOUNT_KEY": _service_account()})
    assert found.names == ObjectNames(seen=1, seeded=1)
    assert [asked.verb for asked in store.asked] == ["PUT", "GET", "DELETE", "GET"]
    assert all(asked.headers["authorization"].startswith("Bearer ey") for asked in store.asked)


async def test_azure_s_container_is_asked_with_the_account_s_key(store: Store) -> None:
    key = base64.b64encode(b"tenant").decode()
    account = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages", "AZURE_STORAGE_ACCOUNT_KEY": key}
    found = await tried(store.url, "az://images/a", account)
    assert found.names == ObjectNames(seen=1, seeded=1)
    assert all(asked.headers["authorization"].startswith("SharedKey shopimages:") for asked in store.asked)


async def test_azure_s_refusal_to_delete_is_told_though_it_comes_in_a_batch(store: Store) -> None:
    store.refuses_to_delete = True
    key = base64.b64encode(b"tenant").decode()
    account = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages", "AZURE_STORAGE_ACCOUNT_KEY": key}
    error = await failure(store.url, "az://images/a", account)
    assert error.message.startswith("the bucket images refuses to delete (403)")
    assert "Allow blobs/delete" in error.hint


async def test_azure_s_token_is_in_no_message(store: Store) -> None:
    store.instead = lambda handler: handler.answer(403)
    account = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages", "AZURE_STORAGE_SAS_TOKEN": f"sv=2024-01-01&sig={CANARY}"}
    error = await failure(store.url, "az://images", account)
    assert error.message == "the bucket images refuses to take an object (403)"
    assert CANARY in store.asked[0].path


AZURE = {"AZURE_STORAGE_SAS_TOKEN": f"sig={CANARY}"}
NAMED = {**AZURE, "AZURE_STORAGE_ACCOUNT_NAME": "shopimages"}
GOOGLE = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(dict.fromkeys(("type", "private_key_id", "client_email"), "a"))}


@pytest.mark.parametrize(
    ("endpoint", "url", "entries"),
    [
        ("http://store.shop.svc:10000", "az://images", NAMED),
        ("https://stolen.blob.core.windows.net", "az://images", NAMED),
        ("https://stolen.blob.core.windows.net", "az://images", AZURE),
        ("https://stolen.digitaloceanspaces.com", "az://images", NAMED),
        ("http://store.shop.svc:4443", "gs://images", GOOGLE),
        ("https://stolen.r2.cloudflarestorage.com", "gs://images", GOOGLE),
    ],
)
async def test_a_token_goes_to_the_clouds_own_host_only(endpoint: str, url: str, entries: Mapping[str, str]) -> None:
    """Whoever may create an integration chooses the endpoint, and must not be handed what a Secret holds."""
    error = await failure(endpoint, url, entries, allowed=())
    assert error.untried
    assert "the credentials of Secret images are not sent to" in error.message
    assert f"--allow-host {endpoint.removeprefix('https://')} " in error.hint
    assert CANARY not in f"{error.message} {error.hint}"


ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "lender",
    "AWS_SECRET_ACCESS_KEY": "lender",
    "AWS_SESSION_TOKEN": "lender-token",
    "AWS_REGION": "lender-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_SERVER_SIDE_ENCRYPTION": "AES256",
    "AWS_REQUEST_PAYER": "true",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/etc/hostname",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/lender",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    "GOOGLE_SERVICE_ACCOUNT": "/etc/hostname",
    "GOOGLE_APPLICATION_CREDENTIALS": "/etc/hostname",
    "GOOGLE_BEARER_TOKEN": "lender",
    "GOOGLE_BASE_URL": "http://127.0.0.1:1",
    "AZURE_STORAGE_ACCOUNT_NAME": "lender",
    "AZURE_STORAGE_ACCOUNT_KEY": "bGVuZGVy",
    "AZURE_STORAGE_SAS_TOKEN": "sig=lender",
    "AZURE_CLIENT_ID": "lender",
    "AZURE_CLIENT_SECRET": "lender",
    "AZURE_TENANT_ID": "lender",
    "AZURE_STORAGE_USE_EMULATOR": "true",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
}
SCRIPT = """
import asyncio, json, os, sys
from tests.services.test_buckets import tried
endpoint, url, secret, entries = json.loads(sys.argv[1])
before = dict(os.environ)
print(asyncio.run(tried(endpoint, url, entries, secret=secret)).place)
assert dict(os.environ) == before
"""


@pytest.mark.parametrize("url", ["s3://images/a", "gs://images/a", "az://images/a"])
@pytest.mark.parametrize("secret", [True, False])
def test_the_operator_s_own_environment_lends_nothing_to_a_tenant_s_bucket(
    store: Store, tmp_path: Path, url: str, secret: bool
) -> None:
    gcloud = tmp_path / ".config" / "gcloud"
    gcloud.mkdir(parents=True)
    own = {"type": "authorized_user", "client_id": "lender", "client_secret": "lender", "refresh_token": "lender"}
    (gcloud / "application_default_credentials.json").write_text(json.dumps(own))
    entries = {"AZURE_STORAGE_ACCOUNT_NAME": "shopimages"}
    if secret:
        key = {"AZURE_STORAGE_ACCOUNT_KEY": base64.b64encode(b"tenant").decode()}
        entries |= KEY | {"GOOGLE_SERVICE_ACCOUNT_KEY": _service_account()} | key
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", SCRIPT, json.dumps([store.url, url, secret, entries])],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{REPOSITORY}/operator", "HOME": str(tmp_path)} | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"{url}\n"), done.stderr
    for asked in store.asked:
        told = f"{asked.path} {asked.headers}".lower()
        assert "lender" not in told
        assert "x-amz-server-side-encryption" not in told
        assert "x-amz-security-token" not in told
        # Google's client writes "Bearer" with nothing behind it where there is nobody to be.
        assert (asked.headers.get("authorization", "").strip() not in {"", "Bearer"}) is secret
