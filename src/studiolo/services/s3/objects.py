"""Putting, getting, copying and deleting single objects."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

from studiolo.base.behind import Behind
from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import (
    Attributes,
    Blobs,
    Condition,
    NoSuchBucket,
    NoSuchKey,
    Object,
    OutOfSpace,
    PreconditionFailed,
    Sink,
)
from studiolo.services.request import Answer, Call
from studiolo.services.s3 import access
from studiolo.services.s3.errors import s3_error
from studiolo.wire.checksums import ALGORITHMS
from studiolo.wire.values import http_date, read_time

READ_CHUNK = 1 << 20
WRITE_BATCH = 1 << 20
_STORED_HEADERS = {
    "CacheControl": "cache-control", "ContentDisposition": "content-disposition", "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
}  # fmt: skip
CHECKSUMS = {
    "crc32": "ChecksumCRC32", "crc32c": "ChecksumCRC32C", "crc64nvme": "ChecksumCRC64NVME", "sha1": "ChecksumSHA1",
    "sha256": "ChecksumSHA256",
}  # fmt: skip


def attributes_of(params: Mapping[str, Any]) -> Attributes:
    headers = {name: str(params[member]) for member, name in _STORED_HEADERS.items() if params.get(member)}
    if "content-encoding" in headers:
        # aws-chunked is how the body travelled, not what was stored.
        kept = [one.strip() for one in headers["content-encoding"].split(",") if one.strip() != "aws-chunked"]
        headers["content-encoding"] = ",".join(kept)
        if not kept:
            del headers["content-encoding"]
    if params.get("Expires") is not None:
        headers["expires"] = http_date(params["Expires"])
    tags = dict(parse_qsl(params.get("Tagging", ""), keep_blank_values=True))
    return Attributes(params.get("ContentType") or "binary/octet-stream", params.get("Metadata", {}), headers, tags)


def algorithms_of(call: Call) -> list[str]:
    """The checksums a request brings or asks for."""
    named = {name for name, member in CHECKSUMS.items() if member in call.params}
    if call.params.get("ChecksumAlgorithm"):
        named.add(str(call.params["ChecksumAlgorithm"]).lower())
    trailer = call.headers.get("x-amz-trailer", "").strip().lower()
    if trailer.startswith("x-amz-checksum-"):
        named.add(trailer.removeprefix("x-amz-checksum-"))
    unknown = named - ALGORITHMS.keys()
    if unknown:
        raise s3_error(
            "InvalidRequest", f"The checksum is not supported; use one of {', '.join(sorted(ALGORITHMS)).upper()}."
        )
    return sorted(named)


def check_digests(call: Call, sink: Sink, algorithms: list[str]) -> None:
    for name in algorithms:
        claimed = call.params.get(CHECKSUMS[name])
        if claimed is not None and claimed != sink.digest(name):
            raise s3_error("BadDigest")
    claimed = call.params.get("ContentMD5")
    if claimed is not None and not re.fullmatch(r"[A-Za-z0-9+/]{22}==", claimed):
        raise s3_error("InvalidDigest")
    if claimed is not None and claimed != sink.digest("md5"):
        raise s3_error("BadDigest")


async def receive(body: Any, sink: Sink) -> None:
    """Writes a body as it comes; large ones by a thread, while the next pieces arrive."""
    pieces = aiter(body)
    first = await anext(pieces, b"")
    if len(first) < WRITE_BATCH:
        sink.write(first)
        async for piece in pieces:
            sink.write(piece)
        return
    async with Behind(sink.write) as writing:
        await writing.put(first)
        async for piece in pieces:
            await writing.put(piece)


def _condition(params: Mapping[str, Any]) -> Condition:
    match = params.get("IfMatch")
    return Condition(match.strip('"') if match else None, params.get("IfNoneMatch"))


async def put(blobs: Blobs, call: Call, now: float) -> Answer:
    access.bucket(blobs, call)
    key, algorithms = access.key(call.params), algorithms_of(call)
    sink = blobs.open_write(
        call.params["Bucket"],
        key,
        attributes_of(call.params),
        now=now,
        checksums=algorithms,
        condition=_condition(call.params),
    )
    try:
        body = call.params.get("Body")
        if body is not None:
            await receive(body, sink)
        check_digests(call, sink, algorithms)
        stored = sink.commit()
    except OutOfSpace:
        raise s3_error("InsufficientStorage") from None
    except PreconditionFailed:
        raise s3_error("PreconditionFailed") from None
    except NoSuchKey:
        raise s3_error("NoSuchKey", Key=key) from None
    finally:
        sink.abort()
    return Answer({"ETag": f'"{stored.etag}"', **encryption(call), **checksum_members(stored.checksums)})


def encryption(call: Call) -> dict[str, Any]:
    """What was asked for is reported; nothing is encrypted beyond what the disk does (docs/storage.md says so)."""
    asked = call.params.get("ServerSideEncryption")
    return {"ServerSideEncryption": asked} if asked else {}


def checksum_members(sums: Mapping[str, str]) -> dict[str, str]:
    found = {CHECKSUMS[name]: value for name, value in sums.items() if name in CHECKSUMS}
    if not found:
        return {}
    composite = any("-" in value for value in found.values())
    return {**found, "ChecksumType": "COMPOSITE" if composite else "FULL_OBJECT"}


def find(blobs: Blobs, call: Call) -> Object:
    access.bucket(blobs, call)
    try:
        return blobs.head(call.params["Bucket"], access.key(call.params))
    except NoSuchKey:
        raise s3_error("NoSuchKey", Key=call.params["Key"]) from None


def not_modified(call: Call, found: Object) -> bool:
    """True for 304; raises 412."""
    params = call.params

    def names(text: str) -> bool:
        return any(one.strip().strip('"') in (found.etag, "*") for one in text.split(","))

    since, unless = params.get("IfModifiedSince"), params.get("IfUnmodifiedSince")
    if "IfMatch" in params:
        if not names(params["IfMatch"]):
            raise s3_error("PreconditionFailed", Condition="If-Match")
    elif unless is not None and int(found.modified) > unless:
        raise s3_error("PreconditionFailed", Condition="If-Unmodified-Since")
    if "IfNoneMatch" in params:
        return names(params["IfNoneMatch"])
    return since is not None and int(found.modified) <= since


def byte_range(text: str | None, size: int) -> tuple[int, int] | None:
    """(first, last), None for the whole; raises InvalidRange. What is no byte range is ignored, as HTTP says."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip()) if text else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size - 1
        if int(last) == 0:
            start = size
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if start >= size or (first and last and int(last) < int(first)):
        raise s3_error("InvalidRange", RangeRequested=text, ActualObjectSize=size)
    return start, end


