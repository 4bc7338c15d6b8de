"""Counting what is sent to the provider: a sender around the sender, so that no request can be forgotten."""

from dataclasses import dataclass

from ideogram_operator.ideogram.replies import Failure, Reply
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.runtime.metrics import Metrics

CONTROL = "Control"


@dataclass(frozen=True, slots=True)
class MeteredSender:
    """Sends through another sender, and counts by method and result: an HTTP status, or the kind of failure."""

    sender: Sender
    metrics: Metrics

    async def send(self, request: Request) -> Reply:
        """The reply."""
        reply = await self.sender.send(request)
        method = str(request.method) if request.method is not None else CONTROL
        result = reply.kind.name.lower() if isinstance(reply, Failure) else str(reply.status)
        self.metrics.probes.labels(method=method, result=result).inc()
        self.metrics.probe_seconds.labels(method=method).observe(reply.latency)
        return reply

    async def close(self) -> None:
        """Closes the other sender."""
        await self.sender.close()
