"""The `logs` service (CloudWatch Logs) over the log files of jobs and endpoints, as far as clients read them.

Its peculiarities are those the SDKs' log tails rely on: one stream a host named `<job>/algo-N-<epoch>`, no nextToken for a
list that fits, GetLogEvents with a stable token that is empty at the end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.series import logs
from studiolo.series.protocol import LogLine
from studiolo.services.logs import archive
from studiolo.services.logs.archive import HostLog
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler

JOBS = {"/aws/sagemaker/TrainingJobs": "TrainingJob", "/aws/sagemaker/TransformJobs": "TransformJob"}
"""The kind whose logs a group holds."""
ENDPOINTS = "/aws/sagemaker/Endpoints/"
MAX_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    log: HostLog


def _not_found(what: str) -> ApiError:
    return ApiError(f"The specified {what} does not exist.", code="ResourceNotFoundException", status=400)


def _invalid(message: str) -> ApiError:
    return ApiError(message, code="InvalidParameterException", status=400)


class LogsService:
    name = "logs"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._handlers: dict[str, Handler] = {
            "DescribeLogGroups": self._groups,
            "DescribeLogStreams": self._describe_streams,
            "GetLogEvents": self._events,
            "FilterLogEvents": self._filter,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return True

    # Which streams there are.

    def _group(self, call: Call) -> str:
        name = call.params.get("logGroupName") or call.params.get("logGroupIdentifier")
        if not name:
            raise _invalid("Name the log group by logGroupName or logGroupIdentifier.")
        return str(name).partition(":log-group:")[2].removesuffix(":*") or str(name)

    def _streams(self, call: Call, prefix: str = "") -> list[Stream]:
        """Of the group a call names, in order of their names. Raises ResourceNotFoundException."""
        group, project = self._group(call), call.caller.project
        if group in JOBS:
            job, kind = prefix.partition("/")[0], JOBS[group]
            start = Key(project, kind, job).handle() if prefix else f"{kind}/{project}/"
            found = [
                Stream(_job_stream(handle, log), log)
                for handle in archive.handles(self._platform, start)
                for log in archive.of_handle(self._platform, handle)
            ]
        elif group.startswith(ENDPOINTS):
            start = f"{Key(project, 'Endpoint', group.removeprefix(ENDPOINTS)).handle()}/"
            found = [
                Stream(_endpoint_stream(handle, log, life), log)
                for handle in archive.handles(self._platform, start)
                for life, log in enumerate(archive.of_handle(self._platform, handle))
            ]
        else:
            raise _not_found("log group")
        return sorted((one for one in found if one.name.startswith(prefix)), key=lambda one: one.name)

    async def _groups(self, call: Call) -> Mapping[str, Any]:
        project, prefix = call.caller.project, call.params.get("logGroupNamePrefix", "")
        endpoints = {Key.of_handle(one).name for one in archive.handles(self._platform, f"Endpoint/{project}/")}
        names = [*JOBS, *(f"{ENDPOINTS}{name}" for name in sorted(endpoints))]
        return {
            "logGroups": [
                {"logGroupName": name, "arn": f"{Arn('logs', project, f'log-group:{name}')}:*", "creationTime": 0, "storedBytes": 0}
                for name in names
                if name.startswith(prefix)
            ]
        }  # fmt: skip

    async def _describe_streams(self, call: Call) -> Mapping[str, Any]:
        group, project = self._group(call), call.caller.project
        streams = self._streams(call, call.params.get("logStreamNamePrefix", ""))
        described: list[dict[str, Any]] = []
        for one in streams:
            first, last = logs.bounds(one.log.path)
            described.append(
                {
                    "logStreamName": one.name,
                    "creationTime": int(one.log.started * 1000),
                    "firstEventTimestamp": first,
                    "lastEventTimestamp": last,
                    "lastIngestionTime": last,
                    "uploadSequenceToken": "0",
                    "arn": str(Arn("logs", project, f"log-group:{group}:log-stream:{one.name}")),
                    "storedBytes": 0,
                }
            )
        if call.params.get("orderBy") == "LastEventTime":
            described.sort(key=lambda one: one["lastEventTimestamp"] or 0)
        if call.params.get("descending"):
            described.reverse()
        start, limit = _position(call.params.get("nextToken")), int(call.params.get("limit", 50))
        page = described[start : start + limit]
        # A list that fits in what CloudWatch gives at most never has a next page: one SDK loops for ever on the token.
        more = len(described) > max(50, start + limit)
        return {"logStreams": page, "nextToken": str(start + limit) if more else None}

    def _stream(self, call: Call) -> HostLog:
        name = str(call.params["logStreamName"])
        for one in self._streams(call, name):
            if one.name == name:
                return one.log
        raise _not_found("log stream")

    # What they hold.

    async def _events(self, call: Call) -> Mapping[str, Any]:
        path = self._stream(call).path
        params = call.params
        limit = min(int(params.get("limit", MAX_EVENTS)), MAX_EVENTS)
        token = str(params.get("nextToken", ""))
        start_time, end_time = params.get("startTime"), params.get("endTime")
        if token and (token[:2] not in ("f/", "b/") or not token[2:].isdecimal()):
            raise _invalid("The specified nextToken is invalid.")
        if token.startswith("b/"):
            lines = logs.backward(path, int(token[2:]), limit)
        elif token.startswith("f/"):
            lines = logs.forward(path, int(token[2:]), limit)
        elif params.get("startFromHead") or start_time is not None:
            lines = logs.forward(path, logs.offset_of_time(path, int(start_time)) if start_time else 0, limit)
        else:
            lines = logs.backward(path, logs.size(path), limit)
        shown = [line for line in lines if _within(line, start_time, end_time)]
        before, after = (lines[0].offset, lines[-1].next) if lines else (_offset(token, path), _offset(token, path))
        return {
            "events": [_event(line) for line in shown],
            "nextForwardToken": f"f/{after}",
            "nextBackwardToken": f"b/{before}",
        }

    async def _filter(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        wanted = Pattern(params.get("filterPattern", ""))
        names = params.get("logStreamNames")
        streams = self._streams(call, params.get("logStreamNamePrefix", ""))
        streams = [one for one in streams if names is None or one.name in names]
        limit = min(int(params.get("limit", MAX_EVENTS)), MAX_EVENTS)
        at, offset = _filter_position(params.get("nextToken"))
        events: list[dict[str, Any]] = []
        for index, stream in enumerate(streams[at:], at):
            start = params.get("startTime")
            position = offset or (logs.offset_of_time(stream.log.path, int(start)) if start else 0)
            for line in self._lines(stream, position, params.get("endTime")):
                if not wanted.matches(line.text):
                    continue
                events.append({**_event(line), "logStreamName": stream.name, "eventId": f"{index}-{line.offset}"})
                if len(events) >= limit:
                    return {"events": events, "nextToken": f"{index}/{line.next}", "searchedLogStreams": []}
            offset = 0
        events.sort(key=lambda event: event["timestamp"])
        return {"events": events, "searchedLogStreams": []}

    def _lines(self, stream: Stream, position: int, end: Any) -> Iterator[LogLine]:
        for line in logs.iterate(stream.log.path, position):
            if end is not None and line.time > end:
                return
            yield line


class Pattern:
    """CloudWatch's plain filter: all words must be there, `-word` must not, "quoted words" count as one, `?a ?b` is any."""

    def __init__(self, text: str) -> None:
        text = text.strip()
        if text.startswith(("{", "[", "%")):
            raise _invalid("Filter patterns over JSON, columns or expressions are not supported: use plain words.")
        self._must: list[str] = []
        self._not: list[str] = []
        self._any: list[str] = []
        parts = text.split('"')
        for index, part in enumerate(parts):
            for word in [part] if index % 2 else part.split():
                if index % 2 == 0 and word.startswith("-") and len(word) > 1:
                    self._not.append(word[1:])
                elif index % 2 == 0 and word.startswith("?") and len(word) > 1:
                    self._any.append(word[1:])
                elif word and word not in ("-", "?"):
                    self._must.append(word)

    def matches(self, text: str) -> bool:
        return (
            all(word in text for word in self._must)
            and not any(word in text for word in self._not)
            and (not self._any or any(word in text for word in self._any))
        )


