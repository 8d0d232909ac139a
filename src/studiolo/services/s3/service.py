"""The `s3` service: which operation is done by what. Versioning, policies and the like are answered truthfully as unset."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from studiolo.base.arn import REGION
from studiolo.base.clock import Clock
from studiolo.base.errors import AccessDenied
from studiolo.blobs.protocol import Blobs, BucketExists, BucketNotEmpty, NoSuchKey
from studiolo.services.request import Answer, Call, Handler
from studiolo.services.s3 import access, listing, multipart, objects
from studiolo.services.s3.errors import s3_error
from studiolo.services.s3.notifications import Notifications
from studiolo.services.s3uri import DATA_SET_BUCKETS
from studiolo.store.protocol import Store

_SSE_C = ("SSECustomerAlgorithm", "SSECustomerKey", "CopySourceSSECustomerKey")
_LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
NOT_DONE: Mapping[str, tuple[str, ...]] = {
    "PutObject": (*_SSE_C, *_LOCK, "WriteOffsetBytes", "WebsiteRedirectLocation", "ChecksumSHA512", "ChecksumXXHASH64"),
    "GetObject": _SSE_C,
    "HeadObject": _SSE_C,
    "CopyObject": (*_SSE_C, *_LOCK, "IfMatch", "IfNoneMatch", "WebsiteRedirectLocation"),
    "DeleteObject": ("IfMatch", "IfMatchLastModifiedTime", "IfMatchSize", "MFA"),
    "CreateMultipartUpload": (*_SSE_C, *_LOCK, "WebsiteRedirectLocation"),
    "UploadPart": _SSE_C,
}
"""What would change the outcome and is not done: refused by name, since ignoring it would lose or expose data."""


def refuse_what_is_not_done(call: Call) -> None:
    for member in NOT_DONE.get(call.operation, ()):
        if call.params.get(member) is not None:
            raise s3_error("NotImplemented", f"{member} is not supported by this version of studiolo.")
    storage = call.params.get("StorageClass", "STANDARD")
    if storage != "STANDARD":
        raise s3_error("InvalidStorageClass", f"The storage class {storage} is not supported: use STANDARD.")


_UNSET = {
    "GetBucketPolicy": "NoSuchBucketPolicy",
    "GetBucketTagging": "NoSuchTagSet",
    "GetBucketCors": "NoSuchCORSConfiguration",
    "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "GetBucketLifecycle": "NoSuchLifecycleConfiguration",
    "GetBucketWebsite": "NoSuchWebsiteConfiguration",
    "GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
}


Take = Callable[[str, int | None], AbstractAsyncContextManager[None]]


class S3Service:
    name = "s3"

    def __init__(self, blobs: Blobs, clock: Clock, room: Take | None = None, store: Store | None = None) -> None:
        """room: entered around a write, for (project, bytes); raises where there is none.
        store: keeps which buckets tell of their objects; None where nobody listens."""
        self._blobs = blobs
        self._clock = clock
        self._room = room
        plain: dict[str, Callable[[Blobs, Call], Any]] = {
            "ListObjects": listing.version_1,
            "ListObjectsV2": listing.version_2,
            "HeadObject": objects.head,
            "GetObject": objects.get,
            "GetObjectAttributes": objects.attributes,
            "DeleteObjects": objects.delete_many,
            "AbortMultipartUpload": multipart.abort,
            "ListParts": multipart.list_parts,
            "ListMultipartUploads": multipart.list_uploads,
        }
        timed: dict[str, Callable[[Blobs, Call, float], Any]] = {
            "PutObject": objects.put,
            "CopyObject": objects.copy,
            "CreateMultipartUpload": multipart.create,
            "UploadPart": multipart.put_part,
            "UploadPartCopy": multipart.copy_part,
            "CompleteMultipartUpload": multipart.complete,
        }
        self._handlers: dict[str, Handler] = {
            "ListBuckets": self._list_buckets,
            "CreateBucket": self._create_bucket,
            "HeadBucket": self._head_bucket,
            "DeleteBucket": self._delete_bucket,
            "GetBucketLocation": self._location,
            "DeleteObject": self._delete_object,
            "GetObjectTagging": self._get_tags,
            "PutObjectTagging": self._put_tags,
            "DeleteObjectTagging": self._delete_tags,
            "GetBucketVersioning": self._versioning,
            "GetBucketAcl": self._acl,
            "GetObjectAcl": self._acl,
            "PutObjectAcl": self._put_acl,
        }
        self._handlers |= {name: _awaited(act, blobs) for name, act in plain.items()}
        self._handlers |= {name: _awaited(act, blobs, clock) for name, act in timed.items()}
        for name in ("PutObject", "UploadPart", "CopyObject", "UploadPartCopy") if room is not None else ():
            self._handlers[name] = self._with_room(self._handlers[name])
        self._handlers |= {name: self._unset(code) for name, code in _UNSET.items()}
        self._notifications = None if store is None else Notifications(blobs, clock, store)
        if self._notifications is not None:
            self._handlers |= self._notifications.operations()

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        held = self._handlers.get(operation)
        return held if held is None or self.reads(operation) else _kept_out(held)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Get", "Head", "List"))

    async def _list_buckets(self, call: Call) -> Mapping[str, Any]:
        owned = self._blobs.buckets(call.caller.project)
        return {
            "Buckets": [{"Name": one.name, "CreationDate": one.created} for one in owned],
            "Owner": {"ID": call.caller.project, "DisplayName": call.caller.project},
        }

    async def _create_bucket(self, call: Call) -> Mapping[str, Any]:
        name = call.params["Bucket"]
        access.check_name(name)
        constraint = call.params.get("CreateBucketConfiguration", {}).get("LocationConstraint")
        if constraint == REGION:
            # The one region that AWS does not let be named.
            raise s3_error("InvalidLocationConstraint", LocationConstraint=constraint)
        if constraint:
            raise s3_error(
                "IllegalLocationConstraintException",
                f"The {constraint} location constraint is incompatible for the region specific endpoint this request was "
                "sent to.",
            )
        try:
            self._blobs.create_bucket(name, call.caller.project, self._clock())
        except BucketExists:
            if self._blobs.bucket(name).owner != call.caller.project:
                raise s3_error("BucketAlreadyExists", BucketName=name) from None
        return {"Location": f"/{name}"}

    async def _head_bucket(self, call: Call) -> Mapping[str, Any]:
        access.bucket(self._blobs, call)
        return {"BucketRegion": REGION}

    async def _delete_bucket(self, call: Call) -> Answer:
        access.bucket(self._blobs, call)
        try:
            self._blobs.delete_bucket(call.params["Bucket"])
        except BucketNotEmpty:
            raise s3_error("BucketNotEmpty", BucketName=call.params["Bucket"]) from None
        if self._notifications is not None:
            self._notifications.forget(call.caller.project, str(call.params["Bucket"]))
        return Answer({}, 204)

    async def _location(self, call: Call) -> Mapping[str, Any]:
        access.bucket(self._blobs, call)
        # us-east-1 is told by an empty constraint.
        return {"LocationConstraint": ""}

    async def _delete_object(self, call: Call) -> Answer:
        refuse_what_is_not_done(call)
        access.bucket(self._blobs, call)
        objects.check_version(call)
        self._blobs.delete(call.params["Bucket"], access.key(call.params))
        return Answer({}, 204)

    async def _get_tags(self, call: Call) -> Mapping[str, Any]:
        access.bucket(self._blobs, call)
        found = objects.find(self._blobs, call)
        return {"TagSet": [{"Key": key, "Value": value} for key, value in found.tags.items()]}

    def _set_tags(self, call: Call, tags: Mapping[str, str]) -> None:
        access.bucket(self._blobs, call)
        try:
            self._blobs.set_tags(call.params["Bucket"], access.key(call.params), tags)
        except NoSuchKey:
            raise s3_error("NoSuchKey", Key=call.params["Key"]) from None

    async def _put_tags(self, call: Call) -> None:
        tags = call.params.get("Tagging", {}).get("TagSet", [])
        if len(tags) > 10:
            raise s3_error("InvalidTag", "Object tags cannot be greater than 10")
        self._set_tags(call, {tag["Key"]: tag["Value"] for tag in tags})

    async def _delete_tags(self, call: Call) -> Answer:
        self._set_tags(call, {})
        return Answer({}, 204)

    async def _versioning(self, call: Call) -> Mapping[str, Any]:
        access.bucket(self._blobs, call)
        return {}

    async def _acl(self, call: Call) -> Mapping[str, Any]:
        access.bucket(self._blobs, call)
        if "Key" in call.params:
            objects.find(self._blobs, call)
        owner = {"ID": call.caller.project, "DisplayName": call.caller.project}
        return {
            "Owner": owner,
            "Grants": [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
        }

    async def _put_acl(self, call: Call) -> None:
        """Objects belong to their bucket's owner, as in AWS's buckets by default: only that may be said."""
        access.bucket(self._blobs, call)
        objects.check_version(call)
        objects.find(self._blobs, call)
        grants = ("AccessControlPolicy", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
        if call.params.get("ACL") != "bucket-owner-full-control" or any(call.params.get(name) for name in grants):
            raise s3_error("AccessControlListNotSupported")

    def _with_room(self, handler: Handler) -> Handler:
        async def take_and_write(call: Call) -> Any:
            assert self._room is not None
            access.bucket(self._blobs, call)
            if "CopySource" in call.params:
                source = objects.source_of(call.params["CopySource"])
                try:
                    access.bucket(self._blobs, call, source[0])
                    size = self._blobs.head(*source).size
                except NoSuchKey:
                    size = 0
            else:
                size = _length(call)
            async with self._room(call.caller.project, size):
                return await handler(call)

        return take_and_write

    def _unset(self, code: str) -> Handler:
        async def answer(call: Call) -> None:
            access.bucket(self._blobs, call)
            raise s3_error(code)

        return answer


def _awaited(act: Callable[..., Any], blobs: Blobs, clock: Clock | None = None) -> Handler:
    async def handler(call: Call) -> Any:
        refuse_what_is_not_done(call)
        result = act(blobs, call) if clock is None else act(blobs, call, clock())
        return await result if hasattr(result, "__await__") else result

    return handler


def _length(call: Call) -> int | None:
    """Bytes that are to come; None where the client does not say."""
    body = call.params.get("Body")
    if body is None or (body.length is None and "transfer-encoding" not in call.headers):
        return 0
    return body.length


def _kept_out(act: Handler) -> Handler:
    """Writes to the buckets of data sets are the studio's alone."""

    async def act_elsewhere(call: Call) -> Any:
        if str(call.params.get("Bucket", "")).startswith(DATA_SET_BUCKETS):
            raise AccessDenied(
                "Versions of data sets never change: register a new version instead.", code="AccessDenied", status=403
            )
        return await act(call)

    return act_elsewhere
