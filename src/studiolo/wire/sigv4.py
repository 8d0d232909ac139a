"""Verifies AWS signatures: version 4 in headers and in presigned URLs, version 2 in presigned S3 URLs.

boto3 signs with version 4, except presigned S3 URLs in us-east-1, which are version 2 by default. Called by the server's
authenticate step, which looks up the secret between `read` and `verify`.
"""

import base64
import functools
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote

from studiolo.base.errors import ApiError
from studiolo.wire.http import Request

MAX_SKEW = 15 * 60
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Signature:
    form: Literal["header", "query", "v2"]
    key_id: str
    signature: str
    service: str = "s3"
    region: str = ""
    day: str = ""
    time: str = ""
    """ISO basic, 20260131T120000Z; for v2 the epoch second of expiry."""
    expires: int | None = None
    signed_headers: tuple[str, ...] = ()
    token: str | None = None

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


class SignatureError(ApiError):
    """`code` is the JSON services' word; `named` gives the word of another protocol."""

    code = "InvalidSignatureException"
    status = 403
    WORDS: Mapping[str, tuple[str, str, str]] = {
        # reason: (json, query, s3)
        "unknown": ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
        "mismatch": ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
        "skew": ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
        "expired": ("ExpiredTokenException", "ExpiredToken", "AccessDenied"),
        "token": ("ExpiredTokenException", "ExpiredToken", "ExpiredToken"),
        "missing": ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"),
        "malformed": ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed"),
    }
    SENTENCES: Mapping[str, str] = {
        "unknown": "The security token included in the request is invalid.",
        "mismatch": "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method.",
        "skew": "The difference between the request time and the current time is too large: set this machine's clock.",
        "expired": "Request has expired.",
        "token": "The security token included in the request is expired.",
        "missing": "The request carries no signature: sign it with an access key (`studiolo env` prints one).",
        "malformed": "The authorization of the request can't be read.",
    }

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{self.SENTENCES[reason]}{' ' if detail else ''}{detail}")
        self.reason = reason

    def named(self, form: str) -> "SignatureError":
        """With the code of a protocol: "json", "rest-json", "query" or "rest-xml"."""
        self.code = self.WORDS[self.reason][{"query": 1, "rest-xml": 2}.get(form, 0)]
        return self


