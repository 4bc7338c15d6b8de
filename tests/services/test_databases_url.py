"""What of a database's URL is used, and what is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.services.databases_url import Dialect, Encryption, read_login
from ideogram_operator.services.results import ServiceError

CANARY = "c4n4ry-p4ssw0rd"


@pytest.mark.parametrize(
    ("url", "dialect", "port"),
    [
        ("postgresql://u:p@db.shop.svc/images", Dialect.POSTGRESQL, 5432),
        ("postgres://u:p@db.shop.svc/images", Dialect.POSTGRESQL, 5432),
        ("postgresql+asyncpg://u:p@db.shop.svc:6543/images", Dialect.POSTGRESQL, 6543),
        ("postgresql+psycopg2://u:p@db.shop.svc/images", Dialect.POSTGRESQL, 5432),
        ("mysql://u:p@db.shop.svc/images", Dialect.MYSQL, 3306),
        ("mysql+aiomysql://u:p@db.shop.svc/images", Dialect.MYSQL, 3306),
        ("mariadb+mariadbconnector://u:p@DB.shop.svc/images\n", Dialect.MYSQL, 3306),
    ],
)
def test_any_driver_of_a_known_server_will_do(url: str, dialect: Dialect, port: int) -> None:
    login = read_login(url)
    assert (login.dialect, login.host, login.port, login.database) == (dialect, "db.shop.svc", port, "images")


def test_user_and_password_are_decoded_and_not_shown() -> None:
    login = read_login("postgresql://d%40na:p%2Fq@db.shop.svc/images")
    assert (login.user, login.password) == ("d@na", "p/q")
    assert "d@na" not in repr(login)
    assert "p/q" not in repr(login)


@pytest.mark.parametrize(
    ("query", "encryption"),
    [
        ("", Encryption.PREFER),
        ("?sslmode=disable", Encryption.DISABLE),
        ("?sslmode=verify-full&application_name=shop&connect_timeout=3", Encryption.VERIFY_FULL),
        ("?ssl=require", Encryption.REQUIRE),
        ("?ssl_mode=VERIFY_IDENTITY", Encryption.VERIFY_FULL),
        ("?ssl-mode=REQUIRED&charset=utf8mb4", Encryption.REQUIRE),
        ("?ssl=true", Encryption.REQUIRE),
    ],
)
def test_what_is_asked_of_tls_is_honoured(query: str, encryption: Encryption) -> None:
    assert read_login(f"mysql://u:p@db.shop.svc/images{query}").encryption is encryption


@pytest.mark.parametrize(
    "name",
    [
        *("host", "hostaddr", "port", "service", "passfile", "sslcert", "sslkey", "sslrootcert", "options"),
        *("unix_socket", "read_default_file", "local_infile", "init_command", "ssl_ca", "dbname", "user", "krbsrvname"),
        *("sslpassword", "sslkeylogfile", "requirepeer", "server_settings"),
    ],
)
def test_a_parameter_that_reaches_further_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ServiceError, match=f"the parameter {name},") as caught:
        read_login(f"postgresql://u:{CANARY}@db.shop.svc/images?{name}={CANARY}")
    assert CANARY not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////var/images.db", "begins with sqlite://"),
        ("oracle://u:p@db/images", "begins with oracle://"),
        ("mongodb://u:p@db/images", "begins with mongodb://"),
        (f"the password is {CANARY}", "cannot be read"),
        ("", "cannot be read"),
        (f"postgresql://u:{CANARY}@db:notaport/images", "cannot be read"),
        (f"postgresql://u:{CANARY}@/images", "names no single host"),
        (f"postgresql://u:{CANARY}@a,b/images", "names no single host"),
        (f"postgresql://u:{CANARY}@%2Fvar%2Frun/images", "names no single host"),
        ("postgresql://db.shop.svc/images", "names no user"),
        (f"postgresql://u:{CANARY}@db.shop.svc", "names no database"),
        (f"postgresql://u:{CANARY}@db.shop.svc/images?sslmode={CANARY}", "has a sslmode that is not known"),
        (f"postgresql://u:p@db.shop.svc/images?{CANARY}=1", "has a parameter that is not known"),
        ("c4n4ry://u:p@db.shop.svc/images", "begins with another scheme"),
    ],
)
def test_what_cannot_be_tried_is_told_without_the_password(url: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        read_login(url)
    assert caught.value.hint
    assert "c4n4ry" not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"


@given(st.text(max_size=120))
def test_any_text_is_a_login_or_a_service_error(text: str) -> None:
    for url in (text, f"postgresql://{text}", f"mysql://u:p@h/d?{text}"):
        with suppress(ServiceError):
            assert read_login(url).host
