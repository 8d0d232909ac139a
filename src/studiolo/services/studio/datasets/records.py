"""Data sets and their versions as records: their keys, where their bytes lie, what lists filter by."""

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.s3uri import DATA_SET_BUCKETS
from studiolo.store.protocol import Index, Query
from studiolo.store.scan import scan

DATA_SET, VERSION = "DataSet", "DataSetVersion"


def data_set(project: str, name: str) -> Key:
    return Key(project, DATA_SET, name)


def version(project: str, name: str, number: int) -> Key:
    return Key(project, VERSION, f"{name}:{number}")


def bucket_of(project: str) -> str:
    return f"{DATA_SET_BUCKETS}{project}"


def folder_of(name: str, number: int) -> str:
    """By name and version, so that whatever reads S3 can use a data set by them."""
    return f"{name}/{number}/"


def index(record: Record) -> Index:
    return Index(str(record.status["VersionStatus"]), {"DataSet": str(record.spec["DataSet"]).casefold()})


def index_set(record: Record) -> Index:
    return Index("", {"Owner": str(record.spec["Owner"])})


def versions(platform: Platform, project: str, name: str) -> list[Record]:
    """Newest first."""
    found = scan(platform.store, Query(VERSION, project, labels={"DataSet": name.casefold()}))
    return sorted(found, key=lambda one: -int(one.spec["Version"]))
