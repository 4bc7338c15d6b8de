"""What foreign code in a thread can reach over a line, and that nobody else is bothered."""

import asyncio
import socket
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import apprise
import pytest

from ideogram_operator.services.lines import Line, LineRefusedError
from ideogram_operator.services.receiver_sites import SITES, covers
from tests.services.web_server import answer, saying, serving, silence


def fetch(line: Line, url: str) -> int:
    with line.laid(), urllib.request.urlopen(url, timeout=10) as got:  # noqa: S310 - localhost
        return int(got.status)


async def test_a_line_leads_to_its_host_and_nowhere_else() -> None:
    async with serving(saying(answer("200 OK"))) as server:
        good = Line(hosts=frozenset({"127.0.0.1"}), addresses=frozenset({"127.0.0.1"}))
        assert await asyncio.to_thread(fetch, good, server.url) == 200
        for line in (Line(), Line(hosts=frozenset({"127.0.0.1"})), Line(own=("127.0.0.1",))):
            with pytest.raises(OSError, match="not one that the message is for"):
                await asyncio.to_thread(fetch, line, server.url)
            assert line.refused
    assert server.connections == 1


def test_a_suffix_is_of_whole_labels() -> None:
    line = Line(own=("slack.com",))
    line.look_up("slack.com")
    line.look_up("hooks.slack.com")
    for host in ("evilslack.com", "slack.com.evil.example", "10.0.0.1", ""):
        with pytest.raises(LineRefusedError):
            line.look_up(host)


@pytest.mark.parametrize(
    ("own", "host", "covered"),
    [
        ("sns.*.amazonaws.com", "sns.us-west-2.amazonaws.com", True),
        ("sns.*.amazonaws.com", "sns.a.b.amazonaws.com", False),
        ("sns.*.amazonaws.com", "x.sns.us-west-2.amazonaws.com", False),
        ("sns.*.amazonaws.com", "sns.us-west-2.amazonaws.com.evil.example", False),
        ("slack.com", "hooks.slack.com", True),
        ("slack.com", "evilslack.com", False),
    ],
)
def test_a_services_own_hosts_are_told_from_others(own: str, host: str, covered: bool) -> None:
    assert covers((own,), host) is covered


def test_programs_and_other_sockets_are_refused() -> None:
    def misbehave() -> None:
        with Line(own=("slack.com",)).laid():
            with pytest.raises(LineRefusedError):
                subprocess.run(["true"], check=False)  # noqa: S607
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, pytest.raises(LineRefusedError):
                one.sendto(b"x", ("127.0.0.1", 9))
            with socket.socket(socket.AF_UNIX) as one, pytest.raises(LineRefusedError):
                one.connect("/run/docker.sock")

    with ThreadPoolExecutor(1) as threads:
        threads.submit(misbehave).result()


async def test_cutting_a_line_ends_a_wait_and_allows_no_more() -> None:
    async with serving(silence) as server:
        line = Line(hosts=frozenset({"127.0.0.1"}), addresses=frozenset({"127.0.0.1"}))
        waiting = asyncio.ensure_future(asyncio.to_thread(fetch, line, server.url))
        async with asyncio.timeout(10):
            await server.asked.wait()
            line.cut()
            with pytest.raises(OSError):
                await waiting
            with pytest.raises(OSError):
                await asyncio.to_thread(fetch, line, server.url)
    assert server.connections == 1


async def test_without_a_line_nothing_is_refused() -> None:
    Line()
    async with serving(saying(answer("200 OK"))) as server:
        with await asyncio.to_thread(urllib.request.urlopen, server.url) as got:
            assert got.status == 200


def test_every_service_is_one_that_apprise_has() -> None:
    known = apprise.Apprise().details()["schemas"]
    schemes = {scheme for one in known for key in ("protocols", "secure_protocols") for scheme in one[key] or ()}
    assert set(SITES) <= schemes
