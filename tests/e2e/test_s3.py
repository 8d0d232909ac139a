"""S3 as boto3 and other clients speak it."""

import base64
import hashlib
import urllib.error
import urllib.request
import zlib

import boto3
import jobs
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def s3(studio):
    return studio.client("s3")


@pytest.fixture
def place(studio, s3):
    """(bucket, prefix) of a test's own."""
    return studio.bucket, f"{jobs.name('s3')}/"


def code(call, **members):
    with pytest.raises(ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "a//b", "ü/日本 語+&=?.txt", "folder/", "x" * 900, "/leading", "a/../b", "%2e%2e"]
)
def test_any_key_is_a_plain_name(s3, place, key):
    bucket, prefix = place
    s3.put_object(Bucket=bucket, Key=prefix + key, Body=key.encode(), Metadata={"who": "ann"}, ContentType="text/plain")
    got = s3.get_object(Bucket=bucket, Key=prefix + key)
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (key.encode(), {"who": "ann"}, "text/plain")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]] == [prefix + key]
    s3.delete_object(Bucket=bucket, Key=prefix + key)
    assert code(s3.get_object, Bucket=bucket, Key=prefix + key) == "NoSuchKey"


def test_ranges_and_conditions(s3, place):
    bucket, prefix = place
    key = f"{prefix}k"
    etag = s3.put_object(Bucket=bucket, Key=key, Body=b"0123456789")["ETag"]
    for text, wanted, shown in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ):
        got = s3.get_object(Bucket=bucket, Key=key, Range=text)
        assert (got["Body"].read(), got["ContentRange"], got["ResponseMetadata"]["HTTPStatusCode"]) == (
            wanted,
            shown,
            206,
        )
    assert code(s3.get_object, Bucket=bucket, Key=key, Range="bytes=10-") == "InvalidRange"
    assert code(s3.get_object, Bucket=bucket, Key=key, IfMatch='"other"') == "PreconditionFailed"
    assert code(s3.get_object, Bucket=bucket, Key=key, IfNoneMatch=etag) == "304"
    assert code(s3.put_object, Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*") == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key=key, Body=b"new", IfMatch=etag)
    assert code(s3.put_object, Bucket=bucket, Key=key, Body=b"", IfMatch=etag) == "PreconditionFailed"


def test_lists_roll_up_and_page(s3, place):
    bucket, prefix = place
    for name in ("a/1", "a/2", "b", "c/x/y", "d", "a"):
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=b"x")
    got = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
    assert [one["Key"][len(prefix) :] for one in got["Contents"]] == ["a", "b", "d"]
    assert [one["Prefix"][len(prefix) :] for one in got["CommonPrefixes"]] == ["a/", "c/"]
    for operation in ("list_objects_v2", "list_objects"):
        pages = s3.get_paginator(operation).paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": 2}
        )
        found = []
        for page in pages:
            assert len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= 2
            found += [one["Key"] for one in page.get("Contents", [])] + [
                one["Prefix"] for one in page.get("CommonPrefixes", [])
            ]
        assert sorted(found) == sorted(prefix + name for name in ("a", "a/", "b", "c/", "d")), operation
    after = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=f"{prefix}b")
    assert [one["Key"][len(prefix) :] for one in after["Contents"]] == ["c/x/y", "d"]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_verified_and_given_back(s3, place, algorithm):
    bucket, prefix = place
    data = b"some bytes" * 100
    if algorithm in ("CRC32", "SHA1", "SHA256"):
        value = {
            "CRC32": zlib.crc32(data).to_bytes(4, "big"),
            "SHA1": hashlib.sha1(data).digest(),
            "SHA256": hashlib.sha256(data).digest(),
        }
        right = {f"Checksum{algorithm}": base64.b64encode(value[algorithm]).decode()}
    else:
        right = {"ChecksumAlgorithm": algorithm}
    try:
        s3.put_object(Bucket=bucket, Key=f"{prefix}k", Body=data, **right)
    except Exception as error:
        assert "awscrt" in str(error) or "CRT" in str(error)
        pytest.skip("this boto3 needs awscrt for it")
    head = s3.head_object(Bucket=bucket, Key=f"{prefix}k", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"]
    if "ChecksumAlgorithm" not in right:
        wrong = {
            f"Checksum{algorithm}": base64.b64encode(b"\0" * len(base64.b64decode(next(iter(right.values()))))).decode()
        }
        assert code(s3.put_object, Bucket=bucket, Key=f"{prefix}w", Body=data, **wrong) == "BadDigest"
        assert code(s3.head_object, Bucket=bucket, Key=f"{prefix}w") == "404"


def test_multipart(s3, place):
    bucket, prefix = place
    key = f"{prefix}big"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="x/y")["UploadId"]
    parts = []
    for number, data in ((2, b"b" * 10), (1, b"a" * (5 << 20))):
        etag = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    assert [one["PartNumber"] for one in s3.list_parts(Bucket=bucket, Key=key, UploadId=upload)["Parts"]] == [1, 2]
    assert (
        code(s3.complete_multipart_upload, Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        == "InvalidPartOrder"
    )
    ordered = {"Parts": sorted(parts, key=lambda one: one["PartNumber"])}
    done = s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=ordered)
    assert done["ETag"].endswith('-2"')
    got = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={(5 << 20) - 2}-{(5 << 20) + 1}")
    assert got["Body"].read() == b"aabb" and got["ContentType"] == "x/y"
    assert code(s3.list_parts, Bucket=bucket, Key=key, UploadId=upload) == "NoSuchUpload"
    small = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    tags = [
        {
            "PartNumber": n,
            "ETag": s3.upload_part(Bucket=bucket, Key=key, UploadId=small, PartNumber=n, Body=b"x")["ETag"],
        }
        for n in (1, 2)
    ]
    assert (
        code(s3.complete_multipart_upload, Bucket=bucket, Key=key, UploadId=small, MultipartUpload={"Parts": tags})
        == "EntityTooSmall"
    )
    s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=small)


