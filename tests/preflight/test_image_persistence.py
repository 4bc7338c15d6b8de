"""Images that are made, downloaded and kept: a real provider, a real bucket, real databases."""

import json
import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ideogram_operator.resource.observations import ProbeStatus
from lab.kube import Json
from lab.ports import ReservedPort
from lab.servers.bucket_server import ALL
from tests.e2e.gallery import TABLE, attestation
from tests.preflight.world import World, expect, tended
from tests.servers import TestDatabase

IMAGE = "image-download"
PAID = ["generate"]
API_TROUBLE = "Mend what it says, then ask again: kubectl -n"
ANSWER = {
    "created": "2026-11-01T00:00:00+00:00",
    "data": [{"prompt": "a dot", "resolution": "1024x1024", "is_image_safe": True, "seed": 1, "url": ""}],
}


def answer(**image: Any) -> Json:
    """A fault by which a generation ends well, with an image of which this is told; None takes a field out."""
    whole = ANSWER["data"][0] | image  # type: ignore[index] # its first image
    body = ANSWER | {"data": [{part: value for part, value in whole.items() if value is not None}]}
    return {"kind": "status", "status": 200, "body": json.dumps(body), "media_type": "application/json", "routes": PAID}


async def test_an_image_that_is_made_and_downloaded_passes_with_what_came(world: World) -> None:
    found = await world.row(IMAGE)
    assert (found.result, found.evidence, found.hint) == ("Pass", "Probed", "")
    assert found.message.startswith("PNG, 1024×1024, "), found
    assert found.message.endswith(("; its URL lives 59 min more.", "; its URL lives 60 min more.")), found


async def test_a_url_that_hardly_lives_is_warned_of(world: World) -> None:
    with world.provider(usual={"url_lifetime": 3600}, url_lifetime=100):
        found = await world.row(IMAGE)
    assert (found.result, found.evidence) == ("Warn", "Probed")
    assert "; its URL lives only " in found.message
    assert found.hint == "Download and store every image at once, and never hand its URL to users."


STALE = "Have the application download images at once, and check that it gets them."


@pytest.mark.parametrize(
    ("fault", "says", "hint"),
    [
        ({"kind": "status", "status": 404}, "The image's URL is not valid any more (HTTP 404).", STALE),
        ({"kind": "status", "status": 403}, "The image's URL is not valid any more (HTTP 403).", STALE),
        ({"kind": "status", "status": 500}, "The image's host answers HTTP 500.", STALE),
        ({"kind": "garbage"}, "What came is not an image by its media type.", "Check that no proxy answers"),
        (
            {"kind": "garbage", "media_type": "image/png", "body": "no image"},
            "What came does not decode as PNG, JPEG or WEBP.",
            "Check that no proxy changes images on their way.",
        ),
        ({"kind": "truncate"}, "127.0.0.1 hung up before its answer was whole.", "Look into its log."),
        (
            {"kind": "huge", "media_type": "image/png", "size": 27_000_000},
            "127.0.0.1 answers with more than 26214400 bytes.",
            "Check that the URL is the right one.",
        ),
        (
            {"kind": "redirect"},
            "127.0.0.1 redirects (HTTP 307), and redirects are not followed.",
            "Write the URL that it redirects to.",
        ),
        ({"kind": "reset"}, "127.0.0.1 hung up before its answer was whole.", "Look into its log."),
        ({"kind": "not_http"}, "127.0.0.1 does not answer in HTTP.", "Check the URL's scheme and port."),
    ],
)
async def test_an_image_that_does_not_come_fails_with_what_came_instead(
    world: World, fault: Json, says: str, hint: str
) -> None:
    with world.fault(**fault, routes=["image"]):
        found = await world.row(IMAGE)
    expect(found, "Fail", "Probed", says, hint)


async def test_an_image_whose_url_is_over_when_it_comes_fails(world: World) -> None:
    with world.provider(usual={"url_lifetime": 3600}, url_lifetime=-10):
        found = await world.row(IMAGE)
    expect(found, "Fail", "Probed", "The image's URL is not valid any more (HTTP 410).", STALE)


