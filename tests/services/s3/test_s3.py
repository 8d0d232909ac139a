"""The service over the store in memory: what each operation answers, without a server."""

import asyncio
import base64
import hashlib

import pytest

from studiolo.base.errors import ApiError
from studiolo.blobs.memory import MemoryBlobs
from studiolo.services.request import Answer, Call, Caller
from studiolo.services.s3.service import S3Service

PROJECT = "111122223333"


class Bytes:
    def __init__(self, data):
        self.data, self.length = data, len(data)

    async def __aiter__(self):
        yield self.data


class Client:
    def __init__(self):
        self.blobs = MemoryBlobs()
        self.service = S3Service(self.blobs, lambda: 1_700_000_000.0)

    def answer(self, operation, project=PROJECT, **params):
        body = params.get("Body")
        params |= {"Body": Bytes(body)} if body is not None else {}
        call = Call(Caller("ann", project, "admin"), "s3", operation, {"Bucket": "data", **params}, "1")
        found = asyncio.run(self.service.handler(operation)(call))
        return found if isinstance(found, Answer) else Answer(found or {})

    def __call__(self, operation, **params):
        return self.answer(operation, **params).document

    def refused(self, operation, **params):
        with pytest.raises(ApiError) as error:
            self.answer(operation, **params)
        return error.value.code

    def upload(self, key, pieces, **more):
        upload = {"Key": key, "UploadId": self("CreateMultipartUpload", Key=key)["UploadId"]}
        parts = []
        for number, data in enumerate(pieces, 1):
            sent = self("UploadPart", **upload, PartNumber=number, Body=data, **more)
            sums = {name: value for name, value in sent.items() if name.startswith("Checksum")}
            parts.append({"PartNumber": number, "ETag": sent["ETag"], **sums})
        return upload, parts


@pytest.fixture
def s3():
    client = Client()
    client("CreateBucket")
    return client


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("us-east-1", "InvalidLocationConstraint"), ("eu-west-1", "IllegalLocationConstraintException")],
)
def test_buckets_are_in_the_one_region(s3, wanted, code):
    configuration = {"LocationConstraint": wanted}
    assert s3.refused("CreateBucket", Bucket="other", CreateBucketConfiguration=configuration) == code
    assert s3.refused("HeadBucket", Bucket="other") == "NoSuchBucket"


def test_another_projects_bucket_is_closed(s3):
    s3("PutObject", Key="k", Body=b"x")
    for operation in ("GetObject", "HeadObject", "DeleteObject", "GetObjectAttributes"):
        assert s3.refused(operation, project="444455556666", Key="k") == "AccessDenied"


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "."])
def test_a_key_is_no_path(s3, key):
    s3("PutObject", Key=key, Body=b"mine")
    assert s3("GetObject", Key=key)["Body"] == b"mine"
    assert [one["Key"] for one in s3("ListObjectsV2")["Contents"]] == [key]


def test_digests(s3):
    assert s3.refused("PutObject", Key="k", Body=b"x", ContentMD5="nonsense") == "InvalidDigest"
    assert s3.refused("PutObject", Key="k", Body=b"x", ContentMD5=md5(b"y")) == "BadDigest"
    assert s3.refused("PutObject", Key="k", Body=b"x", ChecksumSHA256="AAAA") == "BadDigest"
    assert s3.refused("GetObject", Key="k") == "NoSuchKey"
    s3("PutObject", Key="k", Body=b"x", ContentMD5=md5(b"x"))


def test_the_null_version_is_the_only_one(s3):
    s3("PutObject", Key="k", Body=b"x")
    for operation in ("GetObject", "HeadObject", "GetObjectAttributes", "DeleteObject"):
        more = {"ObjectAttributes": ["ETag"]} if operation == "GetObjectAttributes" else {}
        assert s3.refused(operation, Key="k", VersionId="v1", **more) == "NoSuchVersion"
        s3(operation, Key="k", VersionId="null", **more)


def test_ranges_of_a_head(s3):
    s3("PutObject", Key="k", Body=b"0123456789")
    ranged = s3.answer("HeadObject", Key="k", Range="bytes=2-4")
    assert (ranged.status, ranged.headers["content-range"], ranged.document["ContentLength"]) == (
        206, "bytes 2-4/10", 3,
    )  # fmt: skip


