"""Messages to real receivers on localhost, and everything that can be wrong with a receiver or its URL."""

import asyncio
import gc
import gzip
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.receiver_sites import SITES, covers
from ideogram_operator.services.receivers import Kind, Receivers, name
from ideogram_operator.services.results import ServiceError
from lab.ports import ReservedPort
from tests.services.web_server import (
    Behaviour,
    answer,
    certificate,
    dripping,
    flooding,
    listening,
    saying,
    serving,
    silence,
    tls,
)

CANARY = "canary0123456789"
TITLE = "P1 apiUnreachable: shop/storefront <fires>"
BODY = "Ideogram did not answer.\nThe fallback is on."


class Log(logging.Handler):
    """All that the root logger hears: what the operator would write."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.exc_info}")


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    heard, root = Log(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(1)
    yield heard
    root.removeHandler(heard)
    root.setLevel(before)
    assert not [line for line in heard.lines if CANARY in line or line.startswith(("apprise ", "urllib3"))]


class Names:
    """A resolver whose answers a test may change."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, _host: str, _port: int) -> list[str]:
        return self.answers


@asynccontextmanager
async def receivers(
    *entries: str, names: Names | None = None, authorities: str | None = None
) -> AsyncIterator[Receivers]:
    allowed = AllowedHosts.parse(entries)
    guard = Guard(allowed=allowed, resolve=names.resolve) if names else Guard(allowed=allowed)
    opened = Receivers(guard, authorities=authorities)
    yield opened
    opened.close()


async def send(opened: Receivers, url: str, *, within: float = 5.0) -> None:
    await opened.send(SecretValue(url), namespace="shop", title=TITLE, body=BODY, kind=Kind.FAILURE, timeout=within)


async def failure(opened: Receivers, url: str, *, within: float = 5.0) -> ServiceError:
    with pytest.raises(ServiceError) as failed:
        await send(opened, url, within=within)
    assert CANARY not in repr(failed.value) + failed.value.hint
    assert failed.value.hint
    return failed.value


def webhook(port: int, *, more: str = "") -> str:
    return f"json://user:{CANARY}@127.0.0.1:{port}/{CANARY}{more}"


async def test_a_message_arrives_with_title_and_body() -> None:
    async with serving(saying(answer("200 OK"))) as server, receivers(server.url) as opened:
        await send(opened, webhook(server.port, more=f"?+X-Token={CANARY}"))
    got = json.loads(server.bodies[0])
    assert (got["title"], got["message"], got["type"]) == (TITLE, BODY, "failure")
    assert f"/{CANARY}" in server.heads[0]
    assert f"X-Token: {CANARY}" in server.heads[0]


@pytest.mark.parametrize("scheme", ["form", "xml"])
async def test_other_webhooks_arrive_too(scheme: str) -> None:
    async with serving(saying(answer("200 OK"))) as server, receivers(server.url) as opened:
        await send(opened, f"{scheme}://127.0.0.1:{server.port}/")
    assert b"apiUnreachable" in server.bodies[0]


@pytest.mark.parametrize(
    "url",
    [
        "gotify://127.0.0.1:{port}/{token}",
        "ntfy://127.0.0.1:{port}/alerts",
        "mmost://127.0.0.1:{port}/{token}{token}",
        "rocket://{token}/{token}{token}@127.0.0.1:{port}/alerts",
        "goalert://127.0.0.1:{port}/01234567-89ab-cdef-0123-456789abcdef",
    ],
)
async def test_services_of_ones_own_are_reached_at_their_host(url: str) -> None:
    async with serving(saying(answer("200 OK", b"{}"))) as server, receivers(server.url) as opened:
        await send(opened, url.format(port=server.port, token=CANARY[:13]))
    assert b"apiUnreachable" in server.bodies[0] or "apiUnreachable" in server.heads[0]


