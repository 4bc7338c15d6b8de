"""The one list of reasons: in ``status.reason``, in conditions and in Events the same word means the same.

A reason says why in one word, for people and for scripts; the message beside it says what was seen. Reasons are
public: they are added, never renamed.
"""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Why something is as it is.

    Attributes:
        meaning: one sentence for the documentation.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """A reason that knows what it means."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # What probes found
    PROBE_SUCCEEDED = "ProbeSucceeded", "The last check of the API succeeded."
    PROBE_DEGRADED = "ProbeDegraded", "The API answers, but not as well as it should."
    PROBE_FAILED = "ProbeFailed", "The last check of the API failed."
    PROBE_UNKNOWN = "ProbeUnknown", "The last check could not tell how the API is; nothing is switched on it."
    PROBE_UNSUPPORTED = "ProbeUnsupported", "The API does not know this check; the next stronger one is used."
    EVIDENCE_STALE = "EvidenceStale", "Nothing has been heard for three intervals; what was known no longer counts."
    OWN_NETWORK = "OwnNetwork", "The operator's own network fails too, so nothing is known of the API."
    BUDGET_SPENT = "BudgetSpent", "The day's budget for paid checks is spent; what is known stands."
    NOT_CHECKED = "NotChecked", "This has not been checked yet, or this version does not check it."

    # What is wrong with the API, the key or the credit
    API_UNREACHABLE = "ApiUnreachable", "The API has not worked several times in a row."
    MODEL_REJECTED = "ModelRejected", "The API refuses the request or the model that the application uses."
    KEY_MISSING = "KeyMissing", "The Secret, or the key in it, is not there or is empty."
    KEY_UNUSABLE = "KeyUnusable", "The Secret holds something that cannot be a key, such as one with white space."
    KEY_REJECTED = "KeyRejected", "The API rejects the key."
    KEY_ACCEPTED = "KeyAccepted", "The API accepts the key."
    CREDITS_EXHAUSTED = "CreditsExhausted", "The account has no credit left."
    CREDITS_LOW = "CreditsLow", "The estimated balance is below its threshold."
    CREDITS_AVAILABLE = "CreditsAvailable", "A check that needs credit went through."
    RATE_LIMITED = "RateLimited", "The API has refused too many requests in a row: the rate limit is hit."
    SLOW_GENERATION = "SlowGeneration", "Images take longer than the threshold."
    SAFETY_REJECTIONS = "SafetyRejections", "More prompts than the threshold fail the safety check."

    # Where the breaker stands
    ALL_GOOD = "AllGood", "Everything is as it should be."
    CONFIRMING_FAILURE = "ConfirmingFailure", "Bad evidence is being confirmed before anything is switched."
    FALLBACK_REQUESTED = "FallbackRequested", "A trigger or a person asks for fallback."
    NO_FALLBACK_REQUESTED = "NoFallbackRequested", "Nothing asks for fallback."
    HOLD_ACTIVE = "HoldActive", "The least time in fallback is not over; recovery is not tried yet."
    AWAITING_RECOVERY = "AwaitingRecovery", "In fallback until enough good evidence has come in a row."
    RECOVERY_MANUAL = "RecoveryManual", "In fallback until a person asks for the way back."
    FLIP_LIMIT_REACHED = "FlipLimitReached", "Too many flips in an hour: it stays in fallback, the safe side."
    RESTORING_TARGETS = "RestoringTargets", "Targets are being given back."

    # What people ordered
    OVERRIDE_FORCE_FALLBACK = "OverrideForceFallback", "A person ordered fallback."
    OVERRIDE_FORCE_LIVE = "OverrideForceLive", "A person ordered the targets to stay live."
    OVERRIDE_FROZEN = "OverrideFrozen", "A person ordered the targets to stay as they are."
    OVERRIDE_EXPIRED = "OverrideExpired", "The override has expired and no longer counts."
    NOT_OVERRIDDEN = "NotOverridden", "No override is in force."
    OBSERVE_MODE = "ObserveMode", "The mode is Observe: decided and reported, nothing touched."
    READ_ONLY = "ReadOnly", "The operator runs read-only: decided and reported, nothing touched."

    # How the targets are
    TARGETS_IN_SYNC = "TargetsInSync", "Every target is told what it should be told."
    TARGETS_SWITCHING = "TargetsSwitching", "Targets are being told."
    TARGET_SWITCHED = "TargetSwitched", "A target was told to go into fallback."
    TARGET_RESTORED = "TargetRestored", "A target was given back as it was."
    TARGET_HELD = "TargetHeld", "Another integration still asks for fallback of the same target."
    TARGET_MISSING = "TargetMissing", "A target, or a container of it, is not there."
    TARGET_CONFLICT = "TargetConflict", "Somebody keeps putting a target back; it is left alone."
    TARGET_PAUSED = "TargetPaused", "A target's rollouts are paused: it is told, but its pods do not follow."
    TARGET_IMMUTABLE = "TargetImmutable", "A target cannot be changed: it is immutable or being deleted."
    TARGET_REFUSED = "TargetRefused", "The API server or a webhook refuses the change of a target."
    ROLLOUT_IN_PROGRESS = "RolloutInProgress", "A target's pods are being replaced."
    ROLLOUT_STUCK = "RolloutStuck", "A target's new pods do not become ready."
    ROLLOUT_LIMIT_REACHED = "RolloutLimitReached", "Targets wait: as many rollouts as allowed are in progress."
    FALLBACK_VERIFIED = "FallbackVerified", "The application itself says that it is in fallback."
    FALLBACK_UNVERIFIED = (
        "FallbackUnverified",
        "The application does not say of itself what it was told.",
    )

    # What keeps the operator from working
    PERMISSION_DENIED = "PermissionDenied", "The cluster does not allow the operator what it needs."
    SPEC_INVALID = "SpecInvalid", "The spec breaks its own rules; nothing moves until it is edited."
    HOST_NOT_ALLOWED = "HostNotAllowed", "The operator's settings do not allow this host."
    SWITCH_NAME_NOT_ALLOWED = "SwitchNameNotAllowed", "The operator's settings do not allow this switch's name."
    CLUSTER_UNREACHABLE = "ClusterUnreachable", "The Kubernetes API cannot be reached or does not answer in time."
    RELEASING = "Releasing", "The integration is being deleted and gives its targets back."
    RELEASED = "Released", "Every target has been given back."
    RELEASE_FAILED = "ReleaseFailed", "A target could not be given back; the message says which and what to do."

    # Preflight and drill
    CHECKS_PASSED = "ChecksPassed", "Every required check of the preflight passed."
    CHECKS_FAILED = "ChecksFailed", "A required check of the preflight did not pass."
    CHECKS_UNKNOWN = "ChecksUnknown", "It could not be told of a required check whether it holds."
    PREFLIGHT_GATE = "PreflightGate", "In fallback until the required checks of the preflight pass."
    DRILL_IN_PROGRESS = "DrillInProgress", "The fallback is being rehearsed."
    DRILL_SUCCEEDED = "DrillSucceeded", "The rehearsal of the fallback succeeded."
    DRILL_FAILED = "DrillFailed", "The rehearsal of the fallback failed."

    # How work goes on
    AS_EXPECTED = "AsExpected", "There is nothing to do."
    PROGRESSING = "Progressing", "Work is under way."
    STUCK = "Stuck", "Work cannot go on without somebody's help; the message says whose."
