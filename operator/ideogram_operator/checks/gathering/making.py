"""An examiner made of its parts, the same for the operator and for the command line."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from ideogram_operator.checks.gathering.api import FreeCheck
from ideogram_operator.checks.gathering.cluster_reads import ClusterReads
from ideogram_operator.checks.gathering.equipment import Equipment
from ideogram_operator.checks.gathering.examiner import Examiner
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.paid import PaidCheck
from ideogram_operator.checks.gathering.permissions import Permissions
from ideogram_operator.checks.gathering.subject import Surroundings
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.permissions import allowed
from ideogram_operator.ideogram.sender import Sender

READ_GOOD_FOR = 5.0
"""Seconds for which an object that was read is good for another preflight: whoever mends it looks soon after."""
ASKED_GOOD_FOR = 10.0
"""The same for an answer of the API."""
ALLOWED_GOOD_FOR = 15.0
"""The same for what the operator may do: it is the same for all integrations of a namespace."""
PICTURE_GOOD_FOR = 120.0
"""The same for a downloaded image: those who share a generation share it too."""


def make_examiner(
    *,
    gateway: Gateway,
    sender: Sender,
    equipment: Equipment,
    surroundings: Surroundings,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    salt: bytes,
    may: Callable[[Address, str], Awaitable[bool | None]] | None = None,
) -> Examiner:
    """Returns an examiner.

    Args:
        gateway: to the cluster.
        sender: to the API.
        equipment: to all other services.
        surroundings: what only the caller knows.
        now: the time, UTC.
        monotonic: seconds, for what is shared for a while.
        salt: of key fingerprints, the caller's own.
        may: whether a verb is allowed on an address; by default to whoever the gateway is.
    """
    reads = ClusterReads(gateway=gateway, once=Once(monotonic=monotonic, good_for=READ_GOOD_FOR))
    instruments = equipment.instruments(reads)
    return Examiner(
        reads=reads,
        free_check=FreeCheck(sender=sender, now=now, once=Once(monotonic=monotonic, good_for=ASKED_GOOD_FOR)),
        paid_check=PaidCheck(
            surroundings=surroundings,
            picture=instruments.picture,
            once=Once(monotonic=monotonic, good_for=PICTURE_GOOD_FOR),
        ),
        permissions=Permissions(
            allowed=may or partial(allowed, gateway), once=Once(monotonic=monotonic, good_for=ALLOWED_GOOD_FOR)
        ),
        surroundings=surroundings,
        instruments=instruments,
        now=now,
        salt=salt,
    )
