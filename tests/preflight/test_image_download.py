"""Images that are made and downloaded: a real provider, and all that goes wrong with it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ideogram_operator.checks.wording import TIMES
from ideogram_operator.resource.observations import ProbeStatus
from lab.kube import Json
from lab.simulator.images import Picture, png
from tests.preflight.world import World, answering, expect, tended

IMAGE = "image-download"
PAID = ["generate"]
API_TROUBLE = "Mend what it says, then ask again: kubectl -n"
GENERATED: Json = {"prompt": "a dot", "resolution": "1024x1024", "is_image_safe": True, "seed": 1, "url": ""}


def answer(**image: Any) -> Json:
    """A fault by which a generation ends well, with an image of which this is told; None takes a field out."""
    made = {part: value for part, value in (GENERATED | image).items() if value is not None}
    body = {"created": "2026-11-01T00:00:00+00:00", "data": [made]}
    return {"kind": "status", "status": 200, "body": json.dumps(body), "media_type": "application/json", "routes": PAID}


async def test_an_image_that_is_made_and_downloaded_passes_with_what_came(world: World) -> None:
    found = await world.row(IMAGE)
    assert (found.result, found.evidence, found.hint) == ("Pass", "Probed", "")
    assert found.message.startswith(f"PNG, 1024{TIMES}1024, "), found
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
    dot = png(Picture(width=64, height=64, seed=1))
    with answering(200, dot, media_type="image/png") as origin, world.fault(**answer(url=f"{origin}/dot.png")):
        found = await world.row(IMAGE, hosts=[origin])
    expect(found, "Pass", "Probed", f"PNG, 64{TIMES}64, 1 kB; its URL does not say how long it lives.")


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
    usual: Json = {"routes": PAID}
    with world.fault(**(usual | fault)):
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
