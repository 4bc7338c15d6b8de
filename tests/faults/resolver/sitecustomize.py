"""A resolver that a test plays, for a process that has this folder on its PYTHONPATH: names are what a file says.

The file that FAULTS_HOSTS names has a line ``NAME ADDRESS`` for each; a name without a line does not resolve, and with
the line ``hang`` no name is answered for at all. Addresses and the machine's own name are left to the system.
"""

import ipaddress
import os
import socket
import time
from pathlib import Path
from typing import Any

HOSTS = Path(os.environ["FAULTS_HOSTS"])
PATIENCE = 30.0
look_up = socket.getaddrinfo


def _name(host: Any) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _answer(host: Any, *rest: Any, **more: Any) -> Any:
    if host is None or _is_address(_name(host)):
        return look_up(host, *rest, **more)
    lines = [line.split() for line in HOSTS.read_text().splitlines()]
    if ["hang"] in lines:
        time.sleep(PATIENCE)
    known = {line[0]: line[1] for line in lines if len(line) == 2}
    if _name(host) not in known:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return look_up(known[_name(host)], *rest, **more)


socket.getaddrinfo = _answer