def _job_stream(handle: str, log: HostLog) -> str:
    """<job>/algo-1-<epoch>; of a further container of a transform job's pipeline <job>/algo-1.1-<epoch>."""
    parts = handle.split("/")
    host = parts[3] if len(parts) > 3 else log.host
    return f"{parts[2]}/{host}-{int(log.started)}"


def _endpoint_stream(handle: str, log: HostLog, life: int) -> str:
    """ "AllTraffic/i-1-0" of "Endpoint/<account>/<name>/1-AllTraffic-0"; an instance that was started again tells since when."""
    generation, _, rest = handle.split("/")[3].partition("-")
    variant, _, index = rest.rpartition("-")
    return f"{variant}/i-{generation}-{index}" + (f"-{int(log.started)}" if life else "")


def _within(line: LogLine, start: Any, end: Any) -> bool:
    return (start is None or line.time >= start) and (end is None or line.time < end)


def _event(line: LogLine) -> dict[str, Any]:
    return {"timestamp": line.time, "message": line.text, "ingestionTime": line.time}


def _offset(token: str, path: Any) -> int:
    return int(token[2:]) if token else logs.size(path)


def _position(token: Any) -> int:
    if token is None:
        return 0
    if not str(token).isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    return int(token)


def _filter_position(token: Any) -> tuple[int, int]:
    if token is None:
        return 0, 0
    index, _, offset = str(token).partition("/")
    if not index.isdecimal() or not offset.isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    return int(index), int(offset)
