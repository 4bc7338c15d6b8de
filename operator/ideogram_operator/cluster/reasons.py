"""Why a target is as it is: the CamelCase reasons of this layer, each with one sentence for a person."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The closed list of reasons. A reason is for machines and search; the message beside it says what to do."""

    TARGET_NOT_FOUND = "TargetNotFound"
    CONTAINER_NOT_FOUND = "ContainerNotFound"
    CONFIG_MAP_IMMUTABLE = "ConfigMapImmutable"
    KEY_IS_BINARY = "KeyIsBinary"
    ANNOTATION_UNREADABLE = "AnnotationUnreadable"
    ANNOTATION_TOO_LARGE = "AnnotationTooLarge"
    BASELINE_LOST = "BaselineLost"
    ALREADY_OFF = "AlreadyOff"
    CONTAINER_GONE = "ContainerGone"
    PODS_WILL_NOT_FOLLOW = "PodsWillNotFollow"
    FORBIDDEN = "Forbidden"
    BUSY = "Busy"
    REFUSED = "Refused"
    UNAVAILABLE = "Unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A reason and its sentence: a problem that a person must solve, or a note worth telling."""

    reason: Reason
    message: str
