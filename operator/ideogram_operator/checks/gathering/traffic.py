"""What the application's own metrics say of the last day."""

from typing import Final

from ideogram_operator.checks.facts import Lack, TrafficFacts
from ideogram_operator.checks.gathering.instruments import Instruments
from ideogram_operator.checks.gathering.lacks import lack_of_service
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.services.results import ServiceError

NO_TRAFFIC: Final = Lack(
    result=CheckResult.UNKNOWN,
    message="spec.traffic is not given, so the application's metrics are not known",
    hint="Give spec.traffic.prometheus, or spec.traffic.pods where there is no Prometheus.",
)


async def ask_traffic(subject: Subject, instruments: Instruments) -> TrafficFacts | Lack:
    """Returns what the metrics source answered."""
    if subject.spec.traffic is None:
        return NO_TRAFFIC
    try:
        return await instruments.traffic(subject)
    except ServiceError as error:
        return lack_of_service(error)
