"""The paid check: a real image, and its download while its URL lives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from ideogram_operator.checks.facts import GenerationFacts, Lack
from ideogram_operator.checks.gathering.lacks import lack_of_service
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.subject import Generation, Subject, Surroundings
from ideogram_operator.ideogram.bodies import Image
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.words import Health
from ideogram_operator.services.results import Picture, ServiceError

NO_IMAGE: Final = Lack(
    result=CheckResult.UNKNOWN, message="no image was made", hint="Look at what the API answered, and try again."
)
ALL_UNSAFE: Final = Lack(
    result=CheckResult.UNKNOWN,
    message="the image failed the safety review, so it has no URL",
    hint="Ask for another preflight; the provider's review changed its mind about a blue dot.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidCheck:
    """Has an image made, once for all who share the key, and downloads it, once as well."""

    surroundings: Surroundings
    picture: Callable[[str], Awaitable[Picture]]
    once: Once[Any]

    async def ask(self, subject: Subject, key: ApiKey) -> GenerationFacts | Lack:
        """Returns what came of it; why it was left out where the budget or the spec forbids it."""
        if not subject.spec.probe.generate.interval and subject.spec.probe.method.value != "Generate":
            message = "paid checks are off (spec.probe.generate.interval: 0s)"
            return Lack(result=CheckResult.SKIPPED, message=message)
        if subject.host_problem:
            return Lack(result=CheckResult.UNKNOWN, message=subject.host_problem, hint="Mend base-url first.")
        if subject.refused:
            return Lack(result=CheckResult.FAIL, message=subject.refused, hint="Put a working key into the Secret.")
        made = await self.surroundings.generation(subject, key)
        if isinstance(made, Lack):
            return made
        return await self._facts(made)

    async def _facts(self, made: Generation) -> GenerationFacts:
        outcome = made.outcome
        return GenerationFacts(
            at=made.at,
            health=outcome.health,
            message=outcome.message,
            flags=tuple(image.safe for image in outcome.images),
            unflagged=outcome.unflagged,
            picture=await self._picture(outcome.images) if outcome.health is Health.HEALTHY else NO_IMAGE,
        )

    async def _picture(self, images: tuple[Image, ...]) -> Picture | Lack:
        url = next((image.url for image in images if image.safe and image.url), None)
        if url is None:
            return ALL_UNSAFE if images else NO_IMAGE
        try:
            found: Picture = await self.once.ask(("picture", url), lambda: self.picture(url))
        except ServiceError as error:
            return lack_of_service(error)
        return found