def describe(call: Call, found: Object, length: int) -> dict[str, Any]:
    params = call.params
    document: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": found.modified,
        "ContentLength": length,
        "ETag": f'"{found.etag}"',
        "ContentType": params.get("ResponseContentType", found.content_type),
        "Metadata": found.metadata,
        "TagCount": len(found.tags) or None,
    }
    for member, name in _STORED_HEADERS.items():
        value = params.get(f"Response{member}", found.headers.get(name))
        if value is not None:
            document[member] = value
    if (expires := params.get("ResponseExpires", found.headers.get("expires"))) is not None:
        document["Expires"] = read_time(expires)
    if params.get("ChecksumMode") == "ENABLED":
        document |= checksum_members(found.checksums)
    if "PartNumber" in params and found.parts:
        document["PartsCount"] = len(found.parts)
    return document


def check_version(call: Call) -> None:
    """Buckets have no versions: "null" is the only one."""
    version = call.params.get("VersionId")
    if version not in (None, "null"):
        raise s3_error("NoSuchVersion", Key=call.params["Key"], VersionId=version)


def wanted_range(call: Call, found: Object) -> tuple[int, int] | None:
    """By Range or PartNumber; None for the whole."""
    number = call.params.get("PartNumber")
    if number is None:
        return byte_range(call.params.get("Range"), found.size)
    if call.params.get("Range") is not None:
        raise s3_error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    sizes = found.parts or (found.size,)
    if not 1 <= number <= len(sizes):
        raise s3_error("InvalidPartNumber", ActualPartCount=len(sizes), PartNumberRequested=number)
    start = sum(sizes[: number - 1])
    # A part of nothing has no range to name.
    return (start, start + sizes[number - 1] - 1) if sizes[number - 1] else None


def _ranged(document: dict[str, Any], wanted: tuple[int, int], size: int) -> dict[str, Any]:
    document["ContentRange"] = f"bytes {wanted[0]}-{wanted[1]}/{size}"
    return {name: value for name, value in document.items() if not name.startswith("Checksum")}


def head(blobs: Blobs, call: Call) -> Answer:
    check_version(call)
    found = find(blobs, call)
    if not_modified(call, found):
        return Answer({}, 304, {"etag": f'"{found.etag}"'})
    wanted = wanted_range(call, found)
    document = describe(call, found, wanted[1] - wanted[0] + 1 if wanted else found.size)
    if wanted is None:
        return Answer(document)
    return Answer(
        _ranged(document, wanted, found.size), 206, {"content-range": f"bytes {wanted[0]}-{wanted[1]}/{found.size}"}
    )