def test_copies_tags_and_deletions(s3, place):
    bucket, prefix = place
    s3.put_object(Bucket=bucket, Key=f"{prefix}a b", Body=b"1", Metadata={"m": "1"}, Tagging="k=v")
    s3.copy_object(Bucket=bucket, Key=f"{prefix}copy", CopySource={"Bucket": bucket, "Key": f"{prefix}a b"})
    s3.put_object(Bucket=bucket, Key=f"{prefix}a b", Body=b"2")
    copied = s3.get_object(Bucket=bucket, Key=f"{prefix}copy")
    assert (copied["Body"].read(), copied["Metadata"]) == (b"1", {"m": "1"})
    assert s3.get_object_tagging(Bucket=bucket, Key=f"{prefix}copy")["TagSet"] == [{"Key": "k", "Value": "v"}]
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"{prefix}copy"}, {"Key": f"{prefix}never"}]})
    assert len(gone["Deleted"]) == 2
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 1


def test_presigned_urls_of_both_versions(studio, s3, place):
    bucket, prefix = place
    env = studio.env()
    modern = boto3.client(
        "s3", endpoint_url=studio.url, aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1", config=Config(signature_version="s3v4"),
    )  # fmt: skip
    for number, client in enumerate((s3, modern)):
        key = f"{prefix}käse {number}"
        put = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
        request = urllib.request.Request(put, b"by url", method="PUT", headers={"Content-Type": ""})
        if number == 0:
            request.add_unredirected_header("Content-Type", "")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        get = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
        with urllib.request.urlopen(get) as answer:
            assert answer.read() == b"by url"