async def test_the_certificate_authorities_are_those_that_were_given(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with serving(saying(answer("200 OK")), tls(pem)) as server:
        entry, url = f"127.0.0.1:{server.port}", f"jsons://127.0.0.1:{server.port}/{CANARY}"
        async with receivers(entry) as opened:
            error = await failure(opened, url)
        async with receivers(entry, authorities=str(tmp_path / "cert.pem")) as opened:
            await send(opened, url)
    assert error.message == "jsons at 127.0.0.1 has a certificate that is not trusted"
    assert len(server.bodies) == 1


class MailServer:
    """As much of SMTP as a message needs."""

    def __init__(self, *, refusing: bytes = b"") -> None:
        self.refusing = refusing
        self.mails: list[bytes] = []
        self.recipients: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            writer.write(await self._reply(line, reader, writer))
        writer.close()

    async def _reply(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-here\r\n250 AUTH PLAIN LOGIN\r\n"
        if verb == b"AUTH":
            return b"535 5.7.8 no\r\n" if self.refusing == b"AUTH" else b"235 yes\r\n"
        if verb == b"RCPT":
            self.recipients.append(line)
            return b"550 5.1.1 nobody\r\n" if self.refusing == b"RCPT" else b"250 ok\r\n"
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


def mail(port: int) -> str:
    return f"mailto://oncall:{CANARY}@example.com:{port}?smtp=127.0.0.1&to=dana@example.com&mode=insecure"


async def test_a_mail_arrives() -> None:
    server = MailServer()
    async with listening(server.serve) as port, receivers(f"127.0.0.1:{port}") as opened:
        await send(opened, mail(port))
    got = message_from_bytes(server.mails[0], policy=policy.default)
    assert got["subject"] == TITLE
    assert b"dana@example.com" in server.recipients[0]
    assert "The fallback is on." in server.mails[0].decode()


@pytest.mark.parametrize(("refusing", "status"), [(b"AUTH", 535), (b"RCPT", 550)])
async def test_a_mail_server_that_refuses_is_told(refusing: bytes, status: int) -> None:
    server = MailServer(refusing=refusing)
    async with listening(server.serve) as port, receivers(f"127.0.0.1:{port}") as opened:
        assert (await failure(opened, mail(port))).message == f"mailto at 127.0.0.1 answers {status}"


async def test_a_mail_server_is_guarded_wherever_its_name_stands() -> None:
    async with receivers("example.com:587") as opened:
        error = await failure(opened, f"mailtos://oncall:{CANARY}@example.com?smtp=relay.other.svc&to=a@example.com")
    assert error.untried
    assert "--allow-host HOST:PORT" in error.hint
    assert "relay" not in f"{error.message} {error.hint}", "it is from a Secret that the tenant may not read"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("500 Oops", "Look into the receiver's log."),
        ("503 Busy", "Look into the receiver's log."),
        ("401 No", "Check the credentials in the URL."),
        ("404 Nowhere", "appriseit.com"),
        ("429 Slow", "Look into the receiver's log."),
    ],
)
async def test_a_receiver_that_says_no_is_quoted_by_its_status(status: str, hint: str) -> None:
    async with serving(saying(answer(status, CANARY.encode()))) as server, receivers(server.url) as opened:
        error = await failure(opened, webhook(server.port))
    assert error.message == f"json at 127.0.0.1 answers HTTP {status[:3]}"
    assert hint in error.hint
    assert not error.untried


@pytest.mark.parametrize("behaviour", [silence, dripping], ids=["silent", "dripping"])
async def test_a_receiver_that_hangs_costs_its_own_deadline(behaviour: Behaviour) -> None:
    async with serving(behaviour) as server, receivers(server.url) as opened:
        began = time.monotonic()
        error = await failure(opened, webhook(server.port, more="?rto=600&cto=600"), within=0.5)
    assert "did not answer" in error.message
    assert time.monotonic() - began < 5


async def test_an_endless_answer_is_cut_off() -> None:
    async with serving(flooding) as server, receivers(server.url) as opened:
        error = await failure(opened, webhook(server.port), within=60)
    assert error.message == "the receiver's answer has no end"


@pytest.mark.parametrize("layers", [1, 2])
async def test_an_answer_that_unpacks_without_end_is_cut_off(layers: int) -> None:
    packed = b"\0" * (64 * 1024 * 1024)
    for _ in range(layers):
        packed = gzip.compress(packed)
    raw = answer("200 OK", packed, more=f"Content-Encoding: {', '.join(['gzip'] * layers)}\r\n")
    async with serving(saying(raw)) as server, receivers(server.url) as opened:
        error = await failure(opened, webhook(server.port), within=60)
    assert error.message == "the receiver's answer has no end"


