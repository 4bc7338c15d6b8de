"""Telling targets: the one place where the operator changes what applications run with.

``tell`` is level-based: it brings a target to what an order asks, with one guarded patch or none. It may be called as
often as anybody likes, after any crash, and ends in the same place. What went wrong is left on the target's record;
nothing is raised but cancellation, so that one target's trouble never keeps the next from being told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from ideogram_operator.cluster import kinds, targets
from ideogram_operator.cluster.first_look import FirstLook
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.rollout import Phase, rollout
from ideogram_operator.cluster.switch import Plan
from ideogram_operator.decisions.conflict import conflicted, note_put_back
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetMode
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.limits import BlastRadius, Ticket
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.one_at_a_time import OneAtATime
from ideogram_operator.runtime.order import Found, Order, our_claim, problem_of
from ideogram_operator.runtime.patience import LONGEST_TURN, SOON, patience
from ideogram_operator.runtime.record import Known

log = structlog.get_logger(__name__)

SLOW_ROLLOUT = 600.0


@dataclass(slots=True, kw_only=True)
class Switchboard:
    """Reads and tells targets through the gateway, within the blast radius."""

    gateway: Gateway
    first_look: FirstLook
    clock: Clock
    limits: BlastRadius
    metrics: Metrics
    turns: OneAtATime = field(default_factory=OneAtATime)

    async def look(self, order: Order, known: Known) -> Found | None:
        """Reads what the target is told now; returns our claim on it, if there is one."""
        reading = await self.first_look.read(_target(order, known), order.integration)
        if reading.live is not None:
            # What the cluster refused to this order is not mended by a look.
            known.problem = known.problem if known.refused == order.version else known.conflict(order.version)
            found = self._see(order, known, reading.live)
        else:
            known.problem, found = problem_of(reading.failure) if reading.failure else None, None
            # Only what is gone is certainly not held. What may not be read keeps the mode it was last known to have.
            if known.problem is not None and known.problem.reason is Reason.TARGET_MISSING:
                known.mode, known.rollout = TargetMode.LIVE, None
        if known.problem is None or known.troubled_since is None:
            # Trouble that lasts has its next try already: a look must not put it off.
            self._note_trouble(known)
        return found

    async def tell(self, order: Order, known: Known) -> None:
        """Brings the target to what the order asks; when to try again is left on the record, as what went wrong is."""
        async with self.turns.at(_token(order, known)) as ours:
            if ours:
                await self._tell(order, known)
            else:
                known.again_at = self.clock.monotonic() + SOON

    def abandon(self, namespace: str, targets: Iterable[Known]) -> None:
        """Nobody asks for these targets any more; a rollout by which they were given back may still go on."""
        for known in targets:
            self.limits.orphan((namespace, str(known.ref)))

    async def _tell(self, order: Order, known: Known) -> None:
        # Here only: a look does not mend what was put back, so what was heard before it is to be acted on still.
        known.stale = False
        if order.claim is not None and known.conflict(order.version) is not None:
            await self.look(order, known)
            self._note_trouble(known)
            return
        if known.waiting and not self.limits.room(_token(order, known), rolls_out=kinds.shape(known.ref.kind).rolls):
            self._note_trouble(known)
            return
        known.tried = order.version
        attempt = _Attempt()
        try:
            outcome = await self._carry_out(order, known, lambda planned: self._allow(attempt, order, known, planned))
        except BaseException:
            self._withdraw(attempt)
            raise
        if not outcome.changed:
            self._withdraw(attempt)
        known.problem = attempt.refusal or _first(outcome)
        read = outcome.live is not None or outcome.plan.changed
        known.refused = order.version if known.problem is not None and read else None
        known.told = order.version if outcome.done else known.told
        known.note, known.others = "; ".join(note.message for note in outcome.plan.notes), ()
        if outcome.changed:
            self._told(order, known, outcome)
        if outcome.gone:
            known.mode, known.rollout = TargetMode.LIVE, None
            self.limits.leave(_token(order, known))
        elif outcome.live is not None:
            self._see(order, known, outcome.live)
            # A look does not mend what somebody put back: what it has read is news still.
            known.version = str((outcome.live.get("metadata") or {}).get("resourceVersion") or "")
            self._tell_of_others(order, known, outcome)
        self._note_trouble(known, passes=outcome.again)

    def _note_trouble(self, known: Known, *, passes: bool = False) -> None:
        """Notes since when there is a problem and when to try again: soon if it passes by itself, rarer if not."""
        now = self.clock.monotonic()
        if known.problem is None:
            known.troubled_since, known.again_at = None, now + SOON
            return
        known.troubled_since = now if known.troubled_since is None else known.troubled_since
        lasted = now - known.troubled_since
        soon = patience(lasted, first=SOON, longest=LONGEST_TURN)
        known.again_at = now + (soon if passes or known.waiting else patience(lasted))

    def _allow(self, attempt: "_Attempt", order: Order, known: Known, planned: Plan) -> bool:
        """Whether the plan may be carried out; asked once for each try, and decided once for all of them."""
        if not attempt.asked:
            attempt.asked = True
            attempt.refusal = self._quarrel(order, known, planned)
            if attempt.refusal is None and planned.switches:
                attempt.ticket = self.limits.enter(_token(order, known), rolls_out=planned.rolls)
                attempt.refusal = None if attempt.ticket else _no_room(known)
        return attempt.refusal is None

    def _withdraw(self, attempt: "_Attempt") -> None:
        if attempt.ticket is not None:
            self.limits.withdraw(attempt.ticket)

    async def _carry_out(self, order: Order, known: Known, allow: targets.Allow) -> targets.Outcome:
        target, now = _target(order, known), self.clock.now
        if order.claim is not None:
            return await targets.switch(self.gateway, target, order.claim, now=now, allow=allow)
        return await targets.release(self.gateway, target, order.integration, now=now, allow=allow)

    def _told(self, order: Order, known: Known, outcome: targets.Outcome) -> None:
        known.switched_at = outcome.patched_at
        if outcome.plan.switches or known.mode is not order.wanted:
            known.since, known.ready_at = outcome.patched_at, None
        self.metrics.target_patches.labels(kind=known.ref.kind, mode=order.wanted).inc()
        log.info(
            "target told",
            integration=f"{order.namespace}/{order.integration}",
            target=str(known.ref),
            mode=str(order.wanted),
            restarts_pods=outcome.plan.rolls,
        )

    def _tell_of_others(self, order: Order, known: Known, outcome: targets.Outcome) -> None:
        others = tuple(claim.integration for claim in outcome.plan.claims if claim.integration != order.integration)
        if order.claim is None and others:
            known.others, known.note = others, f"still asked to stay in fallback by {', '.join(others)}"

    def _see(self, order: Order, known: Known, live: Mapping[str, Any]) -> Found | None:
        """Takes in what a live object says of mode and rollout."""
        claim, before = our_claim(order, known.ref.kind, live), known.rollout
        known.read_at = self.clock.monotonic()
        known.mode = claim.mode if claim is not None else TargetMode.LIVE
        if claim is not None and known.since is None:
            known.since = claim.since
        known.rollout = rollout(known.ref.kind, live)
        followed = before is not None and before.phase is not Phase.COMPLETE
        self._follow(order, known, seen=known.switched_at is not None or followed)
        return claim if claim is not None and claim.uid == order.uid else None

    def _follow(self, order: Order, known: Known, *, seen: bool) -> None:
        """Notes whether the pods have followed; a rollout that is over, one way or the other, frees its place."""
        progress = known.rollout
        if progress is None:
            return
        if progress.phase is not Phase.PROGRESSING:
            self.limits.leave(_token(order, known))
        if progress.phase is Phase.COMPLETE:
            known.ready_at = known.ready_at or (self.clock.now() if seen else None)
        elif known.problem is None and self._stuck(known):
            known.problem = Problem(
                reason=Reason.ROLLOUT_STUCK,
                message=f"{known.ref} was told, but its pods do not get ready. Look at its pods: {progress.message}.",
            )
        elif known.problem is None and progress.phase is Phase.NOT_ROLLING and known.switched_at is not None:
            known.problem = Problem(
                reason=Reason.TARGET_PAUSED, message=f"{known.ref} was told, but {progress.message}."
            )

    def _stuck(self, known: Known) -> bool:
        if known.rollout is None or known.switched_at is None:
            return False
        too_long = (self.clock.now() - known.switched_at).total_seconds() > SLOW_ROLLOUT
        return known.rollout.phase is Phase.STUCK or (known.rollout.phase is Phase.PROGRESSING and too_long)

    def _quarrel(self, order: Order, known: Known, planned: Plan) -> Problem | None:
        """Somebody put the target back; returns the problem once it has happened so often that it is left alone."""
        held = order.claim is not None and known.told == order.version
        if not planned.switches or not held:
            return None
        now = self.clock.now()
        if not _noted(known):
            known.put_back = note_put_back(known.put_back, known.switched_at, now)
        if not conflicted(known.put_back, now):
            return None
        manager = next((one.manager for one in planned.put_back if one.manager), "") or "an unknown manager"
        log.warning("target left alone", integration=order.integration, target=str(known.ref), manager=manager)
        problem = Problem(
            reason=Reason.TARGET_CONFLICT,
            message=(
                f"{known.ref} was put back {len(known.put_back)} times in ten minutes by {manager}; it is left alone "
                "until the spec or the state changes. Let that manager ignore the switch."
            ),
        )
        known.left_alone = order.version, problem
        return problem


def _noted(known: Known) -> bool:
    """Whether it was counted already that the target was put back: nothing was told since, however often we tried."""
    return known.switched_at is not None and any(at > known.switched_at for at in known.put_back)


@dataclass(slots=True)
class _Attempt:
    """One telling: whether leave was asked for, and what came of it."""

    asked: bool = False
    refusal: Problem | None = None
    ticket: Ticket | None = None


def _no_room(known: Known) -> Problem:
    return Problem(
        reason=Reason.ROLLOUT_LIMIT_REACHED,
        message=f"{known.ref} waits: as many rollouts or flips as the operator's settings allow are under way.",
    )


def _first(outcome: targets.Outcome) -> Problem | None:
    return problem_of(outcome.problems[0]) if outcome.problems else None


def _target(order: Order, known: Known) -> targets.Target:
    return targets.Target(kind=known.ref.kind, namespace=order.namespace, name=known.ref.name)


def _token(order: Order, known: Known) -> tuple[str, str]:
    return order.namespace, str(known.ref)
