"""The simulator's vocabulary: whom it plays, what it is asked, how it misbehaves."""

from enum import StrEnum


class Host(StrEnum):
    """The hosts the simulator plays, each on a port of its own."""

    API = "api"
    CONTROL = "control"  # the provider's status page, which is the operator's control URL too
    ELSEWHERE = "elsewhere"  # a host nobody should follow a redirect to


class Route(StrEnum):
    """What a request asks for."""

    GENERATE = "generate"
    GENERATE_V1 = "generate_v1"
    GENERATE_V2 = "generate_v2"
    DRY_RUN = "dry_run"
    MODELS = "models"
    JWKS = "jwks"
    USAGE = "usage"
    IMAGE = "image"
    SUMMARY = "summary"
    OTHER = "other"


PAID_ROUTES = frozenset({Route.GENERATE, Route.GENERATE_V1, Route.GENERATE_V2})


class FaultKind(StrEnum):
    """How a host fails. The first three concern the whole host, the others one request at a time."""

    REFUSED = "refused"  # nobody listens, open connections are cut, the port stays reserved
    BLACKHOLE = "blackhole"  # connecting never succeeds and is never refused
    HANG_POOLED = "hang_pooled"  # connections that were open when it began stall; fresh ones work
    HANG = "hang"  # accepts, reads, never answers
    SLOW = "slow"  # answers as usual, ``delay`` seconds late
    STATUS = "status"  # any status, with headers and body
    RESET = "reset"  # TCP reset instead of an answer
    CLOSE = "close"  # an orderly end instead of an answer
    DRIP = "drip"  # the usual answer, a few bytes at a time
    TRUNCATE = "truncate"  # the usual answer, cut in its middle
    MEDIA_TYPE = "media_type"  # the usual answer under another media type
    GARBAGE = "garbage"  # 200 with something else: a captive portal
    HUGE = "huge"  # 200 and a body that does not end, or ``size`` bytes of it
    REDIRECT = "redirect"  # to another host
    NOT_HTTP = "not_http"  # bytes that are no HTTP at all


CONNECTION_FAULTS = frozenset({FaultKind.REFUSED, FaultKind.BLACKHOLE})
"""Faults of the listening port: they know no route, no key and no odds."""

ANSWER_FAULTS = frozenset({FaultKind.SLOW, FaultKind.DRIP, FaultKind.TRUNCATE, FaultKind.MEDIA_TYPE})
"""Faults that spoil the real answer, so the request runs (and bills) first."""