async def test_an_image_on_a_host_that_nobody_allowed_is_not_fetched(world: World) -> None:
    elsewhere = world.simulator.elsewhere_url
    before = len(world.simulator.admin.requests(host="elsewhere"))
    with world.fault(**answer(url=f"{elsewhere}/image.png?sig=c4n4ry")):
        found = await world.row(IMAGE)
    says = f"The image is at {elsewhere}, from where the operator may not download."
    expect(found, "Unknown", "", says, f"Allow it with --allow-host {elsewhere} (chart value allowHosts).")
    assert "c4n4ry" not in f"{found}"
    assert len(world.simulator.admin.requests(host="elsewhere")) == before


async def test_a_url_that_does_not_say_how_long_it_lives_passes_and_says_so(world: World) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(world.folder))
    (world.folder / "dot.png").write_bytes(png(Picture(width=64, height=64, seed=1)))
    with serving_files(handler) as origin, world.fault(**answer(url=f"{origin}/dot.png")):
        found = await world.row(IMAGE, hosts=[origin])
    expect(found, "Pass", "Probed", "PNG, 64×64, 1 kB; its URL does not say how long it lives.")


async def test_an_image_that_the_provider_finds_unsafe_is_unknown(world: World) -> None:
    with world.provider(usual={"unsafe_marker": "[unsafe]"}, unsafe_marker="blue dot"):
        found = await world.row(IMAGE)
    says = "The image failed the API's own safety check, so there was none to download."
    expect(found, "Unknown", "", says, "Ask again: kubectl -n")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"kind": "status", "status": 402}, "HTTP 402 from {}"),
        ({"kind": "status", "status": 401}, "HTTP 401 from {}"),
        ({"kind": "status", "status": 503}, "HTTP 503 from {}"),
        ({"kind": "status", "status": 400}, "HTTP 400 from {}"),
        ({"kind": "garbage"}, "broken answer from {}: HTTP 200 with no JSON object"),
        (answer(is_image_safe=None), "broken answer from {}: HTTP 200 with an image without is_image_safe"),
        ({"kind": "hang"}, "no answer from {} within 1 s"),
    ],
)
async def test_a_generation_that_ends_badly_fails_with_the_api_s_answer(world: World, fault: Json, seen: str) -> None:
    with world.fault(**({"routes": PAID} | fault)):
        found = await world.row(IMAGE, probe={"generate": {"timeout": "1s"}})
    expect(found, "Fail", "Probed", f"No image was generated: {seen.format(world.address)}.", API_TROUBLE)


async def test_an_account_without_credit_fails_with_the_provider_s_word(world: World) -> None:
    key = world.simulator.admin.add_key(account=world.name("poor"), credit="0.01")
    found = await world.row(IMAGE, api=world.key(key.secret))
    says = f"No image was generated: HTTP 402 from {world.address}."
    expect(found, "Fail", "Probed", says, API_TROUBLE)


async def test_a_generation_that_is_limited_is_unknown(world: World) -> None:
    with world.fault("status", status=429, routes=PAID):
        found = await world.row(IMAGE)
    says = f"No image was generated: HTTP 429 from {world.address}."
    expect(found, "Unknown", "", says, API_TROUBLE)


async def test_nothing_is_paid_for_where_that_is_off_or_nobody_asked(world: World) -> None:
    before = world.simulator.admin.account().billed_usd
    found = await world.row(IMAGE, probe={"generate": {"interval": "0s"}})
    expect(found, "Skipped", "", "Paid checks are off (spec.probe.generate.interval: 0s).")
    found = await world.row(IMAGE, paid=False)
    expect(found, "Skipped", "", "It costs 0.05 USD; run with --paid.")
    found = await world.row(IMAGE, hidden=[world.address])
    assert (found.result, found.hint) == ("Unknown", "Mend base-url first.")
    assert world.simulator.admin.account().billed_usd == before