def test_virtual_hosts(studio, s3, place):
    """Signed for <bucket>.localhost, sent to the address that such names stand for."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    bucket, prefix = place
    env = studio.env()
    s3.put_object(Bucket=bucket, Key=f"{prefix}v w", Body=b"virtual")
    host = f"{bucket}.localhost:{studio.port}"
    request = AWSRequest("GET", f"http://{host}/{prefix}v%20w", headers={"Host": host})
    S3SigV4Auth(Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]), "s3", "us-east-1").add_auth(
        request
    )
    sent = urllib.request.Request(f"{studio.url}/{prefix}v%20w", headers=dict(request.headers.items()))
    with urllib.request.urlopen(sent) as answer:
        assert answer.read() == b"virtual"


def test_buckets(studio, s3):
    name = jobs.name("bucket")
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert name in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.put_object(Bucket=name, Key="k", Body=b"")
    assert code(s3.delete_bucket, Bucket=name) == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code(s3.head_bucket, Bucket=name) == "404"
    assert code(s3.create_bucket, Bucket="endpoints") == "InvalidBucketName"
    assert code(s3.head_bucket, Bucket=studio.bucket, ExpectedBucketOwner="000000000000") == "403"
    assert code(s3.get_bucket_policy, Bucket=studio.bucket) == "NoSuchBucketPolicy"


def test_what_is_not_done_is_refused_and_not_ignored(s3, place):
    bucket, prefix = place
    key = f"{prefix}k"
    s3.put_object(Bucket=bucket, Key=key, Body=b"0123456789")
    assert code(s3.delete_object, Bucket=bucket, Key=key, VersionId="v") == "NoSuchVersion"
    assert code(s3.get_object, Bucket=bucket, Key=key, VersionId="v") == "NoSuchVersion"
    assert s3.get_object(Bucket=bucket, Key=key, VersionId="null")["Body"].read() == b"0123456789"
    assert code(s3.put_object, Bucket=bucket, Key=key, Body=b"x", WriteOffsetBytes=3) == "NotImplemented"
    assert code(s3.put_object, Bucket=bucket, Key=key, Body=b"x", StorageClass="GLACIER") == "InvalidStorageClass"
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"0123456789"


def test_a_refused_put_does_not_spoil_the_connection(s3, place):
    bucket, prefix = place
    s3.put_object(Bucket=bucket, Key=f"{prefix}k", Body=b"1")
    for size in (10, 3 << 20):
        assert code(s3.put_object, Bucket="no-such-bucket-here", Key="k", Body=b"x" * size) == "NoSuchBucket"
        assert s3.get_object(Bucket=bucket, Key=f"{prefix}k")["Body"].read() == b"1"


def test_the_parts_of_an_object(s3, place):
    """Sizes, checksums and ranges of what was uploaded in parts; a checksum that is not the part's is refused."""
    bucket, prefix = place
    key, pieces = f"{prefix}parts", [b"a" * (5 << 20), b"b" * 100]
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    done = []
    for number, piece in enumerate(pieces, 1):
        sent = s3.upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=piece, ChecksumAlgorithm="SHA256"
        )
        done.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    wrong = [{**done[0], "ChecksumSHA256": done[1]["ChecksumSHA256"]}, done[1]]
    finish = {"Bucket": bucket, "Key": key, "UploadId": upload}
    assert code(s3.complete_multipart_upload, **finish, MultipartUpload={"Parts": wrong}) == "InvalidPart"
    stored = s3.complete_multipart_upload(**finish, MultipartUpload={"Parts": done})
    inner = b"".join(hashlib.sha256(piece).digest() for piece in pieces)
    composite = f"{base64.b64encode(hashlib.sha256(inner).digest()).decode()}-2"
    assert (stored["ChecksumSHA256"], stored["ChecksumType"]) == (composite, "COMPOSITE")
    second = s3.get_object(Bucket=bucket, Key=key, PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (pieces[1], 2)
    assert s3.head_object(Bucket=bucket, Key=key, PartNumber=1)["ContentLength"] == 5 << 20
    about = s3.get_object_attributes(
        Bucket=bucket, Key=key, ObjectAttributes=["ETag", "ObjectParts", "ObjectSize", "Checksum"]
    )
    assert (about["ObjectSize"], about["ObjectParts"]["TotalPartsCount"]) == ((5 << 20) + 100, 2)
    assert about["Checksum"]["ChecksumSHA256"] == composite
    assert "StorageClass" not in about


def test_uploads_are_listed_in_pages(s3, place):
    bucket, prefix = place
    keys = sorted(f"{prefix}{number}" for number in range(5))
    for key in keys:
        s3.create_multipart_upload(Bucket=bucket, Key=key)
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}
    )
    sizes = [[one["Key"] for one in page.get("Uploads", ())] for page in pages]
    assert sizes == [keys[:2], keys[2:4], keys[4:]]


