"""How to reach the API server: a kubeconfig, or the ServiceAccount of the pod.

The loaders are kubernetes.aio's own, which know certificates, exec plugins and the rotation of projected tokens. What
they must not do is change the process: nothing is set as a default, nothing is written back to the kubeconfig.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from yaml import YAMLError

from ideogram_operator.resource.bounded import clip

TOKEN_LIFE = 60.0
"""Seconds after which a file with a token, or an exec plugin, is asked again; the in-cluster loader does the same."""

_LONGEST: Final = 300
_ENTRY: Final = re.compile(r"[{\[]")
BAD_CONFIG: Final = (
    *(config.ConfigException, YAMLError, OSError),
    *(TypeError, ValueError, LookupError, AttributeError, RecursionError),
)
"""What a file that is no kubeconfig makes the loaders raise."""


class Unreachable(Exception):  # noqa: N818 - named by what is the case
    """The configuration names no API server: no file, no context, no ServiceAccount. A matter for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What another client needs to reach the same API server as the same user; files by their paths.

    Attributes:
        token: a bearer token, good for a minute; None where certificates speak.
        verify: whether the server's certificate is to be checked.
    """

    ca_file: str | None
    certificate_file: str | None
    private_key_file: str | None
    token: str | None
    verify: bool

    def __repr__(self) -> str:
        return "Credentials(…)"


class Connection:
    """An open pool of connections, and the credentials to go with each request."""

    def __init__(self, configuration: Configuration, *, user_agent: str) -> None:
        # The environment's proxies are for the way to the provider, never for the one to the API server.
        configuration.client_session_kwargs = {"trust_env": False, "cookie_jar": aiohttp.DummyCookieJar()}
        configuration.retries = None
        self._configuration = configuration
        self._user_agent = user_agent
        self._rest: Any = RESTClientObject(configuration)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._configuration.host).rstrip("/")

    async def credentials(self) -> Credentials:
        """The credentials as they are now; a rotated token is read again first."""
        held = self._configuration
        bearer = await held.get_api_key_with_prefix("BearerToken")
        return Credentials(
            ca_file=held.ssl_ca_cert,
            certificate_file=held.cert_file,
            private_key_file=held.key_file,
            token=str(bearer).removeprefix("Bearer ").removeprefix("bearer ") if bearer else None,
            verify=bool(held.verify_ssl),
        )

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: Any, limit: Callable[[], aiohttp.ClientTimeout]
    ) -> aiohttp.ClientResponse:
        """The answer, its body not read. Raises what aiohttp raises.

        ``limit`` is asked at the last moment, after the credentials: a plugin that has to be run for them takes
        seconds. What it raises keeps the request from being sent.
        """
        try:
            credentials = await self._configuration.get_api_key_with_prefix("BearerToken")
        except BAD_CONFIG as error:
            raise aiohttp.ClientError(f"the credentials cannot be read: {unusable(error)}") from error
        if credentials:
            headers["Authorization"] = credentials
        headers["User-Agent"] = self._user_agent
        answer = await self._rest.request(
            method, self.server + url, headers=headers, body=body, _request_timeout=limit()
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    async def close(self) -> None:
        """Let go of all connections."""
        await self._rest.close()


async def connect(
    kubeconfig: str | Path | None,
    *,
    user_agent: str,
    context: str | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Connection:
    """A connection by that kubeconfig and context, or, without a file, as the pod's ServiceAccount.

    Raises:
        Unreachable: nothing says where the API server is.
    """
    configuration = Configuration()
    try:
        if kubeconfig is None:
            _loaders().load_incluster_config(client_configuration=configuration)
        else:
            await _load_file(str(kubeconfig), context, configuration, monotonic)
        return Connection(configuration, user_agent=user_agent)
    except BAD_CONFIG as error:
        source = "the pod's ServiceAccount" if kubeconfig is None else f"kubeconfig {kubeconfig}"
        raise Unreachable(f"{source} does not say how to reach a cluster: {unusable(error)}") from error


def unusable(error: Exception) -> str:
    """What is wrong with a kubeconfig. A parser's message quotes the line that it stopped at, which may be a token."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1} is not YAML"
    if not isinstance(error, config.ConfigException | OSError):
        return type(error).__name__
    # The loader names an entry that it stumbles over by all that stands in it, credentials too.
    return clip(_ENTRY.split(str(error))[0], _LONGEST)


async def _load_file(
    path: str, context: str | None, configuration: Configuration, monotonic: Callable[[], float]
) -> None:
    async def load(into: Configuration) -> None:
        await _loaders().load_kube_config(
            config_file=path, context=context, client_configuration=into, persist_config=False
        )

    await load(configuration)
    if "BearerToken" not in configuration.api_key:
        return
    read_at = monotonic()

    async def refresh(current: Configuration) -> None:
        nonlocal read_at
        if monotonic() - read_at > TOKEN_LIFE:
            read_at = monotonic()
            fresh = Configuration()
            await load(fresh)
            current.api_key["BearerToken"] = fresh.api_key["BearerToken"]

    hooks: Any = configuration
    hooks.refresh_api_key_hook = refresh


def _loaders() -> Any:
    return config  # whose functions carry no annotations