async def test_a_small_packed_answer_is_read() -> None:
    raw = answer("200 OK", gzip.compress(b"{}"), more="Content-Encoding: gzip\r\n")
    async with serving(saying(raw)) as server, receivers(server.url) as opened:
        await send(opened, webhook(server.port))


def matrix(login: bytes) -> Behaviour:
    """As much of a Matrix server as a message needs."""
    asked = 0

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(answer("200 OK", login if asked == 1 else b'{"room_id": "!r:h", "event_id": "e"}'))
        await writer.drain()

    return behave


async def test_a_receiver_that_is_thrown_away_calls_nobody() -> None:
    """Apprise's Matrix plugin would log out, in whatever thread, and wait for the answer."""
    login = b'{"access_token": "a", "home_server": "h", "user_id": "@u:h", "device_id": "d"}'
    async with serving(matrix(login)) as server, receivers(server.url) as opened:
        await send(opened, f"matrix://user:{CANARY}@127.0.0.1:{server.port}/!room:h?mode=off")
        gc.collect()
    assert any("login" in head for head in server.heads)
    assert not [head for head in server.heads if "logout" in head]


async def test_a_receiver_that_asks_for_a_moment_is_given_it() -> None:
    """Else the first part of a message in two parts would be sent again."""
    login = answer("200 OK", b'{"access_token": "a", "home_server": "h", "user_id": "@u:h", "room_id": "!r:h"}')
    slow = iter([answer("429 Slow", b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 100}')])

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(slow, login))
        await writer.drain()

    async with serving(behave) as server, receivers(server.url) as opened:
        await send(opened, f"matrix://user:{CANARY}@127.0.0.1:{server.port}/!room:h?mode=off")
    assert len(server.heads) > 2


async def test_a_receiver_that_asks_to_be_left_alone_for_a_year_keeps_no_thread() -> None:
    later = b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 31536000000}'
    async with (
        serving(saying(answer("429 Slow", later))) as busy,
        serving(saying(answer("200 OK"))) as server,
        receivers(busy.url, server.url) as opened,
    ):
        url = f"matrix://user:{CANARY}@127.0.0.1:{busy.port}/!room:h?mode=off"
        told = await asyncio.gather(*(failure(opened, url, within=20) for _ in range(128)))
        await send(opened, webhook(server.port))
    assert {error.message for error in told} == {"matrix at 127.0.0.1 asks to be left alone for a while"}


async def test_a_hundred_that_hang_do_not_hold_up_another() -> None:
    async with (
        serving(silence) as stuck,
        serving(saying(answer("200 OK"))) as server,
        receivers(stuck.url, server.url) as opened,
    ):
        began = time.monotonic()
        hanging = [asyncio.ensure_future(failure(opened, webhook(stuck.port), within=3)) for _ in range(100)]
        await send(opened, webhook(server.port), within=30)
        held_up = time.monotonic() - began
        await asyncio.gather(*hanging)
        assert held_up < 10
        assert time.monotonic() - began < 20


async def test_receivers_that_drip_give_their_threads_back() -> None:
    async with (
        serving(dripping) as stuck,
        serving(saying(answer("200 OK"))) as server,
        receivers(stuck.url, server.url) as opened,
    ):
        await asyncio.gather(*(failure(opened, webhook(stuck.port), within=1) for _ in range(128)))
        await send(opened, webhook(server.port))
    assert len(server.bodies) == 1


async def test_a_refused_connection_is_told() -> None:
    with ReservedPort() as port:
        async with receivers(f"http://127.0.0.1:{port.number}") as opened:
            error = await failure(opened, webhook(port.number))
    assert error.message == "json at 127.0.0.1 refuses the connection"


async def test_a_receiver_that_hangs_up_is_told() -> None:
    async with serving(saying(b"", hang_up=True)) as server, receivers(server.url) as opened:
        assert (await failure(opened, webhook(server.port))).message == "json at 127.0.0.1 hung up"


