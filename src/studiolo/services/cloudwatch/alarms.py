"""The operations on alarms: they write an alarm's spec, and read what the controller made of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ApiError, Unsupported, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.cloudwatch import history
from studiolo.services.cloudwatch.alarm_record import HISTORY, KIND, born, describe, item
from studiolo.services.cloudwatch.alarm_spec import spec_of
from studiolo.services.cloudwatch.metric import dimensions_of
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.store.protocol import AlreadyExists, BadToken, Missing, Query, Stale
from studiolo.store.scan import scan

MAX_DELETED = 100


def _missing(name: str) -> ApiError:
    return ApiError(f"There is no alarm named {name}.", code="ResourceNotFound", status=404)


def _bad_token() -> ApiError:
    return ApiError("The next token specified is invalid.", code="InvalidNextToken", status=400)


class Alarms:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store

    def operations(self) -> Mapping[str, Handler]:
        return {
            "PutMetricAlarm": self._put,
            "DescribeAlarms": self._describe,
            "DescribeAlarmsForMetric": self._for_metric,
            "DescribeAlarmHistory": self._history,
            "SetAlarmState": self._set,
            "EnableAlarmActions": self._enable,
            "DisableAlarmActions": self._disable,
            "DeleteAlarms": self._delete,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._tags,
        }

    def _find(self, call: Call, name: str) -> Record:
        try:
            return self._store.get(Key(call.caller.project, KIND, name))
        except Missing:
            raise _missing(name) from None

    def _change(self, call: Call, name: str, change: Callable[[Record], dict[str, Any]]) -> None:
        """Of the spec; as often as somebody else was faster."""
        while True:
            record = self._find(call, name)
            try:
                self._store.write(record, now=self._platform.clock(), spec=change(record))
            except (Stale, Missing):
                continue
            return

    # Writing.

    async def _put(self, call: Call) -> None:
        """A new alarm, or another configuration of an old one, whose state stays."""
        now = self._platform.clock()
        spec = {**spec_of(call.params, call.caller.project), "_configured": now}
        key = Key(call.caller.project, KIND, call.params["AlarmName"])
        tags = {one["Key"]: one["Value"] for one in call.params.get("Tags", ())}
        while True:
            try:
                self._store.create(key, spec, born(now), now=now, tags=tags)
            except AlreadyExists as there:
                kept = {name: there.existing.spec[name] for name in ("_set",) if name in there.existing.spec}
                try:
                    self._store.write(there.existing, now=now, spec={**spec, **kept})
                except (Stale, Missing):
                    continue
            return

    async def _set(self, call: Call) -> None:
        params = call.params
        given = {name: params[name] for name in ("StateValue", "StateReason", "StateReasonData") if name in params}
        given["At"] = self._platform.clock()
        self._change(call, params["AlarmName"], lambda record: {**record.spec, "_set": given})

    def _switch(self, call: Call, on: bool) -> None:
        """As AWS, without a word about names there are none of."""
        for name in call.params["AlarmNames"]:
            try:
                self._change(call, name, lambda record: {**record.spec, "ActionsEnabled": on})
            except ApiError:
                continue

    async def _enable(self, call: Call) -> None:
        self._switch(call, True)

    async def _disable(self, call: Call) -> None:
        self._switch(call, False)

    async def _delete(self, call: Call) -> None:
        """All of them or none: the names are looked up first."""
        names = call.params["AlarmNames"]
        if len(names) > MAX_DELETED:
            raise ValidationError(f"At most {MAX_DELETED} alarms are deleted at a time.", code="ValidationError")
        for name in names:
            self._find(call, name)
        for name in names:
            while True:
                try:
                    record = self._find(call, name)
                except ApiError:
                    break
                noted = item(
                    "ConfigurationUpdate", f'Alarm "{name[:200]}" deleted', {"type": "Delete"}, self._platform.clock()
                )
                try:
                    self._store.delete(record)
                except (Stale, Missing):
                    continue
                history.write(self._store, record.key, noted)
                break

    # Reading.

    def _all(self, project: str, prefix: str | None = None, state: str | None = None) -> Iterator[Record]:
        found = scan(self._store, Query(KIND, project, name_contains=prefix, state=state, sort="name"))
        return (one for one in found if one.key.name.startswith(prefix or ""))

    async def _describe(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        for member in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
            if member in params:
                raise Unsupported(f"Composite alarms ({member}) are not supported by this version of studiolo.")
        empty: dict[str, Any] = {"CompositeAlarms": [], "LogAlarms": []}
        if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]):
            return {**empty, "MetricAlarms": []}
        names, prefix, state = params.get("AlarmNames"), params.get("AlarmNamePrefix"), params.get("StateValue")
        if names is not None and prefix is not None:
            raise ValidationError("Specify either AlarmNames or AlarmNamePrefix, and not both.", code="ValidationError")
        most, action = params.get("MaxRecords", 50 if names is None else 100), params.get("ActionPrefix")
        after = _after(params.get("NextToken"))
        found: list[Record] = []
        for record in self._named(project, names) if names is not None else self._all(project, prefix, state):
            fits = state is None or describe(record)["StateValue"] == state
            if fits and _acts(record, action) and _order(record) > after:
                found.append(record)
            if len(found) > most:
                break
        more = _page(_order(found[most - 1])) if len(found) > most else None
        return {**empty, "MetricAlarms": [describe(one) for one in found[:most]], "NextToken": more}

    def _named(self, project: str, names: Sequence[str]) -> list[Record]:
        found: dict[str, Record] = {}
        for name in names:
            try:
                record = self._store.get(Key(project, KIND, name))
            except Missing:
                continue
            found[record.key.name] = record
        return sorted(found.values(), key=_order)

    async def _for_metric(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        wanted = dimensions_of(params.get("Dimensions"))
        same = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
        found = [
            describe(record)
            for record in self._all(call.caller.project)
            if all(record.spec.get(name) == params[name] for name in same if name in params)
            and dimensions_of(record.spec.get("Dimensions")) == wanted
        ]
        return {"MetricAlarms": found}

    async def _history(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]):
            return {"AlarmHistoryItems": []}
        labels = {"AlarmName": params["AlarmName"]} if "AlarmName" in params else {}
        try:
            page = self._store.query(
                Query(
                    HISTORY, call.caller.project, labels=labels, state=params.get("HistoryItemType"),
                    created_after=params.get("StartDate"), created_before=params.get("EndDate"),
                    descending=params.get("ScanBy", "TimestampDescending") == "TimestampDescending",
                    limit=params.get("MaxRecords", 100), token=params.get("NextToken"),
                )
            )  # fmt: skip
        except BadToken:
            raise _bad_token() from None
        return {"AlarmHistoryItems": [dict(one.spec) for one in page.records], "NextToken": page.token}

    # Tags.

    def _tagged(self, call: Call) -> Record:
        text = str(call.params["ResourceARN"])
        arn = parse_arn(text)
        kind, _, name = arn.resource.partition(":") if arn else ("", "", "")
        if arn is None or (arn.service, arn.account, kind) != ("cloudwatch", call.caller.project, "alarm"):
            raise ApiError(f"{text} names no alarm of this project.", code="InvalidParameterValue", status=400)
        try:
            return self._store.get(Key(arn.account, KIND, name))
        except Missing:
            raise ApiError(f"There is no {text}.", code="ResourceNotFoundException", status=404) from None

    def _retag(self, call: Call, change: Callable[[Mapping[str, str]], dict[str, str]]) -> Mapping[str, Any]:
        while True:
            record = self._tagged(call)
            tags = change(record.tags)
            if len(tags) > 50:
                raise ApiError("An alarm holds at most 50 tags.", code="InvalidParameterValue", status=400)
            try:
                self._store.write(record, now=self._platform.clock(), tags=tags)
            except (Stale, Missing):
                continue
            return {}

    async def _tag(self, call: Call) -> Mapping[str, Any]:
        new = {one["Key"]: one["Value"] for one in call.params["Tags"]}
        return self._retag(call, lambda tags: {**tags, **new})

    async def _untag(self, call: Call) -> Mapping[str, Any]:
        gone = set(call.params["TagKeys"])
        return self._retag(call, lambda tags: {key: value for key, value in tags.items() if key not in gone})

    async def _tags(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._tagged(call).tags.items()]}


def _acts(record: Record, prefix: str | None) -> bool:
    lists = ("OKActions", "AlarmActions", "InsufficientDataActions")
    return prefix is None or any(one.startswith(prefix) for name in lists for one in record.spec.get(name, ()))


def _order(record: Record) -> str:
    """As the store sorts names."""
    return record.key.name.casefold()


def _page(name: str) -> str:
    return f"after {name}".encode().hex()


def _after(token: Any) -> str:
    if token is None:
        return ""
    try:
        word, _, name = bytes.fromhex(str(token)).decode().partition(" ")
    except ValueError:
        raise _bad_token() from None
    if word != "after":
        raise _bad_token()
    return name
