"""What a store's client says when a step fails, in words for people: pure, and without a byte of what it quotes.

The client's texts hold URLs (an Azure SAS token is in them), object names and the store's answer as a whole; only a
status and the codes that are listed here are taken from them.
"""

import re
from dataclasses import dataclass
from typing import Final

from obstore.exceptions import NotFoundError, PermissionDeniedError, UnauthenticatedError

from ideogram_operator.services.buckets_place import Kind, Place
from ideogram_operator.services.results import ServiceError

_STATUS: Final = re.compile(r"(?:status code|\(code): ([1-5][0-9]{2})\b")
_CODE: Final = re.compile(r"<Code>([A-Za-z]{3,40})</Code>")
_BAD_KEY: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthenticationFailed"}
)
_OTHER_REGION: Final = frozenset({"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"})
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})
_SKEW: Final = frozenset({"RequestTimeTooSkewed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the trial.

    Attributes:
        refusal: what the bucket does when it forbids it.
        failure: what does not work.
        permissions: what to allow, by the kind of store.
    """

    refusal: str
    failure: str
    permissions: dict[Kind, str]


PUT: Final = Step(
    refusal="refuses to take an object",
    failure="cannot be written",
    permissions={Kind.S3: "s3:PutObject", Kind.GCS: "storage.objects.create", Kind.AZURE: "blobs/write"},
)
GET: Final = Step(
    refusal="refuses to return an object",
    failure="cannot be read",
    permissions={Kind.S3: "s3:GetObject", Kind.GCS: "storage.objects.get", Kind.AZURE: "blobs/read"},
)
DELETE: Final = Step(
    refusal="refuses to delete",
    failure="does not delete",
    permissions={Kind.S3: "s3:DeleteObject", Kind.GCS: "storage.objects.delete", Kind.AZURE: "blobs/delete"},
)
LIST: Final = Step(
    refusal="refuses to list its objects",
    failure="cannot be listed",
    permissions={Kind.S3: "s3:ListBucket", Kind.GCS: "storage.objects.list", Kind.AZURE: "blobs/read"},
)


def explain(step: Step, error: BaseException, place: Place) -> ServiceError:
    """Why the step failed, and what to do."""
    text = str(error)
    status = _found(_STATUS, text)
    code = _found(_CODE, text)
    shown = " ".join(part for part in (status, code if code in _KNOWN else "") if part)
    shown = f" ({shown})" if shown else ""
    return (
        _by_code(place, code, shown)
        or _by_kind(step, error, place, status, shown)
        or _by_text(step, text, place)
        or ServiceError(f"the bucket {place.bucket} {step.failure}{shown}", hint="Look at the store itself.")
    )


_KNOWN: Final = _BAD_KEY | _OTHER_REGION | _NO_BUCKET | _SKEW


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _by_code(place: Place, code: str, shown: str) -> ServiceError | None:
    if code in _BAD_KEY:
        return _bad_key(place, shown)
    if code in _NO_BUCKET:
        return _no_bucket(place, shown)
    if code in _OTHER_REGION:
        return ServiceError(
            f"the bucket {place.bucket} is in another region than {place.region or 'was said'}{shown}",
            hint="Put the bucket's own region into the Secret as AWS_REGION.",
        )
    if code in _SKEW:
        return ServiceError(f"the store's clock and the operator's differ{shown}", hint="Set the node's clock right.")
    return None


def _by_kind(step: Step, error: BaseException, place: Place, status: str, shown: str) -> ServiceError | None:
    if status == "401" or isinstance(error, UnauthenticatedError):
        return _bad_key(place, shown)
    if status == "403" or isinstance(error, PermissionDeniedError):
        return _refused(step, place, shown or " (403)")
    if isinstance(error, NotFoundError) or status == "404":
        if step is GET:
            return ServiceError(
                f"the bucket {place.bucket} does not have the object that it took{shown}",
                hint="Look for a rule that moves or deletes new objects.",
            )
        return _no_bucket(place, shown)
    return None


def _by_text(step: Step, text: str, place: Place) -> ServiceError | None:
    lower = text.lower()
    if "certificate" in lower:
        return ServiceError(
            f"the certificate of {place.host} is not trusted",
            hint="Give its authority to the operator with --ca-file (chart value caFile).",
        )
    if "timed out" in lower or "timedout" in lower:
        return ServiceError(f"the bucket {place.bucket} {step.failure} in time", hint="Look at the store itself.")
    return None


def _refused(step: Step, place: Place, shown: str) -> ServiceError:
    where = f"{place.bucket}/{place.folder}/*" if place.folder else f"{place.bucket}/*"
    if step is LIST:
        where = place.bucket
    if not place.secret:
        hint = "Put the store's credentials into a Secret and name it in spec.storage.secretRef."
    else:
        hint = f"Allow {step.permissions[place.kind]} on {where}."
    return ServiceError(f"the bucket {place.bucket} {step.refusal}{shown}", hint=hint)


def _bad_key(place: Place, shown: str) -> ServiceError:
    if not place.secret:
        hint = "Put the store's credentials into a Secret and name it in spec.storage.secretRef."
        return ServiceError(f"the bucket {place.bucket} asks for credentials{shown}", hint=hint)
    return ServiceError(
        f"the bucket {place.bucket} does not accept the credentials of Secret {place.secret}{shown}",
        hint=f"Renew the credentials in Secret {place.secret}.",
    )


def _no_bucket(place: Place, shown: str) -> ServiceError:
    return ServiceError(
        f"there is no bucket {place.bucket} at {place.host}{shown}",
        hint="Create it, or correct spec.storage.url and endpoint.",
    )
