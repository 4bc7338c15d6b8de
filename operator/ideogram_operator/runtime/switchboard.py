"""Telling targets: the one place where the operator changes what applications run with.

``tell`` is level-based: it brings a target to what an order asks, with one guarded patch or none. It may be called as
often as anybody likes, after any crash, and ends in the same place. What went wrong is left on the target's record;
nothing is raised but cancellation, so that one target's trouble never keeps the next from being told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from ideogram_operator.cluster import reasons, targets
from ideogram_operator.cluster.claims import Claim, Unreadable, read_ledger
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.reasons import Remark
from ideogram_operator.cluster.rollout import Phase, rollout
from ideogram_operator.cluster.switch import Plan
from ideogram_operator.decisions.conflict import conflicted, note_put_back
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetMode
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.record import Known

log = structlog.get_logger(__name__)

SLOW_ROLLOUT = 600.0
THROTTLE = "throttle"

REASONS: Mapping[reasons.Reason, Reason] = {
    reasons.Reason.TARGET_NOT_FOUND: Reason.TARGET_MISSING,
    reasons.Reason.CONTAINER_NOT_FOUND: Reason.TARGET_MISSING,
    reasons.Reason.CONFIG_MAP_IMMUTABLE: Reason.TARGET_IMMUTABLE,
    reasons.Reason.FORBIDDEN: Reason.PERMISSION_DENIED,
    reasons.Reason.BUSY: Reason.CLUSTER_UNREACHABLE,
    reasons.Reason.UNAVAILABLE: Reason.CLUSTER_UNREACHABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one target should be told.

    Attributes:
        namespace: of the integration, and so of the target.
        integration, uid: who asks.
        claim: what is wanted of the target; None: nothing is asked, it is given back.
        wanted: the mode that the claim stands for.
        version: flip and generation; a target left alone after a conflict is left alone for this one.
    """

    namespace: str
    integration: str
    uid: str
    claim: Claim | None
    wanted: TargetMode
    version: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A claim of ours that a look found on a target."""

    flip: int
    since: datetime | None
    trigger: str

    @property
    def mode(self) -> TargetMode:
        """What the claim stands for."""
        return TargetMode.THROTTLED if self.trigger == THROTTLE else TargetMode.FALLBACK


@dataclass(slots=True, kw_only=True)
class Switchboard:
    """Reads and tells targets through the gateway, within the blast radius."""

    gateway: Gateway
    clock: Clock
    limits: BlastRadius
    metrics: Metrics

    async def look(self, order: Order, known: Known) -> Found | None:
        """Reads what the target is told now; returns our claim on it, if there is one."""
        known.stale = False
        reading = await targets.read(self.gateway, _target(order, known))
        if reading.live is not None:
            known.problem = known.conflict(order.version)
            return self._see(order, known, reading.live)
        known.problem = problem_of(reading.failure) if reading.failure else None
        if not reading.again:
            known.mode, known.rollout = TargetMode.LIVE, None
        return None

    async def tell(self, order: Order, known: Known) -> bool:
        """Brings the target to what the order asks; returns whether nothing is left to do for it now."""
        if known.conflict(order.version) is not None:
            await self.look(order, known)
            return True
        known.stale = False
        quarrels: list[Problem] = []

        def allow(planned: Plan) -> bool:
            refusal = self._quarrel(order, known, planned) or self._no_room(order, known, planned)
            quarrels.extend([refusal] if refusal else [])
            return refusal is None

        outcome = await self._carry_out(order, known, allow)
        known.problem = next(iter(quarrels), None) or _first(outcome)
        known.told = order.version if outcome.done else known.told
        known.note = "; ".join(note.message for note in outcome.plan.notes)
        if outcome.changed:
            self._told(order, known, outcome)
        if outcome.gone:
            known.mode, known.rollout = TargetMode.LIVE, None
            self.limits.leave(_token(order, known))
            return outcome.done
        if outcome.live is not None:
            self._see(order, known, outcome.live)
            self._tell_of_others(order, known, outcome)
        return outcome.done or known.conflict(order.version) is not None

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
        others = [claim.integration for claim in outcome.plan.claims if claim.integration != order.integration]
        if order.claim is None and others:
            known.note = f"still asked to stay in fallback by {', '.join(others)}"

    def _see(self, order: Order, known: Known, live: Mapping[str, Any]) -> Found | None:
        """Takes in what a live object says of mode and rollout."""
        found = _our_claim(order, known, live)
        known.mode = found.mode if found is not None else TargetMode.LIVE
        known.flip = found.flip if found else 0
        if found is not None and known.since is None:
            known.since = found.since
        known.rollout = rollout(known.ref.kind, live)
        self._follow(order, known)
        return found

    def _follow(self, order: Order, known: Known) -> None:
        """Notes whether the pods have followed; a rollout that is over, one way or the other, frees its place."""
        progress = known.rollout
        if progress is None:
            return
        if progress.phase is not Phase.PROGRESSING:
            self.limits.leave(_token(order, known))
        if progress.phase is Phase.COMPLETE:
            known.ready_at = known.ready_at or (self.clock.now() if known.switched_at else None)
        elif known.problem is None and self._stuck(known):
            known.problem = Problem(
                reason=Reason.ROLLOUT_STUCK,
                message=f"{known.ref} was told, but its pods do not get ready: {progress.message}. Look at its pods.",
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

    def _no_room(self, order: Order, known: Known, planned: Plan) -> Problem | None:
        if self.limits.enter(_token(order, known), rolls_out=planned.rolls):
            return None
        return Problem(
            reason=Reason.ROLLOUT_LIMIT_REACHED,
            message=f"{known.ref} waits: as many rollouts or flips as the operator's settings allow are under way.",
        )

    def _quarrel(self, order: Order, known: Known, planned: Plan) -> Problem | None:
        """Somebody put the target back; returns the problem once it has happened so often that it is left alone."""
        held = known.mode is order.wanted and order.claim is not None and known.told == order.version
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
    return known.switched_at is not None and any(at >= known.switched_at for at in known.put_back)


def problem_of(remark: Remark) -> Problem:
    """Returns a remark of the cluster layer in the words of status."""
    return Problem(reason=REASONS.get(remark.reason, Reason.TARGET_REFUSED), message=remark.message)


def _first(outcome: targets.Outcome) -> Problem | None:
    return problem_of(outcome.problems[0]) if outcome.problems else None


def _our_claim(order: Order, known: Known, live: Mapping[str, Any]) -> Found | None:
    try:
        ledger = read_ledger(known.ref.kind, live)
    except Unreadable:
        return None
    for claim in ledger.claims if ledger else ():
        if claim.integration == order.integration and claim.uid == order.uid:
            return Found(flip=claim.flip, since=_moment(claim.since), trigger=claim.trigger)
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _target(order: Order, known: Known) -> targets.Target:
    return targets.Target(kind=known.ref.kind, namespace=order.namespace, name=known.ref.name)


def _token(order: Order, known: Known) -> tuple[str, str]:
    return order.namespace, str(known.ref)