async def test_a_budget_that_is_spent_today_is_kept_whoever_spent_it(world: World) -> None:
    before = world.simulator.admin.account().billed_usd
    spent = ProbeStatus(spent_today_usd=Decimal("0.98"), spent_on=datetime.now(UTC).date().isoformat())
    with world.integration(status=tended(probe=spent)):
        found = await world.row(IMAGE)
    assert (found.result, found.evidence) == ("Skipped", "")
    assert "would exceed the day's 1.00 USD, of which 0.98 are spent" in found.message, found
    assert found.hint == "Wait until tomorrow, or raise the budget."
    assert world.simulator.admin.account().billed_usd == before


async def test_yesterday_s_money_is_no_longer_counted(world: World) -> None:
    spent = ProbeStatus(spent_today_usd=Decimal("0.98"), spent_on="2026-01-01")
    with world.integration(status=tended(probe=spent)):
        assert (await world.row(IMAGE)).result == "Pass"


# -- durable-storage, seed-in-name -------------------------------------------------------------------------------------

STORAGE = "durable-storage"
SEED = "seed-in-name"


def storage(world: World, bucket: str, *, folder: str = "gallery", secret: str = "images", **parts: Any) -> Json:
    usual = {"url": f"s3://{bucket}/{folder}", "endpoint": world.gallery.buckets.endpoint, "secretRef": {"name": secret}}
    return {part: value for part, value in (usual | parts).items() if value is not None}


def without(action: str) -> list[str]:
    return [one for one in ALL if one != action]


async def test_a_bucket_that_takes_returns_and_deletes_passes_and_keeps_nothing(world: World) -> None:
    bucket = world.gallery.buckets.new_bucket()
    found = await world.row(STORAGE, storage=storage(world, bucket))
    says = f"s3://{bucket}/gallery took, returned and deleted a test object."
    expect(found, "Pass", "Probed", says)
    name = f"gallery/.ideogram-operator/preflight-cli-{world.namespace}-shop"
    assert not world.gallery.buckets.has(bucket, name)


LEFT = "; the test object may be left there"


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ("s3:PutObject", "refuses to take an object (403)"),
        ("s3:GetObject", f"refuses to return an object (403){LEFT}"),
        ("s3:DeleteObject", f"refuses to delete (403){LEFT}"),
    ],
)
async def test_a_step_that_the_bucket_refuses_fails_with_the_right_it_takes(
    world: World, refused: str, says: str
) -> None:
    bucket = world.gallery.buckets.new_bucket(allow=without(refused))
    found = await world.row(STORAGE, storage=storage(world, bucket))
    says = says.removesuffix(LEFT) if refused == "s3:GetObject" else says
    expect(found, "Fail", "Probed", f"The bucket {bucket} {says}.", f"Allow {refused} on {bucket}/gallery/*.")


async def test_credentials_that_the_store_does_not_know_fail_by_their_secret(world: World) -> None:
    bucket = world.gallery.buckets.new_bucket()
    usual = world.gallery.buckets.credentials
    for wrong in ({"AWS_SECRET_ACCESS_KEY": "c4n4ry"}, {"AWS_ACCESS_KEY_ID": "C4N4RY"}):
        secret = world.secret(**(usual | wrong))
        found = await world.row(STORAGE, storage=storage(world, bucket, secret=secret))
        assert (found.result, found.evidence) == ("Fail", "Probed")
        assert f"does not accept the credentials of Secret {secret}" in found.message, found
        assert found.hint == f"Renew the credentials in Secret {secret}."
        assert "c4n4ry" not in f"{found}".lower()


async def test_a_bucket_that_is_not_there_fails(world: World) -> None:
    found = await world.row(STORAGE, storage=storage(world, "nobody-s-bucket"))
    assert (found.result, found.evidence) == ("Fail", "Probed")
    assert found.message.startswith("There is no bucket nobody-s-bucket at 127.0.0.1 (404"), found
    assert found.hint == "Create it, or correct spec.storage.url and endpoint."


