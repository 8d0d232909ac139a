"""How schedules are called, and what their targets may be told. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from studiolo.base.arn import Arn
from studiolo.base.record import Record
from studiolo.services import targets
from studiolo.store.protocol import Index

SCHEDULE, GROUP = "Schedule", "default"


def schedule_arn(project: str, name: str) -> str:
    return str(Arn("scheduler", project, f"schedule/{GROUP}/{name}"))


def group_arn(project: str) -> str:
    return str(Arn("scheduler", project, f"schedule-group/{GROUP}"))


def attributes(record: Record, due: float, token: str) -> dict[str, str]:
    """What stands for <aws.scheduler.…> in a target's input."""
    return {
        "<aws.scheduler.schedule-arn>": schedule_arn(record.key.project, record.key.name),
        "<aws.scheduler.scheduled-time>": datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.execution-id>": token[:32],
        "<aws.scheduler.attempt-number>": "1",
    }


def filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(name, value)
    return text


def index(record: Record) -> Index:
    return Index(str(record.spec["State"]), targets.labels([record.spec["Target"]]))
