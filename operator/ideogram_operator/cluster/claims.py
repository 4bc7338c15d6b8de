"""The ledger on a target: who asks for fallback, and what the switch was before.

It is the annotation ``ideogram-operator.io/fallback`` on the target's own metadata, never in the pod template, written
in the same PATCH as the switch, so that neither can be there without the other::

    {"version": 1,
     "claims": [{"integration": "shop", "uid": "…", "flip": 3, "since": "2026-11-22T03:00:00Z",
                 "trigger": "apiUnreachable", "message": "…",
                 "overrides": {"values": {"IDEOGRAM_ENABLED": "false"}, "containers": null}}],
     "baseline": [{"container": "web", "name": "IDEOGRAM_ENABLED", "value": "false",
                   "was": [{"name": "IDEOGRAM_ENABLED", "value": "true"}]}],
     "env_absent": ["web"]}

Whoever may edit the target may write anything here, so it is read as foreign bytes: bounded, typed, and an entry of
the baseline can only ever be put back under the name it is listed for.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, StrictBool, StrictInt, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind

VERSION = 1
LARGEST = 64 * 1024
"""Bytes of the annotation. Kubernetes allows 256 KiB for all annotations of an object together."""
TALKATIVE = 16 * 1024
"""Bytes over which claims are kept without their messages: many who ask for the same thing ask for the same reason."""
LONGEST_MESSAGE = 300
MOST_CLAIMS = 250
SUSPEND = "suspend"
"""The one name that can be overridden in a CronJob."""


def _shortened(message: Any) -> Any:
    """A long message must never be why an application is not switched."""
    return (
        message[: LONGEST_MESSAGE - 1] + "…" if isinstance(message, str) and len(message) > LONGEST_MESSAGE else message
    )


Value = StrictBool | Annotated[str, Field(max_length=4096)]
Name = Annotated[str, Field(max_length=253)]
_FROZEN = ConfigDict(strict=True, extra="ignore")


class Unreadable(Exception):  # noqa: N818 - named by what is the case
    """The annotation is not what the operator writes. ``newer``: a later version of the operator wrote it."""

    def __init__(self, message: str, *, newer: bool = False) -> None:
        super().__init__(message)
        self.newer = newer


@dataclass(frozen=True, slots=True, kw_only=True, config=_FROZEN)
class Overrides:
    """What a claimant wants set.

    Attributes:
        values: env variables of a workload, keys of a ConfigMap, or ``{"suspend": True}`` of a CronJob.
        containers: the containers it is about; None: every container, also one that a deploy adds later.
    """

    values: Annotated[Mapping[Name, Value], Field(max_length=20)]
    containers: Annotated[tuple[Name, ...], Field(max_length=50)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_FROZEN)
class Claim:
    """One integration's wish that the target be in fallback.

    Attributes:
        integration: its name; the namespace is the target's own.
        uid: its uid. A claim of another uid under the same name is of an integration that is gone.
        flip: its flip number, which tells a new wish from the same wish asked again.
        since: RFC 3339, when it was made.
        trigger: what caused it: a trigger's name, ``override``, ``drill``.
        message: one sentence, cut at 300 characters; never a key, never a prompt. For people only, and left out
            where there are many claims.
        overrides: what it wants set.
        alert: the trigger that fired for it; empty where none did. ``strength``: of what it saw, 1 to 3; 0: not known.
    """

    integration: Name
    uid: Name
    flip: Annotated[StrictInt, Field(ge=0, le=2**53)]
    since: Annotated[str, Field(max_length=40)]
    trigger: Annotated[str, Field(max_length=63)]
    message: Annotated[str, BeforeValidator(_shortened)]
    overrides: Overrides
    alert: Annotated[str, Field(max_length=63)] = ""
    strength: Annotated[StrictInt, Field(ge=0, le=3)] = 0


@dataclass(frozen=True, slots=True, kw_only=True, config=_FROZEN)
class Held:
    """One switch that the operator has set: ``value``, and the entries that ``was`` there (none: it was absent)."""

    container: Name = ""
    name: Name
    value: Value
    was: Annotated[tuple[JsonValue, ...], Field(max_length=1000)] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=_FROZEN)
class Ledger:
    """Everything the annotation says. ``env_absent``: containers that had no ``env`` at all."""

    version: StrictInt = VERSION
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_CLAIMS)] = ()
    baseline: Annotated[tuple[Held, ...], Field(max_length=500)] = ()
    env_absent: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


_LEDGER = TypeAdapter(Ledger)


def read_ledger(kind: TargetKind, live: Mapping[str, Any]) -> Ledger | None:
    """The ledger on a target, None where there is none.

    Raises:
        Unreadable: there is an annotation, but not one that this operator understands.
    """
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(FALLBACK_ANNOTATION)
    return None if text is None else parse(kind, text)


def parse(kind: TargetKind, text: str) -> Ledger:
    """The ledger in an annotation's text. Raises ``Unreadable``, and nothing else, whatever the text."""
    if len(text) > LARGEST:
        raise Unreadable(f"it is longer than {LARGEST} characters")
    try:
        document = json.loads(text, parse_constant=_finite, parse_float=_finite)
        version = document.get("version") if isinstance(document, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise Unreadable(f"version {clip(str(version), 24)} was written by a newer operator", newer=True)
        if version != VERSION:
            raise Unreadable("it has no version")
        ledger = _LEDGER.validate_json(text)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors(include_input=False)[0]["loc"])
        raise Unreadable(f"{clip(where, 100) or 'what it says'} is not as the operator writes it") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    if not all(_fits(kind, held) for held in ledger.baseline):
        raise Unreadable(f"its baseline is not one of a {kind}")
    return ledger


def encode(ledger: Ledger) -> str:
    """The annotation's text: the same for the same ledger, so that nothing is written twice."""
    text = _encode(ledger)
    if len(text.encode()) <= TALKATIVE:
        return text
    return _encode(replace(ledger, claims=tuple(replace(claim, message="") for claim in ledger.claims)))


def _encode(ledger: Ledger) -> str:
    plain = _LEDGER.dump_python(ledger, mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _finite(number: str) -> float:
    """A number that can be written back. Raises ValueError for those that Python reads and JSON does not have."""
    if not math.isfinite(value := float(number)):
        raise ValueError("no number of JSON")
    return value


def _fits(kind: TargetKind, held: Held) -> bool:
    match kind:
        case TargetKind.CRON_JOB:
            return held.name == SUSPEND and len(held.was) <= 1 and all(isinstance(one, bool) for one in held.was)
        case TargetKind.CONFIG_MAP:
            return len(held.was) <= 1 and all(isinstance(one, str) for one in held.was)
    return isinstance(held.value, str) and all(_is_entry(held.name, one) for one in held.was)


def _is_entry(name: str, one: JsonValue) -> bool:
    return isinstance(one, dict) and one.get("name") == name
