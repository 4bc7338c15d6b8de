"""How kopf reaches the API server: by the same configuration as the gateway, asked again before a token expires."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import kopf

from ideogram_operator.cluster.connection import Connection
from ideogram_operator.runtime.clock import Clock

TOKEN_LIFE = timedelta(seconds=60)


def login_by(connection: Connection, clock: Clock) -> Callable[[], Awaitable[kopf.ConnectionInfo]]:
    """Returns the login handler for a connection."""

    async def login() -> kopf.ConnectionInfo:
        credentials = await connection.credentials()
        return kopf.ConnectionInfo(
            server=connection.server,
            ca_path=credentials.ca_file,
            insecure=not credentials.verify,
            certificate_path=credentials.certificate_file,
            private_key_path=credentials.private_key_file,
            scheme="Bearer" if credentials.token else None,
            token=credentials.token,
            # Projected tokens are rotated; certificates are not.
            expiration=clock.now() + TOKEN_LIFE if credentials.token else None,
        )

    return login
