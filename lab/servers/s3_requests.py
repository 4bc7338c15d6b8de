"""The few S3 requests that make and fill buckets, signed as S3 asks (AWS Signature Version 4).

A client library for them would be one more dependency; the signature is thirty lines of hashing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import httpx


def s3_request(
    verb: str, url: str, *, query: str = "", body: bytes = b"", access_key: str, secret_key: str, region: str
) -> httpx.Response:
    """Sends it; the answer, whatever it is.

    ``query`` is a subresource such as ``policy``, or empty.
    """
    parts = urlsplit(url)
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
    }
    canonical_query = f"{quote(query, safe='')}=" if query else ""
    request = "\n".join(
        (
            *(verb, parts.path or "/", canonical_query),
            *(f"{name}:{value}" for name, value in sorted(headers.items())),
            *("", ";".join(sorted(headers)), headers["x-amz-content-sha256"]),
        )
    )
    headers["authorization"] = _authorization(headers, request, access_key, secret_key, region)
    target = f"{url}?{canonical_query}" if query else url
    return httpx.request(verb, target, content=body, headers=headers, trust_env=False, timeout=10)


def _authorization(headers: Mapping[str, str], request: str, access_key: str, secret_key: str, region: str) -> str:
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _signed(key, part)
    signed = ";".join(sorted(headers))
    signature = _signed(key, to_sign).hex()
    return f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"


def _signed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
