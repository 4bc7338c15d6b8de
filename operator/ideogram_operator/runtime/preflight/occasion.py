"""When a preflight is due, and how much of it: pure rules over what status remembers and what is there now.

All of it is carried out when the integration is new, when its spec or key changes, when somebody asks, and after its
interval. What costs money or disturbs people is left out where nothing has changed that it is about. In between, what
was found wrong is looked at again, that alone and free of charge, so that whoever mends it sees that soon.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ideogram_operator.checks.check import Check
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import GenerationFacts, Inquiry
from ideogram_operator.checks.gathering.examiner import COSTLY
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.observations import CheckStatus, PreflightStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.runtime.patience import patience

RETEST_RECEIVERS: Final = timedelta(days=30)
"""A receiver that heard a test message is not disturbed again for so long: it may be somebody's pager."""
RETRY_IMAGE: Final = timedelta(minutes=10)
"""After so long a paid check that came to nothing is made again, within the budget; doubled each time."""
RETRY_RECEIVERS: Final = timedelta(days=1)
"""After so long receivers are tried again of which one was not reached: the others hear of it, too."""
FIRST_LOOK: Final = 15.0
LONGEST_LOOK: Final = 3600.0
"""Seconds from one look at what was found wrong to the next: soon at first, and rarer as time goes by."""

ALL: Final = frozenset(Inquiry)
FREE: Final = ALL - COSTLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A preflight that is due.

    Attributes:
        whole: whether it counts as one carried out, from which the next interval begins.
        wanted: what is asked about.
        why: one word for logs and metrics.
    """

    whole: bool
    wanted: frozenset[Inquiry]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules look at.

    Attributes:
        status: what is remembered.
        generation: of the spec.
        request: the value of the annotation; empty if there is none.
        key_changed: whether the key is another one than at the last preflight of this process.
        look_again: whether something found wrong is due for another look.
        judged_at: when the checks were last judged; None if this process has not.
        image: what the last paid check found, if this process remembers.
        healthy: whether the API is believed to be healthy now.
        paid_at: when a paid check was last asked for by this process, whatever came of it.
        unpaid: how many in a row came to nothing.
        messaged_at: when receivers were last tried by this process.
        drilled: whether a drill has ended since.
    """

    spec: IntegrationSpec
    status: PreflightStatus
    generation: int
    request: str = ""
    key_changed: bool = False
    look_again: bool = False
    judged_at: datetime | None = None
    image: GenerationFacts | None = None
    healthy: bool = True
    paid_at: datetime | None = None
    unpaid: int = 0
    messaged_at: datetime | None = None
    drilled: bool = False
    now: datetime


def occasion(situation: Situation) -> Occasion | None:
    """Returns the preflight that is due now, None if none is."""
    why = _why_whole(situation)
    if why:
        return Occasion(whole=True, wanted=FREE | _costly(situation, asked=why == "request"), why=why)
    wanted = frozenset().union(*_reasons_to_look(situation))
    return Occasion(whole=False, wanted=wanted, why="look") if wanted else None


def next_in(situation: Situation) -> timedelta:
    """Returns the time until one is due by the clock alone."""
    status = situation.status
    if status.last_time is None:
        return timedelta()
    interval = status.last_time + situation.spec.preflight.interval
    again = _image_again(situation)
    moments = [interval, *_edges(situation.spec, situation.judged_at or status.last_time)]
    moments += [again] if again is not None else []
    return max(timedelta(), min(moments) - situation.now)


def look_in(lasted: float) -> float:
    """Returns the seconds until what has been wrong for so long is looked at again."""
    return patience(lasted, first=FIRST_LOOK, longest=LONGEST_LOOK)


def mendable(spec: IntegrationSpec, status: PreflightStatus, image: GenerationFacts | None) -> frozenset[Inquiry]:
    """Returns what has to be asked again to find mended what is wrong; empty if a look would show nothing new.

    What the spec does not even name changes with the spec, what only a drill can prove with a drill, and what costs
    money or disturbs people is not asked for a look: where it is remembered, the rest can be judged with it.
    """
    wrong = {one.id for one in status.checks if one.result in _WRONG}
    needs = (frozenset(check.needs) for check in CHECKLIST if check.id in wrong)
    known = frozenset({Inquiry.GENERATION}) if image is not None else frozenset()
    possible = (FREE | known) - frozenset(_not_named(spec))
    return frozenset().union(*(one - COSTLY for one in needs if one <= possible and one != {Inquiry.BREAKER}))


def paid_digest(spec: IntegrationSpec) -> str:
    """Returns what tells whether a paid check would still be about the same."""
    return digest(spec.api, spec.probe.generate)


def notify_digest(spec: IntegrationSpec) -> str:
    """Returns what tells whether the receivers are still the same."""
    return digest(*spec.notify)


