"""The words of what a person reads: advice, reasons, times and lengths; the same in status, conditions and Events."""

from datetime import datetime, timedelta

from ideogram_operator.decisions.memory import DRILL, OVERRIDE, PREFLIGHT, Alert
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import Cause, Trigger

ADVICE: dict[Trigger, str] = {
    Trigger.API_UNREACHABLE: "Look at the provider's status page; the applications return by themselves.",
    Trigger.AUTH_FAILURE: "Put a working key into {key_at}; it is tried as soon as it is there.",
    Trigger.CREDITS_EXHAUSTED: "Top up the account's credit; the return follows by itself.",
    Trigger.RATE_LIMITED: "Lower the applications' concurrency: an account has 10 requests in flight.",
    Trigger.SLOW_GENERATION: "Expect slow images; nothing was switched.",
    Trigger.CREDITS_LOW: "Top up the account's credit before it is gone.",
    Trigger.SAFETY_REJECTIONS: "Look at the prompts that were rejected.",
}

TRIGGER_REASONS: dict[str, Reason] = {
    Trigger.API_UNREACHABLE.value: Reason.API_UNREACHABLE,
    Trigger.AUTH_FAILURE.value: Reason.KEY_REJECTED,
    Trigger.CREDITS_EXHAUSTED.value: Reason.CREDITS_EXHAUSTED,
    Trigger.RATE_LIMITED.value: Reason.RATE_LIMITED,
    OVERRIDE: Reason.OVERRIDE_FORCE_FALLBACK,
    DRILL: Reason.DRILL_IN_PROGRESS,
    PREFLIGHT: Reason.PREFLIGHT_GATE,
}

CAUSES: dict[str, str] = {OVERRIDE: "a person's order", DRILL: "a drill", PREFLIGHT: "the preflight's gate"}
"""What is not called by a trigger's name."""

UNKNOWN_REASONS: dict[Cause | None, Reason] = {
    Cause.OWN_NETWORK: Reason.OWN_NETWORK,
    Cause.KEY_MISSING: Reason.KEY_MISSING,
    Cause.PROBE_UNSUPPORTED: Reason.PROBE_UNSUPPORTED,
    Cause.STALE: Reason.EVIDENCE_STALE,
}


def advice(standing: Standing, alert: Alert) -> str:
    """Returns what to do about an alert."""
    return ADVICE[alert.trigger].format(key_at=standing.key_at)


def missing_checks(standing: Standing) -> str:
    """Returns what the preflight's gate waits for, as the end of a sentence."""
    names = ", ".join(standing.gate_missing)
    return f"the required checks of the preflight pass{f'; missing: {names}' if names else ''}"


def clock_time(moment: datetime | None) -> str:
    """Returns a time as messages show it: ``12:00:03Z``."""
    return f"{moment:%H:%M:%SZ}" if moment else "an unknown time"


def span(length: timedelta) -> str:
    """Returns a length of time in the words of the spec: ``5m``, ``1h30m``, ``2s``."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return "".join(f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if n)