async def test_a_store_that_does_not_answer_fails_with_its_address(world: World) -> None:
    with ReservedPort() as nobody:
        endpoint = f"http://127.0.0.1:{nobody.number}"
        found = await world.row(STORAGE, storage=storage(world, "images", endpoint=endpoint), hosts=[endpoint])
    says = f"127.0.0.1:{nobody.number} refuses connections."
    expect(found, "Fail", "Probed", says, "Check spec.storage.endpoint, and that a NetworkPolicy lets the operator out.")


async def test_a_store_that_nobody_allowed_is_unknown_with_the_flag_that_would(world: World) -> None:
    endpoint = world.gallery.buckets.endpoint
    found = await world.row(STORAGE, hidden=[endpoint])
    says = f"{endpoint.removeprefix('http://')} is neither a Service of namespace {world.namespace} nor a host that"
    assert (found.result, found.evidence) == ("Unknown", "")
    assert found.message.startswith(says), found
    assert found.hint == f"Allow it with --allow-host {endpoint} (chart value allowHosts)."


@pytest.mark.parametrize("url", ["file:///var/images", "file://images"])
async def test_a_local_path_fails_whatever_is_there(world: World, url: str) -> None:
    found = await world.row(STORAGE, storage={"url": url})
    says = "The storage is a local path, and what is written there is lost with its pod."
    expect(found, "Fail", "Probed", says, "Keep images in a bucket and write its URL: s3://BUCKET/FOLDER")


async def test_a_store_without_credentials_or_without_a_store_is_told(world: World) -> None:
    found = await world.row(STORAGE, storage=storage(world, world.gallery.bucket, secret="gone"))
    says = f"There is no Secret gone in namespace {world.namespace}."
    expect(found, "Fail", "Probed", says, "Create it, or mend spec.storage.secretRef.")
    found = await world.row(STORAGE, storage=storage(world, world.gallery.bucket, secretRef=None))
    assert (found.result, found.evidence) == ("Fail", "Probed")
    assert "Put the store's credentials into a Secret and name it in spec.storage.secretRef." in found.hint, found
    found = await world.row(STORAGE, storage=None)
    says = "spec.storage is not given, so nothing is known of where images are kept."
    expect(found, "Unknown", "", says, "Name the bucket in spec.storage.url")


async def test_names_that_carry_their_seed_pass_and_are_counted(world: World) -> None:
    says = f"3 of the newest 3 image names in s3://{world.gallery.bucket}/gallery carry a seed."
    expect(await world.row(SEED), "Pass", "Observed", says)


def filled(world: World, *, seeded: int, bare: int, **how: Any) -> str:
    """A bucket with images, of which some carry no seed."""
    bucket = world.gallery.buckets.new_bucket(**how)
    names = [f"dawn-seed-{1000 + n}.png" for n in range(seeded)] + [f"c4n4ry-{'abcdefgh'[n]}.png" for n in range(bare)]
    for name in names:
        world.gallery.buckets.put(bucket, f"gallery/{name}")
    return bucket


@pytest.mark.parametrize(("seeded", "bare", "result"), [(4, 1, "Pass"), (3, 1, "Fail"), (0, 2, "Fail")])
async def test_four_of_five_names_must_carry_their_seed_whatever_somebody_attests(
    world: World, seeded: int, bare: int, result: str
) -> None:
    bucket = filled(world, seeded=seeded, bare=bare)
    found = await world.row(SEED, storage=storage(world, bucket), attestations=[attestation(SEED)])
    every = seeded + bare
    says = f"{seeded} of the newest {every} image names in s3://{bucket}/gallery carry a seed."
    hints = ("Put the seed of the answer into the object's name",) if result == "Fail" else ()
    expect(found, result, "Observed", says, *hints)
    assert "c4n4ry" not in f"{found}"


