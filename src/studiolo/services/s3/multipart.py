"""Uploads in parts."""

import asyncio
from collections.abc import Mapping
from typing import Any

from studiolo.blobs.protocol import (
    Blobs,
    Condition,
    InvalidPart,
    NoSuchKey,
    NoSuchUpload,
    OutOfSpace,
    PreconditionFailed,
)
from studiolo.services.request import Answer, Call
from studiolo.services.s3 import access
from studiolo.services.s3.errors import s3_error
from studiolo.services.s3.objects import (
    algorithms_of,
    attributes_of,
    byte_range,
    check_digests,
    checksum_members,
    encryption,
    receive,
    source_of,
)

MIN_PART = 5 * 2**20
MAX_PART_NUMBER = 10_000


def _number(call: Call) -> int:
    number = int(call.params["PartNumber"])
    if not 1 <= number <= MAX_PART_NUMBER:
        raise s3_error("InvalidArgument", f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive")
    return number


def create(blobs: Blobs, call: Call, now: float) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    algorithms_of(call)
    key = access.key(call.params)
    upload = blobs.create_upload(call.params["Bucket"], key, attributes_of(call.params), now=now)
    algorithm = call.params.get("ChecksumAlgorithm")
    return {"Bucket": call.params["Bucket"], "Key": key, "UploadId": upload.id, "ChecksumAlgorithm": algorithm,
            **encryption(call)}  # fmt: skip


async def put_part(blobs: Blobs, call: Call, now: float) -> Answer:
    access.bucket(blobs, call)
    algorithms = algorithms_of(call)
    try:
        sink = blobs.open_part(
            call.params["Bucket"], call.params["UploadId"], _number(call), now=now, checksums=algorithms
        )
        try:
            body = call.params.get("Body")
            if body is not None:
                await receive(body, sink)
            check_digests(call, sink, algorithms)
            part = sink.commit_part()
        finally:
            sink.abort()
    except NoSuchUpload:
        raise s3_error("NoSuchUpload", UploadId=call.params["UploadId"]) from None
    except OutOfSpace:
        raise s3_error("InsufficientStorage") from None
    sums = {name: value for name, value in checksum_members(part.checksums).items() if name != "ChecksumType"}
    return Answer({"ETag": f'"{part.etag}"', **sums, **encryption(call)})


async def copy_part(blobs: Blobs, call: Call, now: float) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    source = source_of(call.params["CopySource"])
    access.bucket(blobs, call, source[0])
    try:
        found, stream = blobs.open_read(*source)
    except NoSuchKey:
        raise s3_error("NoSuchKey", Key=source[1]) from None
    with stream:
        wanted = byte_range(call.params.get("CopySourceRange"), found.size) or (0, found.size - 1)
        try:
            sink = blobs.open_part(call.params["Bucket"], call.params["UploadId"], _number(call), now=now)
        except NoSuchUpload:
            raise s3_error("NoSuchUpload", UploadId=call.params["UploadId"]) from None

        def move() -> None:
            stream.seek(wanted[0])
            left = wanted[1] - wanted[0] + 1
            while left > 0:
                data = stream.read(min(left, 8 << 20))
                sink.write(data)
                left -= len(data)

        try:
            await asyncio.to_thread(move)
            part = sink.commit_part()
        finally:
            sink.abort()
    return {"CopyPartResult": {"ETag": f'"{part.etag}"', "LastModified": part.modified}}


def complete(blobs: Blobs, call: Call, now: float) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    bucket, upload = call.params["Bucket"], call.params["UploadId"]
    if not any(one.id == upload and one.key == call.params["Key"] for one in blobs.uploads(bucket)):
        raise s3_error("NoSuchUpload", UploadId=upload)
    named = call.params.get("MultipartUpload", {}).get("Parts", [])
    try:
        parts = [(int(one["PartNumber"]), str(one["ETag"]).strip('"')) for one in named]
    except KeyError:
        raise s3_error("MalformedXML") from None
    if not parts:
        raise s3_error("MalformedXML")
    if [number for number, _ in parts] != sorted({number for number, _ in parts}):
        raise s3_error("InvalidPartOrder")
    try:
        sizes = {part.number: part.size for part in blobs.parts(bucket, upload)}
        for number, _ in parts[:-1]:
            if sizes.get(number, MIN_PART) < MIN_PART:
                raise s3_error("EntityTooSmall", ProposedSize=sizes[number], MinSizeAllowed=MIN_PART, PartNumber=number)
        condition = Condition(None, call.params.get("IfNoneMatch"))
        done = blobs.complete_upload(bucket, upload, parts, now=now, condition=condition)
    except NoSuchUpload:
        raise s3_error("NoSuchUpload", UploadId=upload) from None
    except InvalidPart:
        raise s3_error("InvalidPart", UploadId=upload) from None
    except PreconditionFailed:
        raise s3_error("PreconditionFailed") from None
    return {"Bucket": bucket, "Key": done.key, "ETag": f'"{done.etag}"', "Location": f"/{bucket}/{done.key}"}


def abort(blobs: Blobs, call: Call) -> None:
    access.bucket(blobs, call)
    try:
        blobs.abort_upload(call.params["Bucket"], call.params["UploadId"])
    except NoSuchUpload:
        raise s3_error("NoSuchUpload", UploadId=call.params["UploadId"]) from None


def list_parts(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    try:
        parts = blobs.parts(call.params["Bucket"], call.params["UploadId"])
    except NoSuchUpload:
        raise s3_error("NoSuchUpload", UploadId=call.params["UploadId"]) from None
    after, limit = int(call.params.get("PartNumberMarker", 0)), min(int(call.params.get("MaxParts", 1000)), 1000)
    left = [part for part in parts if part.number > after]
    page = left[:limit]
    return {
        "Bucket": call.params["Bucket"],
        "Key": call.params["Key"],
        "UploadId": call.params["UploadId"],
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else None,
        "MaxParts": limit,
        "IsTruncated": len(left) > limit,
        "Parts": [
            {"PartNumber": part.number, "LastModified": part.modified, "ETag": f'"{part.etag}"', "Size": part.size}
            for part in page
        ],
        "StorageClass": "STANDARD",
    }


def list_uploads(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    prefix = call.params.get("Prefix", "")
    found = [one for one in blobs.uploads(call.params["Bucket"]) if one.key.startswith(prefix)]
    uploads = [
        {"UploadId": one.id, "Key": one.key, "Initiated": one.started, "StorageClass": "STANDARD"} for one in found
    ]
    return {
        "Bucket": call.params["Bucket"],
        "Prefix": prefix,
        "MaxUploads": 1000,
        "IsTruncated": False,
        "Uploads": uploads,
    }
