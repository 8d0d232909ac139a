"""Data sets and their versions as records: their keys, where their bytes lie, what lists filter by."""

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.s3uri import DATA_SET_BUCKETS
from studiolo.store.protocol import Index, Query

DATA_SET, VERSION = "DataSet", "DataSetVersion"


def data_set(project: str, name: str) -> Key:
    return Key(project, DATA_SET, name)


def version(project: str, name: str, number: int) -> Key:
    return Key(project, VERSION, f"{name}:{number}")


def bucket_of(project: str) -> str:
    return f"{DATA_SET_BUCKETS}{project}"


def folder_of(digest: str) -> str:
    """By content: versions of the same bytes share it."""
    return f"versions/{digest}/"


def index(record: Record) -> Index:
    return Index(str(record.status["VersionStatus"]), {"DataSet": str(record.spec["DataSet"]).casefold()})


def versions(platform: Platform, project: str, name: str) -> list[Record]:
    """Newest first."""
    found: list[Record] = []
    token: str | None = None
    while True:
        page = platform.store.query(
            Query(VERSION, project, labels={"DataSet": name.casefold()}, descending=True, limit=1000, token=token)
        )
        found += page.records
        token = page.token
        if token is None:
            return sorted(found, key=lambda one: -int(one.spec["Version"]))


def shared(platform: Platform, record: Record, digest: str) -> bool:
    """Whether another version of the project has the same bytes."""
    token: str | None = None
    while True:
        page = platform.store.query(Query(VERSION, record.key.project, limit=1000, token=token))
        if any(one.key != record.key and one.status.get("Digest") == digest for one in page.records):
            return True
        token = page.token
        if token is None:
            return False