def test_copies_keep_or_replace_what_is_said_of_an_object(s3, place):
    bucket, prefix = place
    source = {"Bucket": bucket, "Key": f"{prefix}a"}
    s3.put_object(**source, Body=b"x", Metadata={"m": "1"}, Tagging="t=1", Expires=2_000_000_000)
    s3.copy_object(Bucket=bucket, Key=f"{prefix}b", CopySource=source, TaggingDirective="REPLACE", Tagging="t=2")
    copied = s3.head_object(Bucket=bucket, Key=f"{prefix}b")
    assert copied["Metadata"] == {"m": "1"}
    assert copied["ExpiresString"] == "Wed, 18 May 2033 03:33:20 GMT"
    assert s3.get_object_tagging(Bucket=bucket, Key=f"{prefix}b")["TagSet"] == [{"Key": "t", "Value": "2"}]
    s3.copy_object(Bucket=bucket, Key=f"{prefix}c", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"})
    assert s3.head_object(Bucket=bucket, Key=f"{prefix}c")["Metadata"] == {"m": "2"}
    assert s3.get_object_tagging(Bucket=bucket, Key=f"{prefix}c")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_what_makes_no_sense_is_said(s3, place):
    bucket, prefix = place
    key = f"{prefix}k"
    s3.put_object(Bucket=bucket, Key=key, Body=b"0123456789")
    ranged = s3.head_object(Bucket=bucket, Key=key, Range="bytes=2-4")
    assert ranged["ResponseMetadata"]["HTTPHeaders"]["content-range"] == "bytes 2-4/10"
    assert code(s3.get_object_acl, Bucket=bucket, Key=f"{prefix}none") == "NoSuchKey"
    assert code(s3.list_objects_v2, Bucket=bucket, ContinuationToken="%%%") == "InvalidArgument"
    assert code(s3.put_object, Bucket=bucket, Key=key, Body=b"x", ContentMD5="nonsense") == "InvalidDigest"
    assert code(s3.get_object, Bucket=bucket, Key=key, PartNumber=2) == "InvalidPartNumber"
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "x" * 1025}]})
    assert [one["Key"] for one in gone["Deleted"]] == [key]
    assert [one["Code"] for one in gone["Errors"]] == ["KeyTooLongError"]


def test_regions_and_access_lists(s3, place):
    bucket, prefix = place
    elsewhere = {"LocationConstraint": "eu-west-1"}
    name = jobs.name("bucket")
    assert code(s3.create_bucket, Bucket=name, CreateBucketConfiguration=elsewhere) == (
        "IllegalLocationConstraintException"
    )
    assert code(s3.put_object_acl, Bucket=bucket, Key=f"{prefix}none", ACL="private") == "NoSuchKey"
    s3.put_object(Bucket=bucket, Key=f"{prefix}k", Body=b"x")
    s3.put_object_acl(Bucket=bucket, Key=f"{prefix}k", ACL="bucket-owner-full-control")
    refused = code(s3.put_object_acl, Bucket=bucket, Key=f"{prefix}k", ACL="public-read")
    assert refused == "AccessControlListNotSupported"