def test_what_a_reader_wants_answered_overrides_what_is_stored(s3):
    s3("PutObject", Key="k", Body=b"x", Expires=2_000_000_000.0, CacheControl="no-cache", ContentType="text/csv")
    stored = s3("GetObject", Key="k")
    assert (int(stored["Expires"]), stored["CacheControl"], stored["ContentType"]) == (
        2_000_000_000, "no-cache", "text/csv",
    )  # fmt: skip
    other = s3("GetObject", Key="k", ResponseCacheControl="private", ResponseContentType="text/plain")
    assert (other["CacheControl"], other["ContentType"]) == ("private", "text/plain")


def test_parts_are_verified_and_read_by_number(s3):
    pieces = [b"a" * (5 << 20), b"b" * 10]
    upload, parts = s3.upload("big", pieces, ChecksumAlgorithm="SHA256")
    wrong = [{**parts[0], "ChecksumSHA256": parts[1]["ChecksumSHA256"]}, parts[1]]
    assert s3.refused("CompleteMultipartUpload", **upload, MultipartUpload={"Parts": wrong}) == "InvalidPart"
    backwards = {"Parts": parts[::-1]}
    assert s3.refused("CompleteMultipartUpload", **upload, MultipartUpload=backwards) == "InvalidPartOrder"
    done = s3("CompleteMultipartUpload", **upload, MultipartUpload={"Parts": parts})
    inner = b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    composite = f"{base64.b64encode(hashlib.sha256(inner).digest()).decode()}-2"
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (composite, "COMPOSITE")
    part = s3.answer("GetObject", Key="big", PartNumber=2)
    assert (part.status, part.document["Body"], part.document["PartsCount"]) == (206, pieces[1], 2)
    assert s3.refused("GetObject", Key="big", PartNumber=3) == "InvalidPartNumber"
    about = s3("GetObjectAttributes", Key="big", ObjectAttributes=["ObjectParts", "Checksum", "ObjectSize"])
    assert about["ObjectParts"]["TotalPartsCount"] == 2
    assert (about["Checksum"]["ChecksumSHA256"], about["ObjectSize"]) == (composite, (5 << 20) + 10)


def test_small_parts_are_refused(s3):
    upload, parts = s3.upload("k", [b"a", b"b"])
    assert s3.refused("CompleteMultipartUpload", **upload, MultipartUpload={"Parts": parts}) == "EntityTooSmall"


def test_uploads_come_in_pages(s3):
    for name in ("a", "b", "c"):
        s3("CreateMultipartUpload", Key=name)
    page = s3("ListMultipartUploads", MaxUploads=2)
    assert ([one["Key"] for one in page["Uploads"]], page["IsTruncated"]) == (["a", "b"], True)
    markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    rest = s3("ListMultipartUploads", MaxUploads=2, **markers)
    assert ([one["Key"] for one in rest["Uploads"]], rest["IsTruncated"]) == (["c"], False)


def test_copies_keep_or_replace_metadata_and_tags_apart(s3):
    s3("PutObject", Key="a", Body=b"x", Metadata={"m": "1"}, Tagging="t=1")
    for directives, metadata, tag in (
        ({}, {"m": "1"}, "1"),
        ({"TaggingDirective": "REPLACE", "Tagging": "t=2"}, {"m": "1"}, "2"),
        ({"MetadataDirective": "REPLACE", "Metadata": {"m": "2"}}, {"m": "2"}, "1"),
    ):
        s3("CopyObject", Key="b", CopySource="data/a", **directives)
        assert s3("HeadObject", Key="b")["Metadata"] == metadata
        assert s3("GetObjectTagging", Key="b")["TagSet"] == [{"Key": "t", "Value": tag}]


def test_access_lists(s3):
    for operation in ("GetObjectAcl", "PutObjectAcl"):
        assert s3.refused(operation, Key="none") == "NoSuchKey"
    s3("PutObject", Key="k", Body=b"x")
    s3("PutObjectAcl", Key="k", ACL="bucket-owner-full-control")
    assert s3.refused("PutObjectAcl", Key="k", ACL="public-read") == "AccessControlListNotSupported"


@pytest.mark.parametrize("token", ["%%%", "é", "a"])
def test_a_token_of_nobodys_is_refused(s3, token):
    assert s3.refused("ListObjectsV2", ContinuationToken=token) == "InvalidArgument"


def test_one_bad_key_does_not_stop_the_others_deletion(s3):
    s3("PutObject", Key="k", Body=b"x")
    gone = s3("DeleteObjects", Delete={"Objects": [{"Key": "x" * 1025}, {"Key": "k"}]})
    assert [one["Code"] for one in gone["Errors"]] == ["KeyTooLongError"]
    assert gone["Deleted"] == [{"Key": "k"}]
    assert s3.refused("HeadObject", Key="k") == "NoSuchKey"
