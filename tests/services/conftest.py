from tests.servers import (
    bucket_server,
    mariadb,
    mariadb_server,
    postgres,
    postgres_server,
    shared_servers,
)

__all__ = ["bucket_server", "mariadb", "mariadb_server", "postgres", "postgres_server", "shared_servers"]
