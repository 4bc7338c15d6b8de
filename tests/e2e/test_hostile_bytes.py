"""The nastiest that may stand in the cluster and come from a provider: one integration meets it, another goes on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.kube import Json, KubeError
from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop, condition, history, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

OTHER = "ideogram-other"
OK = 200
REFUSALS = (
    '{"reject_reason": "insufficient_funds\\u0000", "error": "\\u001b[31m \\ud800 \\u202e"}',
    '{"reject_reason": ["insufficient_funds"], "error": {"a": 1}}',
    '{"error": ' + "[" * 30_000 + "]" * 30_000 + "}",
    '{"usd_micros": ' + "9" * 5000 + "}",
    '{"error": "' + "\\u001b" * 10_000 + '"}',
    "\x00\x01\x02",
    "NaN",
)
RETRY_AFTER = ("Sun, 06 Nov 0001 08:49:37 +2359", "-1", "1e5", "soon")
RAW = (
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
    "HTTP/1.1 100 Continue\r\n\r\n" * 3000 + "HTTP/1.1 099 X\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + "X-A: b\r\n" * 20_000 + "\r\n",
)
NASTY_LEDGERS = {
    "deep": '{"version": 1, "claims": ' + "[" * 20_000 + "]" * 20_000 + "}",
    "escapes": '{"version": 1, "claims": [{"overrides": {"values": {"\\u001b[31m\\n": 5}}}]}',
    "null": "null",
    "nan": '{"version": 1, "baseline": [{"container": "web", "name": "IDEOGRAM_ENABLED", "value": "x", '
    '"was": [{"name": "IDEOGRAM_ENABLED", "value": NaN}]}]}',
    "stranger": '{"version": 1, "baseline": [{"container": "web", "name": "IDEOGRAM_ENABLED", "value": "x", '
    '"was": [{"name": "LD_PRELOAD", "value": "/evil.so"}]}]}',
    "binary": "\u0001\u0002{",
    "twice": '{"version": 1, "version": {}, "claims": 5}',
}


def both(shop: Shop, *, targets: list[Json] | None = None) -> str:
    """Two integrations, each with an application and a key of its own; the name of the first one's key."""
    other = shop.simulator.admin.add_key()
    shop.secret(other.secret, name=OTHER)
    for name in ["web", "steady"]:
        shop.deploy(name)
    shop.integrate(targets=targets)
    api = {"baseURL": shop.simulator.url, "keySecretRef": {"name": OTHER, "key": "api-key"}}
    shop.integrate("other", targets=[target("steady")], api=api)
    shop.live()
    shop.live("other")
    first = next(
        record.key for record in shop.simulator.admin.requests(host="api") if record.key not in {None, other.name}
    )
    assert first is not None
    return first


def still_works(shop: Shop, operator: Operator) -> None:
    """The other integration was never in trouble."""
    operator.must_live()
    status = shop.status("other")
    assert status["state"] == "Live"
    assert history(status) == {}
    assert shop.told(name="steady") == "true"


def clear(status: Json) -> None:
    """Whatever status says prints, on one line."""
    for text in texts(status):
        assert text.isprintable(), repr(text)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(part)


def test_nonsense_from_the_provider_is_told_and_flips_nothing(shop: Shop, operator: Operator) -> None:
    key = both(shop)
    admin = shop.simulator.admin
    for number, body in enumerate(REFUSALS):
        retry = RETRY_AFTER[number % len(RETRY_AFTER)]
        admin.fault("status", status=429, body=body, headers={"Retry-After": retry}, key=key, times=1)
        hit(shop, key)
        clear(shop.live())
    for raw in RAW:
        admin.fault("not_http", body=raw, key=key, times=1)
        hit(shop, key)
        clear(shop.live())
    status = shop.status()
    assert history(status) == {}, "one broken answer is no outage, and a refusal is only what the table says"
    assert shop.told() == "true"
    still_works(shop, operator)
    # What is broken for good is an outage, and is told in words of ours.
    admin.fault("garbage", body=REFUSALS[2], key=key)
    status = shop.fallen_back()
    clear(status)
    assert "broken answer" in status["message"]
    still_works(shop, operator)
    admin.heal()
    shop.live()
    assert shop.told() == "true"


def hit(shop: Shop, key: str) -> None:
    """Returns once every fault that was planned has been met, and a good answer came after it."""
    admin = shop.simulator.admin
    records = admin.wait_for(lambda _: not admin.faults(), timeout=30)
    met = records[-1].number
    admin.wait_for(lambda log: any(one.number > met and one.key == key and one.status == OK for one in log), timeout=30)