async def test_where_no_image_is_to_be_seen_an_attestation_counts(world: World) -> None:
    empty = storage(world, world.gallery.buckets.new_bucket())
    unlisted = storage(world, filled(world, seeded=1, bare=0, allow=without("s3:ListBucket")))
    found = await world.row(SEED, storage=empty)
    says = "Nobody has attested that names carry the seed, and there is no image to look at."
    expect(found, "Unknown", "", says, "Let somebody attest it in spec.attestations (check: seed-in-name")
    found = await world.row(SEED, storage=unlisted)
    bucket = unlisted["url"].split("/")[2]
    says = f"The images could not be listed: the bucket {bucket} refuses to list its objects (403)."
    expect(found, "Unknown", "", says, f"Allow s3:ListBucket on {bucket}.")
    for place in (empty, unlisted, None):
        found = await world.row(SEED, storage=place, attestations=[attestation(SEED)])
        assert (found.result, found.evidence) == ("Pass", "Attested"), found


async def test_a_bucket_that_refuses_the_test_object_leaves_the_names_unknown(world: World) -> None:
    bucket = filled(world, seeded=1, bare=0, allow=without("s3:PutObject"))
    found = await world.row(SEED, storage=storage(world, bucket))
    says = f"The bucket {bucket} refuses to take an object (403)."
    expect(found, "Unknown", "", says, f"Allow s3:PutObject on {bucket}/gallery/*.")


# -- metadata-database -------------------------------------------------------------------------------------------------

TABLES = "metadata-database"
COLUMNS = {"prompt": "text", "seed": "bigint", "model": "text", "style": "text"}
ALTERED = {"prompt": "TEXT", "seed": "BIGINT", "model": "VARCHAR(64)", "style": "VARCHAR(64)"}


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> TestDatabase:
    """An empty database of either server."""
    found: TestDatabase = request.getfixturevalue(request.param)
    return found


async def asked(world: World, database: TestDatabase, url: str = "", *, table: str = "generations") -> Any:
    """What came of the check, with a database that the operator may call."""
    secret = world.secret(url=url or database.url())
    spec = {"urlSecretRef": {"name": secret}, "table": table}
    return await world.row(TABLES, database=spec, hosts=[f"127.0.0.1:{database.server.port}"])


async def test_a_table_with_all_that_makes_an_image_again_passes(world: World, database: TestDatabase) -> None:
    database.do(TABLE)
    found = await asked(world, database)
    server = "PostgreSQL" if database.server.scheme == "postgresql" else "MariaDB"
    assert (found.result, found.evidence, found.hint) == ("Pass", "Probed", "")
    assert found.message.startswith(f"{server} "), found
    assert found.message.endswith(": the table generations has prompt, seed, model, style."), found


@pytest.mark.parametrize("column", [*COLUMNS])
async def test_a_missing_column_fails_with_the_statement_that_adds_it_and_that_mends_it(
    world: World, database: TestDatabase, column: str
) -> None:
    rest = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items() if name != column)
    database.do(f"CREATE TABLE generations ({rest})")
    found = await asked(world, database)
    assert (found.result, found.evidence) == ("Fail", "Probed")
    assert found.message.endswith(f": the table generations has no column {column}."), found
    statement = f"ALTER TABLE generations ADD COLUMN {column} {ALTERED[column]};"
    assert found.hint == f"Add what is missing: {statement}"
    database.do(statement)
    assert (await asked(world, database)).result == "Pass"


async def test_a_table_with_nothing_of_it_fails_with_one_statement_for_all(
    world: World, database: TestDatabase
) -> None:
    database.do("CREATE TABLE generations (id int)")
    found = await asked(world, database)
    assert found.message.endswith(": the table generations has no column prompt, seed, model, style."), found
    database.do(found.hint.partition(": ")[2])
    assert (await asked(world, database)).result == "Pass"


async def test_a_view_and_a_table_of_another_schema_count(world: World, database: TestDatabase) -> None:
    schema = f"gallery_{secrets.token_hex(4)}"
    database.do(TABLE, "CREATE VIEW latest AS SELECT prompt, seed, model, style FROM generations")
    database.do(f"CREATE SCHEMA {schema}", TABLE.replace("generations", f"{schema}.pictures"))
    for table in ("latest", f"{schema}.pictures"):
        assert (await asked(world, database, table=table)).result == "Pass"


