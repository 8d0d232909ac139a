"""How rules and what they set going are called. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from studiolo.base.arn import REGION, Arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services import targets
from studiolo.store.protocol import Index

RULE, DELIVERY, STATE, SINCE, BUCKET = "EventRule", "EventDelivery", "EventState", "EventSince", "BucketNotification"
BUS = "default"
ENABLED, DISABLED = "ENABLED", "DISABLED"
OPEN, DONE = "Open", "Done"


def rule_arn(project: str, name: str) -> str:
    return str(Arn("events", project, f"rule/{name}"))


def bus_arn(project: str) -> str:
    return str(Arn("events", project, f"event-bus/{BUS}"))


def check_bus(project: str, given: str | None) -> None:
    """There is one bus. Raises ApiError."""
    if given not in (None, BUS, bus_arn(project)):
        raise ApiError(f"Event bus {given} does not exist.", code="ResourceNotFoundException", status=400)


def since_key(project: str) -> Key:
    """Whose creation is when the project began to have rules with patterns."""
    return Key(project, SINCE, "since")


def event(
    project: str, id: str, source: str, kind: str, at: float, resources: list[str], detail: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": id,
        "detail-type": kind,
        "source": source,
        "account": project,
        "time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": resources,
        "detail": detail,
    }


def index_rule(record: Record) -> Index:
    """Rules with a schedule are looked at by time, the others when something happens."""
    by = "time" if record.spec.get("ScheduleExpression") else "event"
    return Index(str(record.spec["State"]), {"By": by, **targets.labels(record.spec.get("_targets", {}).values())})


def index_delivery(record: Record) -> Index:
    return Index(DONE if record.status.get("Done") else OPEN, {"Rule": str(record.spec.get("Rule", "")).lower()})
