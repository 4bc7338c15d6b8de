"""One probe, from its money to its meaning: pay, send, interpret, and ask the control for its opinion."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from ideogram_operator.ideogram.outcome import Outcome, interpret
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.resource.words import Cause, Health
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.probing.control import ControlURL
from ideogram_operator.runtime.probing.purse import Purse, Reservation

log = structlog.get_logger(__name__)


class NotRecordedError(Exception):
    """The cost of a paid probe could not be recorded, so it was not sent: a restart would not know of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What all streams of a pool share."""

    sender: Sender
    clock: Clock
    control: ControlURL
    random: Callable[[], float]


async def carry_out(request: Request, *, started: float, tools: Tools) -> Outcome:
    """What one probe found.

    A failure for which the provider would be blamed is Unknown instead where a control that is known to work has
    failed since the probe was started (monotonic seconds).
    """
    reply = await tools.sender.send(request)
    outcome = interpret(request, reply, tools.clock.now())
    # An answer over https is the provider's own, since nobody else has its certificate.
    answered = outcome.http_status is not None and request.url.startswith("https:")
    if outcome.cause is not Cause.PROVIDER or answered or not await tools.control.fails_too(started):
        return outcome
    message = f"{outcome.message}; {tools.control.host} does not answer either"
    return replace(outcome, health=Health.UNKNOWN, cause=Cause.OWN_NETWORK, message=message)


async def record(purse: Purse, reservation: Reservation) -> None:
    """Has a reservation persisted.

    Raises:
        NotRecordedError: the owner's hook failed, in whatever way.
    """
    try:
        await purse.announce(reservation)
    except Exception as error:  # noqa: BLE001 -- the owner's hook: whatever it raises, nothing was recorded
        log.warning("a paid check was put off: its cost could not be recorded", error=type(error).__name__)
        raise NotRecordedError from None
