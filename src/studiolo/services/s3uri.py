"""s3:// addresses as requests carry them, and what they stand for in a project."""

from collections.abc import Iterator
from dataclasses import dataclass

from studiolo.base.errors import ValidationError
from studiolo.blobs.protocol import Attributes, Blobs, Entry, NoSuchBucket, NoSuchKey, Object

DATA_SET_BUCKETS = "studiolo-datasets-"
"""Of the studio's own: clients read them and never write, so a data set's version stays what it was."""


@dataclass(frozen=True, slots=True)
class S3Uri:
    bucket: str
    key: str
    """May be empty or a prefix."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def child(self, path: str) -> "S3Uri":
        """One below: s3://b/x and s3://b/x/ both give s3://b/x/<path>."""
        base = self.key.rstrip("/")
        return S3Uri(self.bucket, f"{base}/{path}" if base else path)


def parse(text: str) -> S3Uri:
    scheme, _, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValidationError(f"{text!r} is no S3 address of the form s3://bucket/key.")
    return S3Uri(bucket, key)


def own(blobs: Blobs, project: str, text: str) -> S3Uri:
    """The address, if its bucket is the project's. Raises ValidationError; tells nothing of others' buckets."""
    uri = parse(text)
    try:
        if blobs.bucket(uri.bucket).owner == project:
            return uri
    except NoSuchBucket:
        pass
    raise ValidationError(f"The bucket of {text} does not exist in this project.")


def own_target(blobs: Blobs, project: str, text: str) -> S3Uri:
    """As `own`, for what is written: versions of data sets are no place for it."""
    uri = own(blobs, project, text)
    if uri.bucket.startswith(DATA_SET_BUCKETS):
        raise ValidationError(f"{text} lies in the bucket of data sets, which never change: choose another place.")
    return uri


def below(blobs: Blobs, uri: S3Uri) -> Iterator[tuple[Entry, str]]:
    """The objects an S3Prefix stands for, each with its path below it: a single object is its base name, a prefix keeps
    the sub-path, and objects that only mark folders are left out."""
    try:
        if uri.key and not uri.key.endswith("/"):
            yield blobs.head(uri.bucket, uri.key), uri.key.rpartition("/")[2]
            return
    except NoSuchKey:
        pass
    folder = uri.key if uri.key.endswith("/") or not uri.key else uri.key.rpartition("/")[0] + "/"
    folder = "" if folder == "/" else folder
    start = uri.key
    exact = f"{uri.key}/" if uri.key and not uri.key.endswith("/") else None
    for one in blobs.iterate(uri.bucket, start):
        if one.key.endswith("/"):
            continue
        base = exact if exact and one.key.startswith(exact) else folder
        yield one, one.key[len(base) :]


def default_bucket(account: str) -> str:
    """The bucket both SDKs look for and make."""
    return f"sagemaker-us-east-1-{account}"


def put(blobs: Blobs, uri: S3Uri, data: bytes, content_type: str, *, now: float) -> Object:
    """A small object, whole. Raises BlobError."""
    sink = blobs.open_write(uri.bucket, uri.key, Attributes(content_type), now=now)
    try:
        sink.write(data)
        return sink.commit()
    finally:
        sink.abort()