async def test_a_table_that_is_not_there_fails_with_how_to_name_another(world: World, database: TestDatabase) -> None:
    says = "The database has no table generations that the URL's user can see."
    expect(await asked(world, database), "Fail", "Probed", says, "name the one that is used in spec.database.table")


async def test_a_password_or_a_database_that_is_wrong_fails_and_is_not_repeated(
    world: World, database: TestDatabase
) -> None:
    place = f"The database at 127.0.0.1:{database.server.port}"
    found = await asked(world, database, database.url(password="c4n4ry"))
    says = f"{place} does not accept the user and password of the URL."
    expect(found, "Fail", "Probed", says, "Correct the URL in the Secret.")
    found = await asked(world, database, database.server.url("c4n4ry"))
    says = f"{place} has no database of the URL's name for this user."
    expect(found, "Fail", "Probed", says, "Correct the URL in the Secret, or create it.")
    assert "c4n4ry" not in f"{found}"


async def test_a_database_that_refuses_connections_fails(world: World, database: TestDatabase) -> None:
    with ReservedPort() as nobody:
        address = f"127.0.0.1:{nobody.number}"
        url = f"{database.server.scheme}://app:c4n4ry@{address}/images"
        found = await world.row(TABLES, database={"urlSecretRef": {"name": world.secret(url=url)}}, hosts=[address])
    says = f"The database at {address} refuses connections."
    expect(found, "Fail", "Probed", says, "Check host and port of the URL, and that the server runs.")


async def test_a_database_that_nobody_allowed_is_unknown_with_the_flag_that_would(world: World) -> None:
    address = f"127.0.0.1:{world.gallery.database.server.port}"
    found = await world.row(TABLES, hidden=[address])
    assert (found.result, found.evidence) == ("Unknown", "")
    assert found.hint == f"Allow it with --allow-host {address} (chart value allowHosts)."


@pytest.mark.parametrize(
    ("url", "says", "hint"),
    [
        (
            "mongodb://app:c4n4ry@db/images",
            "The database's URL begins with mongodb://, which the operator cannot ask.",
            "Supported are postgresql:// and mysql://",
        ),
        ("sqlite:////c4n4ry.db", "The database's URL begins with sqlite://, which the operator cannot ask.", "Supported"),
        ("c4n4ry", "The database's URL cannot be read.", "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
        ("postgresql://app:c4n4ry@db", "The database's URL names no database.", "Write it as postgresql://USER"),
        (
            "postgresql://app:c4n4ry@db/images?sslkey=/c4n4ry",
            "The database's URL has the parameter sslkey, which the operator does not follow.",
            "Give the operator a URL without it",
        ),
    ],
)
async def test_a_url_that_cannot_be_asked_fails_and_is_not_repeated(
    world: World, url: str, says: str, hint: str
) -> None:
    found = await world.row(TABLES, database={"urlSecretRef": {"name": world.secret(url=url)}})
    expect(found, "Fail", "Probed", says, hint)
    assert "c4n4ry" not in f"{found}"


async def test_a_database_whose_url_is_nowhere_is_told(world: World) -> None:
    found = await world.row(TABLES, database={"urlSecretRef": {"name": "gone"}})
    says = f"There is no Secret gone in namespace {world.namespace}."
    expect(found, "Fail", "Probed", says, "Create it, or mend spec.database.urlSecretRef.")
    secret = world.secret(other="value")
    found = await world.row(TABLES, database={"urlSecretRef": {"name": secret}})
    says = f"Secret {world.namespace}/{secret} has no url, or it is empty."
    expect(found, "Fail", "Probed", says, "Add the key url to the Secret, or mend spec.database.urlSecretRef.")
    found = await world.row(TABLES, database=None)
    says = "spec.database is not given, so nothing is known of what is kept about images."
    expect(found, "Unknown", "", says, "Name the Secret with the database's URL in spec.database.urlSecretRef.")
