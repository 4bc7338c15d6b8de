"""Asking applications themselves whether they are in fallback, at their own URL, after their pods have followed.

A finished rollout says that pods run with the switch; only the application knows whether it heeds it. It is asked in
the background, a few times within a minute, and a reconcile only looks at what has been heard by then. What is heard
is told, and decides about drills; a real flip never waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ideogram_operator.resource.checklist import DrillPhase
from ideogram_operator.resource.targets import Verify
from ideogram_operator.resource.words import TargetKind, TargetMode
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.record import Known, Record, Ref
from ideogram_operator.runtime.word import Question, Word
from ideogram_operator.services.results import ServiceError

log = structlog.get_logger(__name__)

Ask = Callable[[Verify, str], Awaitable[str]]
"""Returns the value that the application's document has; given where to ask, and the integration's namespace.

Raises ServiceError.
"""

PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 25.0)
"""Seconds before each try."""
PAUSES_OF_FILES = (*PAUSES, 30.0, 30.0, 30.0)
"""A ConfigMap reaches the pods that mount it by the kubelet's own clock, a minute or two later."""


@dataclass(slots=True, kw_only=True)
class Verifier:
    """Asks the applications of all integrations.

    Attributes:
        ask: asks once.
        soon: told of every integration for which something was heard.
    """

    clock: Clock
    ask: Ask
    soon: Callable[[Key], None]
    _under_way: dict[tuple[Key, Ref], tuple[Question, "asyncio.Task[None]"]] = field(default_factory=dict)

    def follow(self, record: Record) -> None:
        """Asks every application that has followed and has not been heard since; drops what nobody asks any more."""
        for known in record.targets.values():
            question = question_of(record, known)
            under_way = self._under_way.get((record.key, known.ref))
            if under_way is not None and under_way[0] != question:
                self._drop(record.key, known.ref)
            if question is None or known.wish is None or known.wish.verify is None:
                continue
            if word_of(record, known) is None and (record.key, known.ref) not in self._under_way:
                self._begin(record, known, known.wish.verify, question)

    def forget(self, key: Key) -> None:
        """Asks nobody any more for an integration that is gone."""
        for asked, ref in [one for one in self._under_way if one[0] == key]:
            self._drop(asked, ref)

    async def close(self) -> None:
        """Ends all asking."""
        tasks = [task for _, task in self._under_way.values()]
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, record: Record, known: Known, verify: Verify, question: Question) -> None:
        task = asyncio.create_task(self._pursue(record, known, verify, question), name=f"verify {record.key}")
        self._under_way[record.key, known.ref] = question, task

    def _drop(self, key: Key, ref: Ref) -> None:
        _, task = self._under_way.pop((key, ref))
        task.cancel()

    async def _pursue(self, record: Record, known: Known, verify: Verify, question: Question) -> None:
        for pause in PAUSES_OF_FILES if known.ref.kind is TargetKind.CONFIG_MAP else PAUSES:
            await self.clock.sleep(pause)
            word, hopeless = await self._hear(verify, record.key.namespace, question)
            if word.verified or hopeless:
                break
        known.word = word
        # Not the task's own place if it was dropped while it was being heard.
        found = self._under_way.get((record.key, known.ref))
        if found is not None and found[0] == question:
            del self._under_way[record.key, known.ref]
        if not word.verified:
            log.warning("not verified", integration=str(record.key), target=str(known.ref), why=word.message)
        self.soon(record.key)

    async def _hear(self, verify: Verify, namespace: str, question: Question) -> tuple[Word, bool]:
        """Asks once; returns what was heard, and whether asking again is of no use."""
        wanted = f"{verify.path}={verify.fallback_value}"
        try:
            said = await self.ask(verify, namespace)
        except ServiceError as error:
            message = f"could not be asked whether it says {wanted}: {error.message}"
            return Word(question=question, verified=False, message=message), error.untried
        except Exception as error:
            log.exception("asking an application failed by a fault of the operator", error=type(error).__name__)
            message = "could not be asked by a fault of the operator; its log says more"
            return Word(question=question, verified=False, message=message), False
        fallback = question.mode is TargetMode.FALLBACK
        verified = (said == verify.fallback_value) is fallback
        verb = "says" if (said == verify.fallback_value) else "does not say"
        still = "still " if not fallback and not verified else ""
        return Word(question=question, verified=verified, message=f"{still}{verb} {wanted}"), False


def question_of(record: Record, known: Known) -> Question | None:
    """Returns what the application is to be asked now; None while there is nothing to ask.

    After a restart only who is in fallback is asked: everybody else was told nothing of late.
    """
    if known.wish is None or known.wish.verify is None or not known.ready or known.problem is not None:
        return None
    drilling = record.drill.phase is not None
    told = known.mode is TargetMode.FALLBACK or known.switched_at is not None or drilling
    if known.mode not in {TargetMode.FALLBACK, TargetMode.LIVE} or not told or known.held_by_others:
        return None
    wanted = TargetMode.FALLBACK if record.memory.falling_back else TargetMode.LIVE
    if not record.memory.restored and known.mode is not wanted:
        # It is about to be told something else.
        return None
    closing = record.drill.closing and record.drill.phase is DrillPhase.HOLDING
    return Question(flip=record.memory.flips, mode=known.mode, closing=closing)


def word_of(record: Record, known: Known) -> Word | None:
    """Returns what the application said to the present question; None while it has not been heard."""
    word = known.word
    return word if word is not None and word.question == question_of(record, known) else None