async def test_a_redirect_is_told_and_not_followed() -> None:
    async with serving(saying(answer("200 OK"))) as second:
        moved = answer("307 Moved", more=f"Location: {second.url}/{CANARY}\r\n")
        async with serving(saying(moved)) as first, receivers(first.url, second.url) as opened:
            error = await failure(opened, webhook(first.port))
    assert error.message == "json at 127.0.0.1 redirects (HTTP 307), and redirects are not followed"
    assert second.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///tmp/{c}", "syslog://{c}", "rsyslog://127.0.0.1/{c}", "dbus://{c}", "gnome://{c}", "macosx://{c}",
        "windows://{c}", "glib://{c}", "blink1://{c}", "apprise://127.0.0.1/{c}", "mqtt://127.0.0.1/{c}", "irc://h/{c}",
        "vapid://{c}", "fcm://{c}", "growl://127.0.0.1/{c}", "nothing://{c}", "https://hooks.example/{c}",
        "http://hooks.slack.com/{c}", "{c}", "", "://", "slack:{c}",
    ],
)  # fmt: skip
async def test_only_known_services_of_the_network_are_sent_to(url: str) -> None:
    async with receivers() as opened:
        error = await failure(opened, url.format(c=CANARY))
    assert error.message in {
        "the URL is of no service that the operator sends to",
        "the URL is not one that Apprise understands",
    }


@pytest.mark.parametrize(
    "url",
    [
        "json://169.254.169.254/latest/{c}",
        "json://127.0.0.1:8080/{c}",
        "jsons://[::1]/{c}",
        "form://kubernetes.default.svc/{c}",
        "xml://storefront.other.svc/{c}",
        "gotify://10.0.0.1/{c}",
        "mmosts://chat.example/{c}{c}",
        "ntfy://user@chat.example/topic",
        "matrixs://user:{c}@chat.example/room",
        "zulip://bot@org.chat.example/" + "a" * 32,
        "workflows://chat.example/{c}/{c}",
        "mailto://user:{c}@127.0.0.1?to=a@example.com&from=b@example.com",
        "json://storefront/{c}",
    ],
)
async def test_hosts_in_urls_are_guarded(url: str) -> None:
    async with receivers() as opened:
        error = await failure(opened, url.format(c=CANARY))
    assert error.untried
    assert "--allow-host" in error.hint or error.hint == "Write storefront.shop.svc."


async def test_a_service_that_leads_to_metadata_is_not_sent_to() -> None:
    async with receivers(names=Names("169.254.169.254")) as opened:
        error = await failure(opened, f"json://hook.shop.svc/{CANARY}")
    assert error.message == "hook.shop.svc has the address 169.254.169.254, which the operator does not call"
    assert error.untried


async def test_a_name_that_means_another_address_when_it_is_called_is_stopped() -> None:
    async with serving(saying(answer("200 OK"))) as server:
        entry = f"http://localhost:{server.port}"
        async with receivers(entry, names=Names("10.0.0.1")) as opened:
            error = await failure(opened, f"json://localhost:{server.port}/{CANARY}")
    assert error.message == "json wants to call a host that is not its own"
    assert error.untried
    assert server.connections == 0


@pytest.mark.parametrize(
    "scheme", ["jsons://hook.shop.svc/{c}\njson://{c}", "json://a/,json://{c}", "json://a json://{c}"]
)
async def test_several_urls_in_one_value_are_refused(scheme: str) -> None:
    async with receivers() as opened:
        assert (await failure(opened, scheme.format(c=CANARY))).message == "the Secret's value is more than one URL"


@pytest.mark.parametrize(
    "parameter", ["template", "pgppub", "PGPPRV", "redirect", "attach", "discovery", "wkd", "store"]
)
async def test_parameters_that_read_files_or_ask_others_are_refused(parameter: str) -> None:
    async with receivers() as opened:
        error = await failure(opened, f"slack://{'T' * 9}/{'B' * 9}/{'c' * 24}?{parameter}=/{CANARY}")
    assert error.message == f"the URL has the parameter {parameter.lower()}, which is not allowed"