def digest(*parts: SpecModel) -> str:
    """Returns a short hash of parts of a spec; there is no secret in a spec."""
    told = json.dumps([part.model_dump(mode="json") for part in parts], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


_WRONG: Final = frozenset({CheckResult.FAIL, CheckResult.UNKNOWN, CheckResult.WARN})


def _not_named(spec: IntegrationSpec) -> Iterator[Inquiry]:
    given = {
        Inquiry.STORAGE: spec.storage,
        Inquiry.DATABASE: spec.database,
        Inquiry.TRAFFIC: spec.traffic,
        Inquiry.PREDECESSOR: spec.preflight.predecessor,
    }
    yield from (inquiry for inquiry, part in given.items() if part is None)


def _reasons_to_look(situation: Situation) -> Iterator[frozenset[Inquiry]]:
    if situation.look_again:
        yield mendable(situation.spec, situation.status, situation.image)
    if _image_failed(situation):
        yield frozenset({Inquiry.GENERATION})
    if situation.drilled:
        yield frozenset({Inquiry.BREAKER})
    if _edge_passed(situation):
        # An attestation stands in for what cannot be seen, so that has to be looked at with it; the key is the least.
        yield frozenset({Inquiry.KEY}).union(*(_free(check) for check in CHECKLIST if _attestable(check)))


def _image_failed(situation: Situation) -> bool:
    """Whether a paid check that the API did not answer well is to be made again: it may have been an outage."""
    again = _image_again(situation)
    return again is not None and situation.now >= again


def image_wanting(status: PreflightStatus) -> bool:
    """Whether the last paid check came to nothing: what the budget left out is not wanting."""
    last = _of(status, CheckId.IMAGE_DOWNLOAD)
    return last is not None and last.result in {CheckResult.FAIL, CheckResult.UNKNOWN}


def _image_again(situation: Situation) -> datetime | None:
    """When a paid check that came to nothing is made again; None if none has.

    Not during an outage: that is the paid stream's to watch, and the money that it needs for the way back.
    """
    if situation.paid_at is None or not situation.healthy or not image_wanting(situation.status):
        return None
    pause = RETRY_IMAGE * (1 << min(max(situation.unpaid - 1, 0), 10))
    return situation.paid_at + min(pause, situation.spec.preflight.interval)


def _free(check: Check) -> frozenset[Inquiry]:
    return frozenset(check.needs) - COSTLY


def _attestable(check: Check) -> bool:
    return CheckEvidence.ATTESTED in check.evidence


def _why_whole(situation: Situation) -> str:
    status = situation.status
    if status.last_time is None:
        return "new"
    if situation.request and situation.request != status.last_handled_request:
        return "request"
    if status.observed_generation != situation.generation:
        return "spec"
    if situation.key_changed:
        return "key"
    # A time ahead of the clock was written by a clock that was wrong.
    over = situation.now >= status.last_time + situation.spec.preflight.interval or status.last_time > situation.now
    return "interval" if over else ""


def _costly(situation: Situation, *, asked: bool) -> frozenset[Inquiry]:
    wanted = set()
    if asked or situation.key_changed or _paid_is_due(situation):
        wanted.add(Inquiry.GENERATION)
    if asked or _message_is_due(situation):
        wanted.add(Inquiry.RECEIVERS)
    return frozenset(wanted)


def _paid_is_due(situation: Situation) -> bool:
    status, spec = situation.status, situation.spec
    last, flag = _of(status, CheckId.IMAGE_DOWNLOAD), _of(status, CheckId.IMAGE_SAFE_FLAG)
    if status.paid_for != paid_digest(spec) or last is None or last.result is CheckResult.SKIPPED:
        return True
    if situation.image is None and (flag is None or flag.result is not CheckResult.PASS):
        # It rests on an attestation too, which may have come meanwhile; without the image nobody could judge it.
        return True
    at = last.time or status.last_time
    return at is None or situation.now >= at + spec.preflight.interval


def _message_is_due(situation: Situation) -> bool:
    status = situation.status
    if status.notified_for != notify_digest(situation.spec):
        return True
    heard, pause = status.notified_at, RETEST_RECEIVERS
    if heard is None:
        heard, pause = situation.messaged_at, RETRY_RECEIVERS
    return heard is None or not timedelta() <= situation.now - heard < pause


def _of(status: PreflightStatus, check: CheckId) -> CheckStatus | None:
    return next((one for one in status.checks if one.id is check), None)


def _edges(spec: IntegrationSpec, after: datetime) -> list[datetime]:
    """The moments from then on at which an attestation begins or ceases to count."""
    return [at for one in spec.attestations for at in (one.at, one.expires) if at > after]


def _edge_passed(situation: Situation) -> bool:
    """Whether an attestation began or ceased to count since it was last judged."""
    judged = situation.judged_at or situation.status.last_time
    return judged is not None and any(at <= situation.now for at in _edges(situation.spec, judged))