def read(request: Request) -> Signature | None:
    """What the request claims, None where it claims nothing. Raises SignatureError("malformed")."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("AWS4-HMAC-SHA256"):
        return _from_header(authorization, request)
    if request.first("X-Amz-Algorithm") or request.first("X-Amz-Credential"):
        return _from_query(request)
    if "AWSAccessKeyId" in request.query and "Signature" in request.query:
        key_id, signature, expires = (request.first(name) or "" for name in ("AWSAccessKeyId", "Signature", "Expires"))
        if not expires.isdecimal():
            raise SignatureError("malformed", "Expires must be a number.")
        token = request.first("x-amz-security-token")
        return Signature("v2", key_id, signature, time=expires, token=token)
    if authorization.startswith("AWS "):
        raise SignatureError("malformed", "Signature version 2 is accepted in presigned URLs only; use version 4.")
    return None


def _credential(text: str) -> tuple[str, str, str, str]:
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise SignatureError("malformed", "The credential must be <key>/<date>/<region>/<service>/aws4_request.")
    return parts[0], parts[1], parts[2], parts[3]


def _from_header(text: str, request: Request) -> Signature:
    fields: dict[str, str] = {}
    for item in text[len("AWS4-HMAC-SHA256") :].split(","):
        name, _, value = item.strip().partition("=")
        fields[name] = value
    if not {"Credential", "SignedHeaders", "Signature"} <= fields.keys():
        raise SignatureError("malformed", "Credential, SignedHeaders and Signature are needed.")
    key_id, day, region, service = _credential(fields["Credential"])
    time = request.headers.get("x-amz-date", "")
    headers = tuple(fields["SignedHeaders"].lower().split(";"))
    if "host" not in headers:
        raise SignatureError("malformed", "The host header must be signed.")
    token = request.headers.get("x-amz-security-token")
    return Signature("header", key_id, fields["Signature"], service, region, day, time, None, headers, token)


def _from_query(request: Request) -> Signature:
    def field(name: str) -> str:
        value = request.first(name)
        if value is None:
            raise SignatureError("malformed", f"{name} is missing.")
        return value

    key_id, day, region, service = _credential(field("X-Amz-Credential"))
    expires = field("X-Amz-Expires") if "X-Amz-Expires" in request.query else "900"
    if not expires.isdecimal() or int(expires) > 7 * 86400:
        raise SignatureError("malformed", "X-Amz-Expires must be a number of seconds of at most a week.")
    return Signature(
        "query", key_id, field("X-Amz-Signature"), service, region, day, field("X-Amz-Date"), int(expires),
        tuple(field("X-Amz-SignedHeaders").lower().split(";")), request.first("X-Amz-Security-Token"),
    )  # fmt: skip


@functools.lru_cache(maxsize=1024)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@functools.lru_cache(maxsize=4096)
def _canonical_path(raw_path: str, service: str) -> str:
    if service == "s3":
        return quote(unquote(raw_path), safe="/-_.~")
    # Other services sign the path encoded once more, with dots and doubled slashes resolved.
    parts: list[str] = []
    for part in raw_path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    path = "/" + "/".join(parts) + ("/" if parts and raw_path.endswith("/") else "")
    return quote(path, safe="/~")


def _canonical_query(query_string: str, form: str) -> str:
    if not query_string:
        return ""
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query_string, keep_blank_values=True)
        if form == "header" or name != "X-Amz-Signature"
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def string_to_sign(signature: Signature, request: Request, payload_hash: str) -> str:
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signature.signed_headers
    )
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request.signed_path or request.raw_path, signature.service),
            _canonical_query(request.query_string, signature.form),
            headers,
            ";".join(signature.signed_headers),
            payload_hash,
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"AWS4-HMAC-SHA256\n{signature.time}\n{signature.scope}\n{digest}"


@functools.lru_cache(maxsize=256)
def _seconds(time: str) -> float:
    """Many requests bear the same second, and reading one takes as long as a signature."""
    return datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def verify(signature: Signature, request: Request, secret: str, payload_hash: str, now: float) -> None:
    """Raises SignatureError. payload_hash: hex SHA-256 of the body, or the word in x-amz-content-sha256."""
    if signature.form == "v2":
        return _verify_v2(signature, request, secret, now)
    try:
        sent = _seconds(signature.time)
    except ValueError as error:
        raise SignatureError("malformed", "X-Amz-Date must be of the form 20260131T120000Z.") from error
    if not signature.time.startswith(signature.day):
        raise SignatureError("malformed", "The credential's date is not the request's.")
    key = signing_key(secret, signature.day, signature.region, signature.service)
    text = string_to_sign(signature, request, payload_hash)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.signature.encode()):
        raise SignatureError("mismatch")
    if signature.expires is None:
        if abs(now - sent) > MAX_SKEW:
            raise SignatureError("skew")
    elif now > sent + signature.expires or sent > now + MAX_SKEW:
        raise SignatureError("expired")
    return None


# Subresources and overrides that version 2 signs as part of the resource.
_V2_QUERY = frozenset(
    "acl cors delete lifecycle location logging notification partNumber policy requestPayment torrent uploadId uploads "
    "versionId versioning versions website tagging response-cache-control response-content-disposition "
    "response-content-encoding response-content-language response-content-type response-expires".split()
)


def _verify_v2(signature: Signature, request: Request, secret: str, now: float) -> None:
    if now > int(signature.time):
        raise SignatureError("expired")
    amz = sorted(
        (name, value)
        for name, value in (*request.headers.items(), *_v2_query_headers(request))
        if name.startswith("x-amz-")
    )
    resource = quote(unquote(request.raw_path), safe="/~")
    if resource.count("/") == 1 and resource != "/":
        # A bucket by itself is signed with a slash behind it.
        resource += "/"
    marked = sorted(
        f"{name}={values[0]}" if values[0] else name for name, values in request.query.items() if name in _V2_QUERY
    )
    text = "\n".join(
        (
            request.method,
            request.headers.get("content-md5", ""),
            request.headers.get("content-type", ""),
            signature.time,
            *(f"{name}:{value}" for name, value in amz),
            resource + ("?" + "&".join(marked) if marked else ""),
        )
    )
    expected = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1"))
    if not hmac.compare_digest(expected, signature.signature.encode()):
        raise SignatureError("mismatch")


def _v2_query_headers(request: Request) -> list[tuple[str, str]]:
    """botocore moves x-amz-* headers of a presigned request into its query string, but signs them as headers."""
    return [(name.lower(), values[0]) for name, values in request.query.items() if name.lower().startswith("x-amz-")]
