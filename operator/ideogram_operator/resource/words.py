"""The project's vocabulary: every closed set of words that spec, status, metrics and code share.

A word is spelled once, here, and means the same everywhere. Values are what a person reads in ``kubectl``.
"""

from enum import IntEnum, StrEnum

GROUP = "ideogram-operator.io"
VERSION = "v1alpha1"
KIND = "IdeogramIntegration"
PLURAL = "ideogramintegrations"
SINGULAR = "ideogramintegration"
SHORT_NAME = "idi"
CATEGORY = "ideogram"
FIELD_MANAGER = "ideogram-operator"
FALLBACK_ANNOTATION = f"{GROUP}/fallback"
RESTORE_FINALIZER = f"{GROUP}/restore"
PROBE_ANNOTATION = f"{GROUP}/probe"
PREFLIGHT_ANNOTATION = f"{GROUP}/preflight"
DRILL_ANNOTATION = f"{GROUP}/drill"
RECOVER_ANNOTATION = f"{GROUP}/recover"


class Health(StrEnum):
    """What the operator believes about the API. Unknown means *we* could not tell; it never flips anything."""

    HEALTHY = "Healthy"
    DEGRADED = "Degraded"
    DOWN = "Down"
    UNKNOWN = "Unknown"


class Cause(StrEnum):
    """Why evidence is not good."""

    RATE_LIMITED = "RateLimited"
    CREDENTIALS = "Credentials"
    CREDITS = "Credits"
    PROVIDER = "Provider"
    REJECTED = "Rejected"
    OWN_NETWORK = "OwnNetwork"
    PROBE_UNSUPPORTED = "ProbeUnsupported"
    KEY_MISSING = "KeyMissing"
    STALE = "Stale"


class Strength(IntEnum):
    """How much a probe proves. What strong evidence raised, weaker evidence cannot lower."""

    KEY_CHECK = 1
    DRY_RUN = 2
    GENERATE = 3


class ProbeMethod(StrEnum):
    """How the operator asks the API."""

    KEY_CHECK = "KeyCheck"
    DRY_RUN = "DryRun"
    GENERATE = "Generate"

    @property
    def strength(self) -> Strength:
        """What an answer to this method proves."""
        return {"KeyCheck": Strength.KEY_CHECK, "DryRun": Strength.DRY_RUN, "Generate": Strength.GENERATE}[self.value]


class State(StrEnum):
    """The circuit breaker."""

    LIVE = "Live"
    SUSPECT = "Suspect"
    FALLBACK = "Fallback"
    RECOVERING = "Recovering"


class Mode(StrEnum):
    """Whether the operator may touch targets."""

    ENFORCE = "Enforce"
    OBSERVE = "Observe"


class Environment(StrEnum):
    """Which life the integration leads."""

    PRODUCTION = "Production"
    STAGING = "Staging"
    DEVELOPMENT = "Development"


class TargetKind(StrEnum):
    """What can be switched."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    CRON_JOB = "CronJob"
    CONFIG_MAP = "ConfigMap"


class TargetMode(StrEnum):
    """What a target is told."""

    LIVE = "Live"
    THROTTLED = "Throttled"
    FALLBACK = "Fallback"


class Severity(StrEnum):
    """How urgent an alert is; P1 wakes somebody."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Action(StrEnum):
    """What a firing trigger does. Fallback does what Throttle does and more."""

    ALERT = "Alert"
    THROTTLE = "Throttle"
    FALLBACK = "Fallback"


class Recovery(StrEnum):
    """Whether the way back is the operator's or waits for a person."""

    AUTO = "Auto"
    MANUAL = "Manual"


class Trigger(StrEnum):
    """The rules over evidence, by their names in the spec."""

    API_UNREACHABLE = "apiUnreachable"
    AUTH_FAILURE = "authFailure"
    CREDITS_EXHAUSTED = "creditsExhausted"
    RATE_LIMITED = "rateLimited"
    SLOW_GENERATION = "slowGeneration"
    CREDITS_LOW = "creditsLow"
    SAFETY_REJECTIONS = "safetyRejections"


class RestoreOrder(StrEnum):
    """Whether targets come back at once or one after the other."""

    TOGETHER = "Together"
    ONE_BY_ONE = "OneByOne"


class OverrideMode(StrEnum):
    """What a person orders."""

    FORCE_FALLBACK = "ForceFallback"
    FORCE_LIVE = "ForceLive"
    FREEZE = "Freeze"


class ConditionType(StrEnum):
    """The conditions of an integration, in the order in which status lists them."""

    READY = "Ready"
    API_HEALTHY = "APIHealthy"
    CREDENTIALS_VALID = "CredentialsValid"
    CREDITS_SUFFICIENT = "CreditsSufficient"
    PREFLIGHT_PASSED = "PreflightPassed"
    FALLBACK_ACTIVE = "FallbackActive"
    TARGETS_IN_SYNC = "TargetsInSync"
    OVERRIDDEN = "Overridden"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class ConditionStatus(StrEnum):
    """Kubernetes' three-valued truth."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"
