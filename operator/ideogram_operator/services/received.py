"""How much a connection has brought, as the kernel counts it: however the bytes are read, and by whom."""

import socket
import struct
from typing import Final

_TCP_INFO_BYTES: Final = 256
_BYTES_RECEIVED: Final = 128  # offset of tcpi_bytes_received in Linux's struct tcp_info


def received(one: socket.socket) -> int:
    """Bytes that came over ``one`` so far, TLS included; 0 where the system does not count them."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return 0
    try:
        return int(
            struct.unpack_from("Q", one.getsockopt(socket.IPPROTO_TCP, option, _TCP_INFO_BYTES), _BYTES_RECEIVED)[0]
        )
    except (OSError, struct.error):
        return 0