def attributes(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    """GetObjectAttributes: what was asked for, and only that."""
    check_version(call)
    found = find(blobs, call)
    parts = [{"PartNumber": number, "Size": size} for number, size in enumerate(found.parts, 1)]
    after, limit = int(call.params.get("PartNumberMarker", 0)), min(int(call.params.get("MaxParts", 1000)), 1000)
    page = parts[after : after + limit]
    known: dict[str, Any] = {
        "ETag": found.etag,
        "Checksum": checksum_members(found.checksums) or None,
        "ObjectSize": found.size,
        "StorageClass": "STANDARD",
        "ObjectParts": {
            "TotalPartsCount": len(parts),
            "PartNumberMarker": after,
            "NextPartNumberMarker": after + len(page),
            "MaxParts": limit,
            "IsTruncated": after + limit < len(parts),
            "Parts": page,
        }
        if parts
        else None,
    }
    asked = {one.strip() for one in ",".join(call.params["ObjectAttributes"]).split(",")}
    if not asked <= known.keys():
        raise s3_error("InvalidArgument", f"The attributes are {', '.join(known)}.")
    return {"LastModified": found.modified, **{name: known[name] for name in asked}}


async def send(stream: BinaryIO, start: int, length: int) -> AsyncIterator[bytes]:
    """Reads ahead by one piece in a thread while the one before is sent."""
    with stream:
        stream.seek(start)
        reading = asyncio.create_task(asyncio.to_thread(stream.read, min(READ_CHUNK, length)))
        try:
            while length > 0:
                piece = await reading
                if not piece:
                    return
                length -= len(piece)
                if length > 0:
                    reading = asyncio.create_task(asyncio.to_thread(stream.read, min(READ_CHUNK, length)))
                yield piece
        finally:
            if not reading.done():
                await asyncio.wait([reading])


def get(blobs: Blobs, call: Call) -> Answer:
    check_version(call)
    access.bucket(blobs, call)
    try:
        found, stream = blobs.open_read(call.params["Bucket"], access.key(call.params))
    except NoSuchKey:
        raise s3_error("NoSuchKey", Key=call.params["Key"]) from None
    try:
        if not_modified(call, found):
            stream.close()
            return Answer({}, 304, {"etag": f'"{found.etag}"', "last-modified": http_date(found.modified)})
        wanted = wanted_range(call, found)
    except BaseException:
        stream.close()
        raise
    start, length = (wanted[0], wanted[1] - wanted[0] + 1) if wanted else (0, found.size)
    document = describe(call, found, length)
    if wanted:
        document = _ranged(document, wanted, found.size)
    if length <= READ_CHUNK:
        with stream:
            stream.seek(start)
            document["Body"] = stream.read(length)
    else:
        document["Body"] = send(stream, start, length)
    return Answer(document, 206 if wanted else None)


def source_of(text: str) -> tuple[str, str]:
    bucket, _, key = unquote(text.partition("?")[0]).lstrip("/").partition("/")
    if not bucket or not key:
        raise s3_error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    return bucket, key


def _copied(call: Call, found: Object, replace: bool, retag: bool) -> Attributes | None:
    """What the copy says of itself; None where it says what its source does."""
    if not replace and not retag:
        return None
    given = attributes_of(call.params)
    kept = Attributes(found.content_type, found.metadata, found.headers, found.tags)
    from_given, tags = given if replace else kept, given.tags if retag else kept.tags
    return Attributes(from_given.content_type, from_given.metadata, from_given.headers, tags)


def copy(blobs: Blobs, call: Call, now: float) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    source = source_of(call.params["CopySource"])
    expected = call.params.get("ExpectedSourceBucketOwner")
    if access.bucket(blobs, call, source[0]).owner != (expected or call.caller.project):
        raise s3_error("AccessDenied")
    replace = call.params.get("MetadataDirective") == "REPLACE"
    retag = call.params.get("TaggingDirective") == "REPLACE"
    target = (call.params["Bucket"], access.key(call.params))
    if source == target and not replace and not retag:
        raise s3_error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing its metadata.",
        )
    try:
        found = blobs.head(*source)
        wanted = call.params.get("CopySourceIfMatch")
        if wanted and wanted.strip('"') != found.etag:
            raise s3_error("PreconditionFailed")
        if call.params.get("CopySourceIfNoneMatch", "").strip('"') == found.etag:
            raise s3_error("PreconditionFailed")
        copied = blobs.copy(source, target, now=now, attributes=_copied(call, found, replace, retag))
    except NoSuchKey:
        raise s3_error("NoSuchKey", Key=source[1]) from None
    except NoSuchBucket:
        raise s3_error("NoSuchBucket") from None
    return {"CopyObjectResult": {"ETag": f'"{copied.etag}"', "LastModified": copied.modified}, **encryption(call)}


def delete_many(blobs: Blobs, call: Call) -> Mapping[str, Any]:
    access.bucket(blobs, call)
    wanted = call.params["Delete"].get("Objects", [])
    if not 0 < len(wanted) <= 1000:
        raise s3_error("MalformedXML")
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for one in wanted:
        try:
            if one.get("VersionId") not in (None, "null"):
                raise s3_error("NoSuchVersion")
            blobs.delete(call.params["Bucket"], access.key(one))
            deleted.append({"Key": one["Key"]})
        except ApiError as error:
            errors.append({"Key": one["Key"], "Code": error.code, "Message": error.message})
    return {"Deleted": [] if call.params["Delete"].get("Quiet") else deleted, "Errors": errors}
