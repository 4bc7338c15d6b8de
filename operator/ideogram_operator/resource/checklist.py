"""The words of the preflight: its checks, how a result is known, and what it may be."""

from enum import StrEnum


class CheckId(StrEnum):
    """The checks of the production checklist. Ids are public: they never change their meaning."""

    KEY_IN_SECRET = "key-in-secret"  # noqa: S105 - a check's name, not a password
    KEY_SEPARATE = "key-separate"
    AUTO_TOP_UP = "auto-top-up"
    BASE_URL = "base-url"
    API_KEY_HEADER = "api-key-header"
    REQUEST_TIMEOUT = "request-timeout"
    RETRY_POLICY = "retry-policy"
    CONCURRENCY = "concurrency"
    PROMPT_LENGTH = "prompt-length"
    IMAGE_DOWNLOAD = "image-download"
    DURABLE_STORAGE = "durable-storage"
    SEED_IN_NAME = "seed-in-name"
    METADATA_DATABASE = "metadata-database"
    AUTH_ALERT = "auth-alert"
    SAFETY_LOG = "safety-log"
    RATE_LIMIT_HIDDEN = "rate-limit-hidden"
    CREDITS_ALERT = "credits-alert"
    CIRCUIT_BREAKER = "circuit-breaker"
    PII_SANITISATION = "pii-sanitisation"
    SERVER_SIDE_VALIDATION = "server-side-validation"
    IMAGE_SAFE_FLAG = "image-safe-flag"
    MODERATION_LAYER = "moderation-layer"
    STAGING_TESTED = "staging-tested"
    MONITORING_READY = "monitoring-ready"
    ROLLBACK_TESTED = "rollback-tested"
    TARGETS_EXIST = "targets-exist"
    PERMISSIONS = "permissions"
    MODEL_ACCEPTED = "model-accepted"


class CheckEvidence(StrEnum):
    """How the result of a check is known. A check never claims more than this."""

    PROBED = "Probed"
    INSPECTED = "Inspected"
    OBSERVED = "Observed"
    ATTESTED = "Attested"


class CheckResult(StrEnum):
    """What a check found. Skipped: it does not apply here. Unknown: it applies and could not be told."""

    PASS = "Pass"  # noqa: S105 - a verdict, not a password
    WARN = "Warn"
    FAIL = "Fail"
    UNKNOWN = "Unknown"
    SKIPPED = "Skipped"


class Gate(StrEnum):
    """What waits for the required checks. GoLive: targets stay in fallback until they pass."""

    NONE = "None"
    GO_LIVE = "GoLive"


class DrillPhase(StrEnum):
    """Where a rehearsed fallback is: targets go into fallback, stay there, or come back."""

    FALLING = "Falling"
    HOLDING = "Holding"
    RETURNING = "Returning"


class DrillResult(StrEnum):
    """How a rehearsed fallback ended. Aborted: something came in between. Skipped: it was asked for and not begun."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABORTED = "Aborted"
    SKIPPED = "Skipped"


class Weekday(StrEnum):
    """The days of a week, in their order."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"
