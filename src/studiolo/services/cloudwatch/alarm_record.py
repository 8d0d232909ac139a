"""An alarm as a record: what its spec and status hold, how it is shown, and what becomes history.

The spec is the request (`_set`: a state that SetAlarmState asked for, `_configured`: when it was put last). The status is
the controller's: the state, and under `_todo` what a change of state still has to do: history to write, actions to take.
It is written together with the state, so a crash between the two loses nothing. `_rang`: when it last was in ALARM.
"""

import json
from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.record import Record
from studiolo.store.protocol import Index

KIND, HISTORY = "CloudWatchAlarm", "CloudWatchAlarmHistory"
ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
UNCHECKED = "Unchecked: Initial alarm creation"


def arn_of(record: Record) -> str:
    return str(Arn("cloudwatch", record.key.project, f"alarm:{record.key.name}"))


def index(record: Record) -> Index:
    return Index(str(shown_state(record)["StateValue"]))


def history_index(record: Record) -> Index:
    return Index(record.spec["HistoryItemType"], {"AlarmName": record.spec["AlarmName"]})


def born(now: float) -> dict[str, Any]:
    return {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": UNCHECKED,
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }


def asked(record: Record) -> Mapping[str, Any] | None:
    """The state that was set by hand and not taken over yet."""
    given = record.spec.get("_set")
    return given if given and given["At"] != record.status.get("_set_at") else None


def shown_state(record: Record) -> Mapping[str, Any]:
    given = asked(record)
    if given is None:
        return record.status
    moved = given["StateValue"] != record.status["StateValue"]
    since = given["At"] if moved else record.status["StateTransitionedTimestamp"]
    return {**record.status, **given, "StateUpdatedTimestamp": given["At"], "StateTransitionedTimestamp": since}


def describe(record: Record) -> dict[str, Any]:
    """A MetricAlarm."""
    known = {
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Dimensions": [],
        **record.spec,
        **shown_state(record),
        "AlarmName": record.key.name,
        "AlarmArn": arn_of(record),
        "AlarmConfigurationUpdatedTimestamp": record.spec["_configured"],
    }
    return {name: value for name, value in known.items() if not name.startswith("_")}


def actions_for(record: Record, state: str) -> list[str]:
    return list(record.spec.get(ACTIONS[state], ())) if record.spec.get("ActionsEnabled", True) else []


def item(kind: str, summary: str, data: Mapping[str, Any], now: float) -> dict[str, Any]:
    return {
        "HistoryItemType": kind,
        "HistorySummary": summary[:255],
        "HistoryData": json.dumps({"version": "1.0", **data})[:4095],
        "Timestamp": now,
    }


def moved(record: Record, state: str, reason: str, data: str | None, now: float) -> dict[str, Any]:
    """The status after a change of state, with what it still has to do."""
    old, status = record.status["StateValue"], dict(record.status)
    status |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": now}
    if state == "ALARM":
        # A deployment that it is to stop may look only when it is over.
        status["_rang"] = now
    status.pop("StateReasonData", None)
    if data:
        status["StateReasonData"] = data
    if state == old:
        return status
    status["StateTransitionedTimestamp"] = now
    history = item(
        "StateUpdate",
        f"Alarm updated from {old} to {state}",
        {
            "oldState": {"stateValue": old, "stateReason": record.status["StateReason"]},
            "newState": {"stateValue": state, "stateReason": reason},
        },
        now,
    )
    todo = status.get("_todo", {"Items": [], "Actions": []})
    message = {"AlarmName": record.key.name, "AlarmArn": arn_of(record), "OldStateValue": old, "NewStateValue": state,
               "NewStateReason": reason, "StateChangeTime": now}  # fmt: skip
    actions = [{"Action": one, "Message": message} for one in actions_for(record, state)]
    status["_todo"] = {"Items": [*todo["Items"], history], "Actions": [*todo["Actions"], *actions]}
    return status