@pytest.mark.parametrize("url", ["slack://{c}", "pagerduty://", "json://", "tgram://{c}", "mailto://{c}", "ses://{c}"])
async def test_an_incomplete_url_is_told(url: str) -> None:
    async with receivers() as opened:
        error = await failure(opened, url.format(c=CANARY))
    assert "is not complete for" in error.message or "not one that Apprise understands" in error.message


@given(
    st.sampled_from(sorted(SITES)),
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.sampled_from(["", "127.0.0.1:1/"]),
)
@settings(deadline=None, max_examples=300)
def test_no_text_is_more_than_an_error(scheme: str, text: str, host: str) -> None:
    async def run() -> None:
        async with receivers(names=Names("169.254.169.254")) as opened:
            with pytest.raises(ServiceError):
                await send(opened, f"{scheme}://{host}{text}")

    asyncio.run(run())


async def test_a_secret_that_is_no_url_at_all_is_told() -> None:
    async with receivers() as opened:
        assert (await failure(opened, "slack://" + CANARY * 1000)).message == "the Secret's value is too long for a URL"


async def test_a_long_answer_that_ends_is_no_problem() -> None:
    async with serving(saying(answer("200 OK", b"x" * 100_000))) as server, receivers(server.url) as opened:
        await send(opened, webhook(server.port))


async def test_a_plain_string_is_as_good_as_a_secret() -> None:
    async with serving(saying(answer("200 OK"))) as server, receivers(server.url) as opened:
        await opened.send(f" {webhook(server.port)}\n", namespace="shop", title="a", body="b")
    assert len(server.bodies) == 1


COMPLETE = {
    "slack": f"slack://{'T' * 9}/{'B' * 9}/{'c' * 24}",
    "slack, as copied": f"https://hooks.slack.com/services/{'T' * 9}/{'B' * 9}/{'c' * 24}",
    "pagerduty": f"pagerduty://{'a' * 32}@{'b' * 32}",
    "opsgenie": f"opsgenie://{'a' * 36}",
    "discord": f"discord://{'1' * 18}/{'a' * 64}",
    "discord, as copied": f"https://discord.com/api/webhooks/{'1' * 18}/{'a' * 64}",
    "tgram": f"tgram://123456789:{'a' * 35}/12345",
    "gchat": f"gchat://space/{'a' * 39}/{'b' * 43}",
    "ntfy": "ntfy://topic",
    "pover": f"pover://{'u' * 30}@{'a' * 30}",
    "splunk": f"splunk://route@{'a' * 36}",
    "ses": f"ses://a@example.com/{'A' * 20}/{'b' * 40}/us-west-2/b@example.com",
    "sns": f"sns://{'A' * 20}/{'b' * 40}/us-west-2/12223334444",
    "zulip": f"zulip://bot@org/{'a' * 32}",
    "workflows": f"workflows://prod-1.westus.logic.azure.com:443/{'a' * 32}/{'b' * 43}/",
}


@pytest.mark.parametrize("url", COMPLETE.values(), ids=COMPLETE)
async def test_a_services_own_hosts_need_no_listing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no Internet here, so a proxy of ours hears which host the message is for."""
    async with serving(saying(answer("403 Forbidden"), hang_up=True)) as proxy, receivers() as opened:
        for variable in ("https_proxy", "http_proxy"):
            monkeypatch.setenv(variable, proxy.url)
        for variable in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        error = await failure(opened, url)
    scheme = next(key.partition(",")[0] for key, value in COMPLETE.items() if value == url)
    asked = proxy.heads[0].split()[1].removeprefix("http://").partition("/")[0].partition(":")[0]
    assert covers(SITES[scheme].own, asked)
    assert not error.untried


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"slack://{CANARY}", "slack"),
        (f"MAILTOS://user:{CANARY}@example.com", "mailtos"),
        (f"{CANARY}://x", "unknown"),
        (CANARY, "unknown"),
        ("", "unknown"),
    ],
)
def test_a_receiver_is_named_by_its_scheme(url: str, shown: str) -> None:
    assert name(SecretValue(url)) == name(url) == shown
