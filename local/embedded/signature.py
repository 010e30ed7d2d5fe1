"""Verification of AWS Signature Version 4, which authenticates clients of the embedded AWS.

It follows AWS's own description (IAM User Guide, "Create a signed AWS API request"; Amazon S3 API Reference,
"Authenticating Requests: Using Query Parameters"); the tests verify requests signed by botocore/auth.py. ministack has
a check of its own (`AUTH=true`), but with it comes an IAM that accepts the keys test/test; this one accepts a single
pair.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl

from local.embedded.keys import Keys

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

WINDOW = timedelta(minutes=15)
"""How far a signed request's time may differ from ours: what DynamoDB, SQS and S3 allow."""

MOST_S = 7 * 86_400
"""The longest validity of a presigned URL on S3, in seconds."""


class Denied(Exception):
    """A request that is not allowed or not correctly signed: `code` is S3's error code, the message explains it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """An HTTP request as received. Header names are in lower case, each of them once."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    payload_sha256: str


@dataclass(frozen=True, slots=True)
class RequestSignature:
    """The parts of a request's signature. `expires_s` is None for one in the Authorization header."""

    access_key_id: str
    region: str
    service: str
    date: str
    headers: tuple[str, ...]
    value: str
    expires_s: int | None = None


def is_presigned(query: str) -> bool:
    """Return whether a query string carries a signature."""
    return any(part.startswith("X-Amz-Signature=") for part in query.split("&"))


def verify(message: ReceivedRequest, keys: Keys, now: datetime) -> RequestSignature:
    """Return the signature of `message` if it was made with `keys` and is valid at `now`. Raises Denied otherwise."""
    presigned = is_presigned(message.query)
    signature = _from_query(message.query) if presigned else _from_header(message.headers)
    _check_time(signature, now)
    _check_coverage(signature, message)
    payload = UNSIGNED_PAYLOAD if presigned else _payload(signature, message)
    text = _string_to_sign(signature, _canonical_request(signature, message, payload))
    key = _signing_key(keys.secret_access_key, signature.date[:8], signature.region, signature.service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    good = hmac.compare_digest(expected.encode(), signature.value.encode("utf-8", "surrogateescape"))
    # Always compare both, in constant time: the duration must not reveal which of them was wrong.
    known = hmac.compare_digest(signature.access_key_id.encode("utf-8", "surrogateescape"), keys.access_key_id.encode())
    if not (good and known):
        raise Denied("SignatureDoesNotMatch", "The request is not signed with the keys of this state directory.")
    return signature


def _from_header(headers: Mapping[str, str]) -> RequestSignature:
    algorithm, _, rest = headers.get("authorization", "").partition(" ")
    if algorithm != ALGORITHM:
        raise Denied("AccessDenied", f"Sign the request with {ALGORITHM} and the keys of this state directory.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    return _signature(
        fields.get("Credential", ""),
        headers.get("x-amz-date", ""),
        fields.get("SignedHeaders", ""),
        fields.get("Signature", ""),
    )


def _from_query(query: str) -> RequestSignature:
    pairs = parse_qsl(query, keep_blank_values=True)
    fields = dict(pairs)
    doubled = len([name for name, _ in pairs if name.startswith("X-Amz-")]) != len(
        [name for name in fields if name.startswith("X-Amz-")]
    )
    expires = fields.get("X-Amz-Expires", "")
    if doubled or fields.get("X-Amz-Algorithm") != ALGORITHM or not (expires.isascii() and expires.isdigit()):
        return _incomplete()
    return _signature(
        fields.get("X-Amz-Credential", ""),
        fields.get("X-Amz-Date", ""),
        fields.get("X-Amz-SignedHeaders", ""),
        fields["X-Amz-Signature"],
        int(expires),
    )


def _signature(credential: str, date: str, headers: str, value: str, expires_s: int | None = None) -> RequestSignature:
    scope = credential.split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or scope[1] != date[:8]:
        return _incomplete()
    return RequestSignature(scope[0], scope[2], scope[3], date, tuple(headers.split(";")), value, expires_s)


def _incomplete() -> RequestSignature:
    raise Denied("AuthorizationHeaderMalformed", "The signature is not complete.")


def _check_time(signature: RequestSignature, now: datetime) -> None:
    try:
        at = datetime.strptime(signature.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Denied("AuthorizationHeaderMalformed", "X-Amz-Date is not a time such as 20261125T080000Z.") from None
    if signature.expires_s is None:
        if abs(now - at) > WINDOW:
            raise Denied("RequestTimeTooSkewed", "The request was signed more than 15 minutes from now.")
        return
    if not 1 <= signature.expires_s <= MOST_S:
        raise Denied("AuthorizationQueryParametersError", f"X-Amz-Expires must be 1 to {MOST_S}.")
    if at > now + WINDOW or now > at + timedelta(seconds=signature.expires_s):
        raise Denied("AccessDenied", "Request has expired")


def _check_coverage(signature: RequestSignature, message: ReceivedRequest) -> None:
    """Raise Denied unless the signature covers the host and every header of AWS's, so that nothing can be added."""
    needed = {"host"} | {name for name in message.headers if name.startswith("x-amz-")}
    if signature.expires_s is not None:
        needed.discard("x-amz-content-sha256")
    if not needed <= set(signature.headers) or not set(signature.headers) <= set(message.headers):
        raise Denied("AccessDenied", "There were headers present in the request which were not signed")


def _payload(signature: RequestSignature, message: ReceivedRequest) -> str:
    """Return the hash of the payload as received, or UNSIGNED-PAYLOAD, which only S3 allows.

    Raises Denied if the sender declares another hash.
    """
    declared = message.headers.get("x-amz-content-sha256")
    if declared == UNSIGNED_PAYLOAD and signature.service == "s3":
        return declared
    if declared is not None and declared != message.payload_sha256:
        raise Denied("XAmzContentSHA256Mismatch", "The provided x-amz-content-sha256 does not match what was computed.")
    return message.payload_sha256


def _canonical_request(signature: RequestSignature, message: ReceivedRequest, payload: str) -> str:
    query = sorted(
        tuple(part.partition("=")[::2])
        for part in message.query.split("&")
        if part and not part.startswith("X-Amz-Signature=")
    )
    headers = [f"{name}:{' '.join(message.headers[name].split())}" for name in signature.headers]
    names = ";".join(signature.headers)
    parts = [message.method, message.path, "&".join(f"{name}={value}" for name, value in query), *headers, "", names]
    return "\n".join([*parts, payload])


def _string_to_sign(signature: RequestSignature, canonical: str) -> str:
    scope = f"{signature.date[:8]}/{signature.region}/{signature.service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    return "\n".join([ALGORITHM, signature.date, scope, hashed])


@lru_cache(maxsize=64)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    return key
