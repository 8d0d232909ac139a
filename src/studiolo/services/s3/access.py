"""Which bucket a caller may touch: the project's own, and nothing is learned of another's."""

import re
from typing import Any

from studiolo.blobs.protocol import Blobs, Bucket, NoSuchBucket
from studiolo.services.request import Call
from studiolo.services.s3.errors import s3_error

ROUTES = frozenset(
    {"endpoints", "featuregroup", "schedules", "schedule-groups", "batchputmetrics", "api", "healthz", "signin"}
)
"""First path segments that mean something else on this port."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_KEY = 1024


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or ".." in name or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name) or name in ROUTES:
        raise s3_error("InvalidBucketName", BucketName=name)


def bucket(blobs: Blobs, call: Call, name: str | None = None) -> Bucket:
    name = str(call.params["Bucket"]) if name is None else name
    expected = call.headers.get("x-amz-expected-bucket-owner")
    try:
        found = blobs.bucket(name)
    except NoSuchBucket:
        raise s3_error("NoSuchBucket", BucketName=name) from None
    if found.owner != call.caller.project or (expected is not None and expected != found.owner):
        raise s3_error("AccessDenied")
    return found


def key(params: Any) -> str:
    text = str(params["Key"])
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise s3_error("InvalidArgument", "The key must be valid UTF-8.") from None
    if size > MAX_KEY:
        raise s3_error("KeyTooLongError", Size=size, MaxSizeAllowed=MAX_KEY)
    if "\x00" in text:
        raise s3_error("InvalidArgument", "The key must not hold a NUL character.")
    return text
