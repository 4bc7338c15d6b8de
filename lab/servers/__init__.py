"""Real servers on localhost for what stands around an integration: PostgreSQL, MariaDB and an S3 store.

They keep nothing, are as fast and as unsafe as they can be made, and end with the process that started them.
"""

from lab.servers.bucket_server import BucketServer
from lab.servers.mariadb import MariaDB
from lab.servers.postgres import Postgres

__all__ = ["BucketServer", "MariaDB", "Postgres"]
