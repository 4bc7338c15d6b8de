"""Which hosts the operator calls on behalf of an integration, and which addresses those may have (DESIGN.md §9).

Whoever may create an integration writes its URLs, but it is the operator that calls them, from where it stands: it
reaches the nodes' metadata service, other namespaces and its own loopback. So names are checked first, and what they
resolve to is checked again at the moment of connecting: a Service of type ExternalName, or one with endpoints made by
hand, makes a name of the own namespace mean any address at all. What is left: such a Service may lead to a private
address of another namespace, which looks like any other; only a NetworkPolicy tells those apart.

``NAME.NAMESPACE`` is not taken for a name of the cluster, though it resolves there: ``storefront.shop`` is also a
name on the Internet, which would be asked as soon as the Service is gone.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, NoReturn

from ideogram_operator.ideogram.hosts import AllowedHosts, InvalidHostError, entry_for, origin_of
from ideogram_operator.services.addresses import forbidden
from ideogram_operator.services.results import ServiceError

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host for a port. Raises OSError if there are none."""

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_NUMBER: Final = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")
_MOST_LABELS: Final = 2  # POD.SERVICE, before the namespace
_LONGEST: Final = 253
_RESOLVERS: Final = 64


async def system_names(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_resolvers(), look_up)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of their own: the loop's also look up the provider, and must not wait for a tenant's name server."""
    return ThreadPoolExecutor(max_workers=_RESOLVERS, thread_name_prefix="names")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Tells which hosts may be called.

    Attributes:
        allowed: the hosts that the operator's settings list.
        cluster_domain: the last labels of a Service's full name.
        resolve: the resolver.
    """

    allowed: AllowedHosts
    cluster_domain: str = "cluster.local"
    resolve: Resolve = system_names

    def http(self, url: str, *, namespace: str, secret: bool = False) -> None:
        """Returns if the operator may call ``url`` for an integration of ``namespace``.

        Args:
            url: with any path and query.
            namespace: the integration's.
            secret: whether the URL is from a Secret, so that a refusal must not repeat its host.

        Raises:
            ServiceError: untried; it may not, and the hint names the flag that would allow it.
        """
        try:
            scheme, host, port = origin_of(url)
        except InvalidHostError:
            raise _malformed() from None
        if self.allowed.lists(scheme, host, port) or self._in_cluster(host, namespace):
            return
        if secret:
            raise _unnamed(namespace)
        _refuse(scheme, host, port, namespace)

    def host(self, host: str, port: int, *, namespace: str, own: tuple[str, ...] = (), secret: bool = False) -> None:
        """Returns if the operator may connect to ``host`` by any protocol; a list entry ``HOST:PORT`` allows that.

        Args:
            host: a name or an address, without brackets.
            port: its port.
            namespace: the integration's.
            own: suffixes of hosts that are a cloud's own, such as ``.amazonaws.com``.
            secret: whether the host is from a Secret, so that a refusal must not repeat it.

        Raises:
            ServiceError: untried; it may not, and the hint names the flag that would allow it.
        """
        plain = host.lower()
        written = f"[{plain}]" if ":" in plain else plain
        if self.allowed.lists("https", written, port) or self._in_cluster(plain, namespace):
            return
        if _is_name(plain) and plain.endswith(tuple(f".{suffix.lstrip('.')}" for suffix in own)):
            return
        if secret:
            raise _unnamed(namespace)
        _refuse("https", written, port, namespace)

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that was found good, to connect to just these.

        Loopback, link-local, multicast, unspecified and metadata addresses are for hosts that the operator's settings
        list. One such address among several is enough to refuse: a name that says both is set up to deceive.

        Raises:
            ServiceError: untried if an address is refused; tried, and not known, if there is none.
        """
        plain = host.lower().strip("[]")
        try:
            found = await self.resolve(plain, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise ServiceError(
                f"{shown(plain)} has no address", hint="Check the host's name, and that its Service is there."
            )
        if not self.allowed.names(f"[{plain}]" if ":" in plain else plain, port):
            _refuse_addresses(plain, port, found)
        return found

    def _in_cluster(self, host: str, namespace: str) -> bool:
        for suffix in (f".{namespace}.svc", f".{namespace}.svc.{self.cluster_domain}"):
            name = host.removesuffix(suffix)
            if name != host and _is_name(name):
                return name.count(".") < _MOST_LABELS
        return False


def shown(host: str) -> str:
    """A host that is fit for a message; what is none is not repeated."""
    return host if _is_name(host) or _is_address(host) else "the host"


def _is_name(host: str) -> bool:
    return len(host) <= _LONGEST and bool(_HOST.fullmatch(host)) and not _NUMBER.fullmatch(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return "%" not in host


def _malformed() -> ServiceError:
    return ServiceError(
        "the URL has no host that could be called",
        hint="Write it as http://NAME.NAMESPACE.svc:PORT/PATH, without user name and fragment.",
        untried=True,
    )


def _unnamed(namespace: str) -> ServiceError:
    """Whoever may create an integration names any Secret of the namespace: no part of one is read out to them."""
    return ServiceError(
        f"the host in the Secret is neither a Service of namespace {namespace} nor one that the operator may call",
        hint=f"Write NAME.{namespace}.svc for a Service; allow another HOST:PORT with --allow-host HOST:PORT (chart "
        "value allowHosts).",
        untried=True,
    )


def _refuse(scheme: str, host: str, port: int, namespace: str) -> NoReturn:
    if not _is_name(host) and not _is_address(host):
        raise _malformed()
    service = host.removesuffix(f".{namespace}")
    if "." not in service and _is_name(service) and service != "localhost":
        raise ServiceError(
            f"{host} does not say that it is in this cluster", hint=f"Write {service}.{namespace}.svc.", untried=True
        )
    raise ServiceError(
        f"{host}:{port} is neither a Service of namespace {namespace} nor a host that the operator may call",
        hint=f"Allow it with --allow-host {entry_for(scheme, host, port)} (chart value allowHosts).",
        untried=True,
    )


def _refuse_addresses(host: str, port: int, found: list[str]) -> None:
    bad = next((address for address in found if forbidden(address)), None)
    if bad is not None:
        raise ServiceError(
            f"{shown(host)} has the address {bad}, which the operator does not call",
            hint=f"If it is meant, allow it: --allow-host {entry_for('https', host, port)} (chart value allowHosts).",
            untried=True,
        )
