"""Uploads in parts."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.blobs.protocol import (
    Blobs,
    Condition,
    InvalidPart,
    NoSuchKey,
    NoSuchUpload,
    OutOfSpace,
    Part,
    PreconditionFailed,
)
from studiolo.services.request import Answer, Call
from studiolo.services.s3 import access
from studiolo.services.s3.errors import s3_error
from studiolo.services.s3.objects import (
    CHECKSUMS,
    algorithms_of,
    attributes_of,
    byte_range,
    check_digests,
    checksum_members,
    encryption,
    receive,
    source_of,
)
from studiolo.wire import checksums

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


def _composite(named: Sequence[Mapping[str, Any]], stored: Mapping[int, Part]) -> dict[str, str]:
    """The checksum of the parts' checksums, as S3 makes it, for every algorithm that all parts have. Raises where a part's
    checksum is not the one that was named."""
    sums: dict[str, str] = {}
    for algorithm, member in CHECKSUMS.items():
        if algorithm == "crc64nvme":
            # S3 knows it of whole objects only.
            continue
        held = [
            stored[one["PartNumber"]].checksums.get(algorithm) if one["PartNumber"] in stored else None for one in named
        ]
        for one, value in zip(named, held, strict=True):
            if member in one and one[member] != value:
                raise s3_error("InvalidPart")
        if held and all(value is not None for value in held):
            whole = checksums.start(algorithm)
            whole.update(b"".join(base64.b64decode(value) for value in held if value is not None))
            sums[algorithm] = f"{checksums.text(whole)}-{len(held)}"
    return sums


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
        sums = _composite(named, {part.number: part for part in blobs.parts(bucket, upload)})
        condition = Condition(None, call.params.get("IfNoneMatch"))
        done = blobs.complete_upload(bucket, upload, parts, now=now, condition=condition, checksums=sums)
    except NoSuchUpload:
        raise s3_error("NoSuchUpload", UploadId=upload) from None
    except InvalidPart:
        raise s3_error("InvalidPart", UploadId=upload) from None
    except PreconditionFailed:
        raise s3_error("PreconditionFailed") from None
    return {"Bucket": bucket, "Key": done.key, "ETag": f'"{done.etag}"', "Location": f"/{bucket}/{done.key}",
            **checksum_members(done.checksums)}  # fmt: skip


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
    params = call.params
    prefix, key, id = params.get("Prefix", ""), params.get("KeyMarker", ""), params.get("UploadIdMarker", "")
    if params.get("Delimiter"):
        raise s3_error("NotImplemented", "Delimiter is not supported when uploads are listed.")
    limit = min(int(params.get("MaxUploads", 1000)), 1000)
    found = sorted(blobs.uploads(params["Bucket"]), key=lambda one: (one.key, one.id))
    # Without an id the marker stands behind all uploads of its key.
    left = [
        one
        for one in found
        if one.key.startswith(prefix) and (one.key > key or (bool(id) and one.key == key and one.id > id))
    ]
    page = left[:limit]
    more = len(left) > limit and bool(page)
    return {
        "Bucket": params["Bucket"],
        "Prefix": prefix,
        "KeyMarker": key,
        "UploadIdMarker": id,
        "NextKeyMarker": page[-1].key if more else None,
        "NextUploadIdMarker": page[-1].id if more else None,
        "MaxUploads": limit,
        "IsTruncated": more,
        "Uploads": [
            {"UploadId": one.id, "Key": one.key, "Initiated": one.started, "StorageClass": "STANDARD"} for one in page
        ],
    }
