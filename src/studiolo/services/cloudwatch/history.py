"""What happened to alarms: one record an event, kept for thirty days, also after the alarm is gone."""

import hashlib
from collections.abc import Mapping
from typing import Any

from studiolo.base.record import Key
from studiolo.services.cloudwatch.alarm_record import HISTORY
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale, Store

KEPT = 30 * 86400.0


def write(store: Store, alarm: Key, item: Mapping[str, Any]) -> None:
    """Once, however often it is called with the same item."""
    text = f"{alarm.name}\0{item['Timestamp']}\0{item['HistoryItemType']}\0{item['HistorySummary']}"
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    spec = {"AlarmName": alarm.name, "AlarmType": "MetricAlarm", **item}
    try:
        store.create(Key(alarm.project, HISTORY, name), spec, {}, now=item["Timestamp"])
    except AlreadyExists:
        pass


def prune(store: Store, project: str, now: float) -> None:
    """A few of those that are too old; called whenever one is written."""
    for record in store.query(Query(HISTORY, project, created_before=now - KEPT, limit=20)).records:
        try:
            store.delete(record)
        except (Stale, Missing):
            pass