def test_nonsense_in_annotations_keeps_no_target_from_being_switched_and_given_back(
    shop: Shop, operator: Operator
) -> None:
    for name in NASTY_LEDGERS:
        shop.deploy(name, settle=False, replicas=1)
    before = {name: shop.settled(name) for name in NASTY_LEDGERS}
    key = both(shop, targets=[target(), *(target(name) for name in NASTY_LEDGERS)])
    newer = json.dumps({"version": 10**400, "claims": []})
    for name, text in NASTY_LEDGERS.items() | {("web", newer)}:
        shop.kube.patch(shop.path("Deployment", name), {"metadata": {"annotations": {FALLBACK_ANNOTATION: text}}})
    shop.probed(3)
    assert history(shop.status()) == {}
    still_works(shop, operator)

    shop.simulator.admin.fault("status", status=503, key=key)
    for name in NASTY_LEDGERS:
        shop.reads("false", name=name)
    status = shop.until(
        lambda status: condition(status, "TargetsInSync")["status"] == "False", "what web's annotation lacks"
    )
    clear(status)
    assert shop.told() == "true", "what a newer operator wrote is not overwritten"
    assert "newer operator" in condition(status, "TargetsInSync")["message"] + status["message"]
    still_works(shop, operator)

    shop.simulator.admin.heal()
    shop.live()
    for name, made in before.items():
        shop.reads("true", name=name)
        assert shop.settled(name)["spec"] == made["spec"]
        assert FALLBACK_ANNOTATION not in shop.get("Deployment", name)["metadata"].get("annotations", {})
    still_works(shop, operator)


def test_a_status_that_somebody_wrote_is_gone_on_from(shop: Shop, run_operator: RunOperator) -> None:
    operator = run_operator()
    both(shop)
    operator.kill()
    taken = [damaged(shop, part) for part in DAMAGE]
    assert any(taken), "the API server takes some of it"
    claim = {"integration": "shop", "uid": shop.kube.get(shop.at())["metadata"]["uid"], "flip": 2**53}
    claim |= {"since": "0001-01-01T00:00:00+14:00", "trigger": "\x1b[31m", "message": "m", "overrides": {"values": {}}}
    text = json.dumps({"version": 1, "claims": [claim]})
    shop.kube.patch(shop.path("Deployment", "web"), {"metadata": {"annotations": {FALLBACK_ANNOTATION: text}}})
    operator.start()
    shop.until(lambda status: all(text.isprintable() for text in texts(status)), "a status of the operator's own")
    clear(shop.live())
    still_works(shop, operator)
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.reads("false")
    shop.fallen_back("other")
    shop.simulator.admin.heal()
    status = shop.live()
    clear(status)
    assert status["breaker"]["flips"] < 2**53
    shop.reads("true")
    assert "fault of the operator" not in operator.log_text()
    assert "Traceback" not in operator.log_text()


DAMAGE: tuple[Json, ...] = (
    {"since": "0001-01-01T00:00:00+14:00"},
    {"lastUpdate": "9999-12-31T23:59:59-12:00"},
    {"breaker": {"flips": 2**53 + 1, "relapses": 2**31 - 1, "holdUntil": "9999-12-31T23:59:59-12:00"}},
    {"breaker": {"recentFlips": ["0001-01-01T00:00:00+14:00"]}},
    {"probe": {"spentOn": "2026-99-99", "spentTodayUSD": "1.00"}},
    {"message": "\u001b[31m\u202e"},
    {"history": [{"at": "0001-01-01T00:00:00+14:00", "to": "Fallback"}]},
    {"drill": {"startedAt": "0001-01-01T00:00:00+14:00"}},
)


def damaged(shop: Shop, part: Json) -> bool:
    """Whether the API server takes this into the status."""
    try:
        shop.kube.patch(f"{shop.at()}/status", {"status": part})
    except KubeError:
        return False
    return True


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_beyond_the_calendar_is_an_invalid_spec_and_nothing_else(
    shop: Shop, operator: Operator, until: str
) -> None:
    both(shop)
    api = {"baseURL": shop.simulator.url, "keySecretRef": {"name": "ideogram", "key": "api-key"}}
    try:
        shop.integrate("odd", api=api, override={"mode": "Freeze", "reason": "for ever", "until": until})
    except KubeError as error:
        assert "until" in str(error)  # noqa: PT017 - refused earlier is as good
    else:
        status = shop.until(lambda status: condition(status, "Ready")["status"] == "False", "a refusal", name="odd")
        assert condition(status, "Ready")["reason"] == "SpecInvalid"
        assert "spec.override.until" in condition(status, "Ready")["message"]
    still_works(shop, operator)
