"""Where images are kept, and what they are called: a real bucket with real rights."""

from typing import Any

import pytest

from lab.kube import Json
from lab.ports import ReservedPort
from lab.servers.bucket_server import ALL
from tests.e2e.gallery import attestation
from tests.preflight.world import World, expect

STORAGE = "durable-storage"
SEED = "seed-in-name"


def storage(world: World, bucket: str, **parts: Any) -> Json:
    usual = {
        "url": f"s3://{bucket}/gallery",
        "endpoint": world.gallery.buckets.endpoint,
        "secretRef": {"name": "images"},
    }
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


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ("s3:PutObject", "refuses to take an object (403)"),
        ("s3:GetObject", "refuses to return an object (403)"),
        ("s3:DeleteObject", "refuses to delete (403); the test object may be left there"),
    ],
)
async def test_a_step_that_the_bucket_refuses_fails_with_the_right_it_takes(
    world: World, refused: str, says: str
) -> None:
    bucket = world.gallery.buckets.new_bucket(allow=without(refused))
    found = await world.row(STORAGE, storage=storage(world, bucket))
    expect(found, "Fail", "Probed", f"The bucket {bucket} {says}.", f"Allow {refused} on {bucket}/gallery/*.")


async def test_credentials_that_the_store_does_not_know_fail_by_their_secret(world: World) -> None:
    bucket = world.gallery.buckets.new_bucket()
    usual = world.gallery.buckets.credentials
    for wrong in ({"AWS_SECRET_ACCESS_KEY": "c4n4ry"}, {"AWS_ACCESS_KEY_ID": "C4N4RY"}):
        secret = world.secret(**(usual | wrong))
        found = await world.row(STORAGE, storage=storage(world, bucket, secretRef={"name": secret}))
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
    expect(
        found, "Fail", "Probed", says, "Check spec.storage.endpoint, and that a NetworkPolicy lets the operator out."
    )


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
    found = await world.row(STORAGE, storage=storage(world, world.gallery.bucket, secretRef={"name": "gone"}))
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
