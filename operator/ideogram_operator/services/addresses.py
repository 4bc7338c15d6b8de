"""Addresses that mean the operator's own machine, its link or its cloud's metadata, whoever asks for them."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA: Final = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure's wire server
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    )
)
"""Metadata services that are not on a link-local address, as 169.254.169.254 is."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_LOW: Final = 0xFFFFFFFF


def forbidden(text: str) -> bool:
    """Whether ``text`` is such an address, also if it is an IPv4 address dressed up as IPv6; or none at all."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True
    return any(_forbidden(one) for one in (address, _within(address)) if one is not None)


def _forbidden(address: Address) -> bool:
    special = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    nowhere = isinstance(address, ipaddress.IPv4Address) and (address.packed[0] == 0 or address.packed == b"\xff" * 4)
    return special or nowhere or address in METADATA


def _within(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & _LOW)
    return address.ipv4_mapped or address.sixtofour
