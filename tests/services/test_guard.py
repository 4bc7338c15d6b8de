"""Which hosts may be called, by name and by address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.addresses import forbidden
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError


def guard(*entries: str, answers: tuple[str, ...] = ()) -> Guard:
    async def resolve(host: str, port: int) -> list[str]:
        return list(answers)

    return Guard(allowed=AllowedHosts.parse(entries), resolve=resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://storefront.shop.svc:8080/health?full=1",
        "http://storefront.shop.svc.cluster.local/health",
        "https://STOREFRONT.shop.svc/health",
        "http://db-0.db.shop.svc/",
        "http://db-0.db.shop.svc.cluster.local:5432",
        "https://metrics.example:8443/x",
        "http://10.1.2.3:9090/api",
    ],
)
def test_services_of_the_namespace_and_listed_hosts_may_be_called(url: str) -> None:
    guard("metrics.example:8443", "http://10.1.2.3:9090").http(url, namespace="shop")


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://storefront.other.svc/", "--allow-host http://storefront.other.svc:80 (chart value allowHosts)"),
        ("https://storefront.other.svc.cluster.local/", "--allow-host storefront.other.svc.cluster.local (chart"),
        ("http://10-0-0-1.shop.pod.cluster.local/", "--allow-host http://10-0-0-1.shop.pod"),
        ("http://a.b.c.shop.svc/", "--allow-host http://a.b.c.shop.svc:80"),
        ("http://shop.svc/", "--allow-host http://shop.svc:80"),
        ("http://storefront.shop.svc.evil.example/", "--allow-host http://storefront.shop.svc.evil.example:80"),
        ("http://metrics.example:8443/", "--allow-host http://metrics.example:8443"),
        ("https://metrics.example/", "--allow-host metrics.example "),
        ("https://8.8.8.8/", "--allow-host 8.8.8.8 "),
        ("http://169.254.169.254/latest/meta-data", "--allow-host http://169.254.169.254:80"),
        ("http://[::1]:9090/", "--allow-host http://[::1]:9090"),
        ("http://[::ffff:169.254.169.254]/", "--allow-host http://[::ffff:169.254.169.254]:80"),
        ("http://localhost:8080/", "--allow-host http://localhost:8080"),
        ("http://storefront/", "Write storefront.shop.svc."),
        ("http://storefront.shop/", "Write storefront.shop.svc."),
    ],
)
def test_another_host_is_refused_with_what_would_help(url: str, hint: str) -> None:
    with pytest.raises(ServiceError) as refused:
        guard("metrics.example:8443").http(url, namespace="shop")
    assert refused.value.untried
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://storefront.shop.svc./",
        "http://storefront..shop.svc/",
        "http://store%66ront.shop.svc/",
        "http://store_front.shop.svc/",
        "http://-.shop.svc/",
        "http://user@storefront.shop.svc/",
        "http://user:pw@storefront.shop.svc/",
        "http://storefront.shop.svc#@evil.example/",
        "http://storefront.shop.svc\\@evil.example/",
        "http://evil.example\\.shop.svc/",
        "http://storefront.shop.svc:99999/",
        "http://storefröhnt.shop.svc/",
        "http://storefront.shop.svc\n/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://127.1/",
        "http:///health",
        "ftp://storefront.shop.svc/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "//storefront.shop.svc/",
        "storefront.shop.svc",
        "",
    ],
)
def test_a_url_that_pretends_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ServiceError, match="has no host that could be called") as refused:
        guard().http(url, namespace="shop")
    assert refused.value.untried
    assert "evil" not in str(refused.value) + refused.value.hint


@given(st.text(max_size=40))
@settings(deadline=None)
def test_no_text_makes_a_foreign_host_ours(text: str) -> None:
    try:
        guard().http(f"http://{text}", namespace="shop")
    except ServiceError:
        return
    authority = text.partition("/")[0].partition("?")[0].lower().rpartition(":")
    assert (authority[0] or authority[2]).endswith((".shop.svc", ".shop.svc.cluster.local"))


def test_another_cluster_domain_is_a_setting() -> None:
    other = Guard(allowed=AllowedHosts(), cluster_domain="corp.internal")
    other.http("http://storefront.shop.svc.corp.internal/", namespace="shop")
    with pytest.raises(ServiceError):
        other.http("http://storefront.shop.svc.cluster.local/", namespace="shop")


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("postgres.shop.svc", 5432),
        ("db.example", 5432),
        ("10.0.0.9", 3306),
        ("::1", 5432),
        ("images.cluster-x.eu-west-1.rds.amazonaws.com", 5432),
    ],
)
def test_other_protocols_reach_services_listed_hosts_and_the_clouds_own(host: str, port: int) -> None:
    listed = guard("db.example:5432", "10.0.0.9:3306", "[::1]:5432")
    listed.host(host, port, namespace="shop", own=(".rds.amazonaws.com",))


@pytest.mark.parametrize(
    ("host", "port", "hint"),
    [
        ("db.example", 5433, "--allow-host db.example:5433 "),
        ("::1", 5433, "--allow-host [::1]:5433 "),
        ("rds.amazonaws.com.evil.example", 5432, "--allow-host rds.amazonaws.com.evil.example:5432 "),
        ("evilrds.amazonaws.com", 5432, "--allow-host evilrds.amazonaws.com:5432 "),
        ("postgres.other.svc", 5432, "--allow-host postgres.other.svc:5432 "),
        ("postgres", 5432, "Write postgres.shop.svc."),
    ],
)
def test_other_protocols_are_refused_elsewhere(host: str, port: int, hint: str) -> None:
    with pytest.raises(ServiceError) as refused:
        guard("db.example:5432", "http://db.example:5433").host(
            host, port, namespace="shop", own=("rds.amazonaws.com",)
        )
    assert refused.value.untried
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "0.1.2.3",  # noqa: S104 - nobody binds it
        "::", "169.254.169.254", "169.254.170.2", "fe80::1%eth0",
        "224.0.0.1", "ff02::1", "255.255.255.255", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254",
        "fd20:ce::254", "::ffff:169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "::127.0.0.1", "nonsense", "",
    ],
)  # fmt: skip
async def test_a_name_that_leads_to_the_operators_own_surroundings_is_refused(address: str) -> None:
    assert forbidden(address)
    with pytest.raises(ServiceError, match="which the operator does not call") as refused:
        await guard(answers=("10.0.0.1", address)).addresses("storefront.shop.svc", 8080)
    assert refused.value.untried


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "2606:4700::1111"])
async def test_an_ordinary_address_is_given_back(address: str) -> None:
    assert await guard(answers=(address,)).addresses("storefront.shop.svc", 8080) == [address]


async def test_a_listed_host_may_have_any_address() -> None:
    assert await guard("lab.example:8443", answers=("127.0.0.1",)).addresses("lab.example", 8443) == ["127.0.0.1"]
    with pytest.raises(ServiceError, match="does not call"):
        await guard("lab.example:8443", answers=("127.0.0.1",)).addresses("lab.example", 8444)


async def test_a_name_without_an_address_was_tried() -> None:
    with pytest.raises(ServiceError, match=r"nobody\.invalid has no address") as missing:
        await Guard(allowed=AllowedHosts()).addresses("nobody.invalid", 80)
    assert not missing.value.untried
