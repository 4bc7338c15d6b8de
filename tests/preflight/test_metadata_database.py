"""What makes an image again: real databases, with and without what it takes."""

import secrets
from typing import Any

import pytest

from lab.ports import ReservedPort
from tests.e2e.gallery import TABLE
from tests.preflight.world import World, expect
from tests.servers import TestDatabase

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
    assert "--allow-host HOST:PORT (chart value allowHosts)" in found.hint
    assert address not in f"{found.message} {found.hint}", "it is from a Secret"


@pytest.mark.parametrize(
    ("url", "says", "hint"),
    [
        (
            "mongodb://app:c4n4ry@db/images",
            "The database's URL begins with mongodb://, which the operator cannot ask.",
            "Supported are postgresql:// and mysql://",
        ),
        (
            "sqlite:////c4n4ry.db",
            "The database's URL begins with sqlite://, which the operator cannot ask.",
            "Supported",
        ),
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
