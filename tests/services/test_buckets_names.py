"""Which object names carry a seed, and which images are looked at."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.services.buckets_names import NEWEST, Listed, carries_seed, newest_names

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "seed-42.png",
        "cat-seed7.webp",
        "storefront/seed_0.png",
        "SEED=2147483647.jpg",
        "20261122-seed-5.png",
        "2026-11-22/184467.png",
        "cat-1234567.png",
        "cat_2147483647_x.jpg",
        "20261122-987654.png",  # not a time of day: there is no 98th hour
        "cat-99999999.png",  # eight digits, and no day
        "cat-0042.png",
        "20261122_123456_77777.png",
    ],
)
def test_a_number_that_can_be_a_seed_is_one(name: str) -> None:
    assert carries_seed(name)


@pytest.mark.parametrize(
    "name",
    [
        "cat.png",
        "cat-7.png",
        "seed.png",
        "seed-2147483648.png",
        "seed-99999999999999.png",
        "2026/cat.png",
        "cat-2026.png",
        "2026-11-22.png",
        "20261122.png",
        "20261122_123456.png",
        "cat-1763812800.png",
        "cat-1763812800123.png",
        "cat-20261122123456.png",
        "123456/cat.png",
        "cat-4294967295.png",
        "1024x1024.png",
        "a1234b.png",
        "550e8400-e29b-4123-1716-446655440000.png",
        "12345678-1234-1234-1234-123456789012.png",
        "",
    ],
)
def test_a_date_a_time_a_uuid_or_a_size_is_no_seed(name: str) -> None:
    assert not carries_seed(name)


@given(st.integers(0, 2**31 - 1))
def test_any_seed_that_is_called_one_is_found(seed: int) -> None:
    assert carries_seed(f"images/cat-seed-{seed}.png")


@given(st.text(max_size=200))
def test_any_name_at_all_is_answered(name: str) -> None:
    assert carries_seed(name) in {True, False}


def test_the_newest_twenty_images_are_looked_at() -> None:
    old = [Listed(name=f"seed-{number}.png", modified=NOON - timedelta(days=1)) for number in range(30)]
    new = [Listed(name=f"cat{'x' * number}.PNG", modified=NOON) for number in range(NEWEST - 1)]
    names = newest_names(old + new)
    assert (names.seen, names.seeded) == (NEWEST, 1)


def test_what_is_no_image_or_our_own_is_not_looked_at() -> None:
    names = ["notes.txt", "seed-1", "a/.ideogram-operator/seed-2.png", "seed-3.gif", "b.jpeg"]
    found = newest_names(Listed(name=name, modified=NOON) for name in names)
    assert (found.seen, found.seeded) == (1, 0)


def test_a_bucket_without_images_has_none() -> None:
    assert newest_names([]).seen == 0
