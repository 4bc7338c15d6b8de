import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.hosts import (
    AllowedHosts,
    HostNotAllowedError,
    InvalidHostError,
    entry_for,
    origin_of,
)


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        ((), "https://api.ideogram.ai"),
        ((), "https://API.ideogram.ai:443/"),
        (("proxy.corp",), "https://proxy.corp/ideogram"),
        (("proxy.corp:8443",), "https://proxy.corp:8443"),
        (("http://127.0.0.1:9000",), "http://127.0.0.1:9000"),
        (("http://[::1]:9000",), "http://[::1]:9000"),
    ],
)
def test_a_listed_host_may_be_given_the_key(entries: tuple[str, ...], url: str) -> None:
    assert AllowedHosts.parse(entries).check(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("entries", "url", "hint"),
    [
        ((), "https://evil.example", "--allow-host evil.example "),
        ((), "http://api.ideogram.ai", "--allow-host http://api.ideogram.ai:80 "),
        ((), "https://api.ideogram.ai:8443", "--allow-host api.ideogram.ai:8443 "),
        ((), "https://api.ideogram.ai.evil.example", "--allow-host api.ideogram.ai.evil.example "),
        (("127.0.0.1:9000",), "http://127.0.0.1:9000", "--allow-host http://127.0.0.1:9000 "),
        (("http://127.0.0.1:9000",), "https://127.0.0.1:9000", "--allow-host 127.0.0.1:9000 "),
    ],
)
def test_another_host_is_refused_with_the_flag_that_would_allow_it(
    entries: tuple[str, ...], url: str, hint: str
) -> None:
    with pytest.raises(HostNotAllowedError, match="chart value") as refused:
        AllowedHosts.parse(entries).check(url)
    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "entry", ["", "a/b", "ftp://x", "user:pw@host", "host:port", "host?x", "http://[::1", "x:99999"]
)
def test_a_malformed_entry_is_refused(entry: str) -> None:
    with pytest.raises(InvalidHostError):
        AllowedHosts.parse([entry])


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ideogram.ai@evil.example",
        "https://x@api.ideogram.ai",
        "file:///etc/passwd",
        "//api.ideogram.ai",
        "https://api.ideogram\n.ai",
        "https://api.ideogram.ai?x=",
        "https://api.ideogram.ai#x",
    ],
)
def test_a_url_that_pretends_is_refused(url: str) -> None:
    with pytest.raises((InvalidHostError, HostNotAllowedError)):
        AllowedHosts().check(url)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_nothing_passes_but_the_default_origin(text: str) -> None:
    url = f"https://{text}"
    try:
        AllowedHosts().check(url)
    except (InvalidHostError, HostNotAllowedError):
        return
    assert text.lower().startswith("api.ideogram.ai")
    assert text[len("api.ideogram.ai") :][:1] in {"", "/", ":"}


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://db.example/a?b=c", "db.example"),
        ("https://DB.example:8443", "db.example:8443"),
        ("http://db.example", "http://db.example:80"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
    ],
)
def test_what_a_refusal_suggests_allows_just_that_origin(url: str, entry: str) -> None:
    origin = scheme, host, port = origin_of(url)
    assert entry_for(*origin) == entry
    listed = AllowedHosts.parse([entry])
    assert listed.lists(*origin)
    assert listed.names(host, port)
    assert not listed.lists("http" if scheme == "https" else "https", host, port)
    assert not listed.names(host, port + 1)
    assert not AllowedHosts().names(host, port)


@pytest.mark.parametrize(
    "url", ["https://user@db.example", "https://db.example/#a", "https://", "ftp://db.example", "x"]
)
def test_a_url_of_no_origin_is_refused(url: str) -> None:
    with pytest.raises(InvalidHostError):
        origin_of(url)
