"""The inference components of an endpoint, found by their label. Endpoints, components and the router ask here."""

from collections.abc import Iterator

from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query
from studiolo.store.scan import scan

KIND = "InferenceComponent"


def of_endpoint(platform: Platform, project: str, endpoint: str) -> Iterator[Record]:
    return scan(platform.store, Query(KIND, project, labels={"Endpoint": endpoint}))


def copies(record: Record) -> int:
    """How many it should have now."""
    wishes = record.spec["_desired"].get(str(record.spec["_generation"]), {})
    variant: str = record.spec["VariantName"]
    count = wishes.get(variant, {}).get("Count", record.spec["_copies"])
    return int(count)
