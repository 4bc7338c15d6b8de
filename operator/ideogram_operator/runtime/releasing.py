"""The end of an integration: everything it holds is given back, then it is let go, in bounded time."""

from dataclasses import dataclass

import structlog

from ideogram_operator.cluster.events import Events, Note
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, GROUP, KIND, VERSION, TargetMode
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.record import Known, Record
from ideogram_operator.runtime.roster import Roster, given_back
from ideogram_operator.runtime.switchboard import Switchboard
from ideogram_operator.runtime.together import together
from ideogram_operator.runtime.writer import Writer

log = structlog.get_logger(__name__)

GIVE_UP = 120.0
AGAIN = 1.0
GOING = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Releaser:
    """Gives targets back when their integration is deleted."""

    clock: Clock
    roster: Roster
    switchboard: Switchboard
    writer: Writer
    events: Events

    async def release(self, record: Record) -> float:
        """Returns the seconds after which to try again; the finalizer is gone once there is nothing left to do.

        A target that is gone is done. One that cannot be given back in two minutes is told of and let go as it is:
        its annotation still has its baseline, and a namespace must not hang on it for ever.
        """
        now = self.clock.monotonic()
        record.releasing_since = record.releasing_since if record.releasing_since is not None else now
        problems = await self.roster.call(record)
        left = await self.give_back(record)
        if (left or problems) and (self._waiting(left) or now - record.releasing_since < GIVE_UP):
            return AGAIN
        for known in left:
            self._tell_failure(record, known)
        await self.writer.finalizer(record, wanted=False)
        log.info("integration let go", integration=str(record.key), targets=len(record.targets), given_up=len(left))
        return GOING

    async def bury(self, record: Record) -> bool:
        """Gives back what is held for an integration that is gone without a word; returns whether that is done.

        Somebody took the finalizer away. It is tried for two minutes as well, and told of in the log.
        """
        now = self.clock.monotonic()
        if record.releasing_since is None:
            log.warning("integration gone while it held targets", integration=str(record.key))
            record.releasing_since = now
        left = await self.give_back(record)
        if left and now - record.releasing_since < GIVE_UP:
            return False
        for known in left:
            log.error("target not given back", integration=str(record.key), target=str(known.ref))
        return True

    async def give_back(self, record: Record) -> list[Known]:
        """Gives back every target of the record; returns those that are still held."""
        order = given_back(record)
        await together(self.switchboard.tell(order, known) for known in record.targets.values())
        return [known for known in record.targets.values() if known.mode is not TargetMode.LIVE]

    @staticmethod
    def _waiting(left: list[Known]) -> bool:
        """Whether all that is left only waits for its turn."""
        return bool(left) and all(known.waiting for known in left)

    def _tell_failure(self, record: Record, known: Known) -> None:
        problem = known.problem or Problem(reason=Reason.RELEASE_FAILED, message="no reason is known")
        text = (
            f"{known.ref} could not be given back: {problem.message}. Its annotation {FALLBACK_ANNOTATION} says what "
            "it was before."
        )
        log.error("target not given back", integration=str(record.key), target=str(known.ref), why=problem.message)
        metadata = {"name": record.key.name, "namespace": record.key.namespace, "uid": record.uid}
        regarding = {"kind": KIND, "apiVersion": f"{GROUP}/{VERSION}", "metadata": metadata}
        self.events.tell(
            Note(regarding=regarding, type="Warning", reason=Reason.RELEASE_FAILED.value, action="Restore", text=text)
        )
