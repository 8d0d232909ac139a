"""The `cloudwatch` service: metrics of users and of the platform, and alarms on them."""

from collections.abc import Mapping

from studiolo.control.protocol import Controller
from studiolo.services.cloudwatch import alarm_record
from studiolo.services.cloudwatch.alarm_controller import AlarmController
from studiolo.services.cloudwatch.alarms import Alarms
from studiolo.services.cloudwatch.data import Data
from studiolo.services.cloudwatch.queries import Queries
from studiolo.services.platform import Platform
from studiolo.services.request import Handler
from studiolo.store.protocol import Indexer


def indexers() -> Mapping[str, Indexer]:
    return {alarm_record.KIND: alarm_record.index, alarm_record.HISTORY: alarm_record.history_index}


def controllers(platform: Platform) -> list[Controller]:
    return [AlarmController(platform)]


class CloudWatchService:
    name = "cloudwatch"

    def __init__(self, platform: Platform) -> None:
        self._handlers: dict[str, Handler] = {
            **Data(platform, Queries(platform)).operations(),
            **Alarms(platform).operations(),
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation.startswith(("Describe", "Get", "List"))
