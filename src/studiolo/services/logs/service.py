"""The `logs` service (CloudWatch Logs): what jobs and endpoints print, and the groups users write themselves.

Its peculiarities are those the SDKs' log tails rely on: one stream a host named `<job>/algo-N-<epoch>`, no nextToken for a
list that fits, GetLogEvents with a stable token that is empty at the end. Reading is here, writing in groups.py, the live
tail in tail.py. All of it reads files or a database, so it is done in threads.
"""

import asyncio
import base64
import binascii
import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

import orjson

from studiolo.base.arn import Arn
from studiolo.series.protocol import LogLine
from studiolo.services.logs.groups import Groups
from studiolo.services.logs.patterns import compile_pattern, invalid
from studiolo.services.logs.sources import Sources, Stream, ascending, descending, group_of
from studiolo.services.logs.tail import LiveTail
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler

MAX_EVENTS = 10_000
MAX_LOOKED_AT = 200_000
"""Lines that one FilterLogEvents looks at; the next page goes on."""
MAX_PAGE = 50
BAD_TOKEN = "The specified nextToken is invalid."


def _threaded(act: Callable[[Call], Mapping[str, Any] | None]) -> Handler:
    async def handler(call: Call) -> Mapping[str, Any] | None:
        return await asyncio.to_thread(act, call)

    return handler


class LogsService:
    name = "logs"

    def __init__(self, platform: Platform) -> None:
        self._sources = Sources(platform)
        writes = Groups(platform, self._sources)
        reads = {
            "DescribeLogGroups": writes.describe,
            "ListTagsForResource": writes.tags,
            "DescribeLogStreams": self._describe_streams,
            "GetLogEvents": self._events,
            "FilterLogEvents": self._filter,
        }
        self._reads = frozenset({*reads, "StartLiveTail"})
        self._handlers: dict[str, Handler] = {
            **{name: _threaded(act) for name, act in {**reads, **writes.operations()}.items()},
            "StartLiveTail": LiveTail(self._sources).start,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return operation in self._reads

    def close(self) -> None:
        self._sources.close()

    # Streams.

    def _group(self, call: Call) -> str:
        return group_of(dict(call.params), self._sources, call.caller.project)

    def _describe_streams(self, call: Call) -> Mapping[str, Any]:
        params, project, group = call.params, call.caller.project, self._group(call)
        by_time = params.get("orderBy") == "LastEventTime"
        if by_time and "logStreamNamePrefix" in params:
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = self._sources.streams(project, group, params.get("logStreamNamePrefix", ""))
        start, limit = _position(params.get("nextToken")), int(params.get("limit", MAX_PAGE))
        if by_time:
            streams.sort(key=lambda one: one.lines.bounds()[1] or 0)
        if params.get("descending"):
            streams.reverse()
        page = [_described(one, project, group) for one in streams[start : start + limit]]
        # A list that fits in what CloudWatch gives at most never has a next page: one SDK loops for ever on the token.
        more = len(streams) > max(MAX_PAGE, start + limit)
        return {"logStreams": page, "nextToken": str(start + limit) if more else None}

    # Events of one stream.

    def _events(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        lines = self._sources.stream(call.caller.project, self._group(call), str(params["logStreamName"])).lines
        limit = min(int(params.get("limit", MAX_EVENTS)), MAX_EVENTS)
        token, start, end = str(params.get("nextToken", "")), params.get("startTime"), params.get("endTime")
        if token and (token[:2] not in ("f/", "b/") or not token[2:].isdecimal() or len(token) > 40):
            raise invalid(BAD_TOKEN)
        here = int(token[2:]) if token else None
        if here is not None and token.startswith("f/"):
            found = lines.forward(here, limit)
        elif here is not None:
            found = lines.backward(here, limit)
        elif params.get("startFromHead") or (start is not None and "startFromHead" not in params):
            here = lines.at(int(start)) if start is not None else 0
            found = lines.forward(here, limit)
        else:
            here = lines.at(int(end)) if end is not None else lines.end()
            found = lines.backward(here, limit)
        shown = [line for line in found if _within(line, start, end)]
        before, after = (shown[0].offset, shown[-1].next) if shown else (here, here)
        return {
            "events": [_event(line) for line in shown],
            "nextForwardToken": f"f/{after}",
            "nextBackwardToken": f"b/{before}",
        }

    # Events of many.

    def _filter(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        names = params.get("logStreamNames")
        if names is not None and "logStreamNamePrefix" in params:
            raise invalid("Specify either logStreamNames or logStreamNamePrefix, and not both.")
        wanted = compile_pattern(params.get("filterPattern", ""))
        group = self._group(call)
        streams = self._sources.streams(project, group, params.get("logStreamNamePrefix", ""))
        chosen = [one for one in streams if names is None or one.name in names]
        cursor = _read_cursor(params.get("nextToken"))
        backwards = cursor[0] if cursor else params.get("startFromHead") is False
        limit = min(int(params.get("limit", MAX_EVENTS)), MAX_EVENTS)
        merged = _merged(chosen, params.get("startTime"), params.get("endTime"), backwards, cursor)
        events: list[dict[str, Any]] = []
        size = 0
        for number, (line, stream) in enumerate(merged, 1):
            here = wanted(line.text)
            if here:
                events.append({**_event(line), "logStreamName": stream, "eventId": _event_id(stream, line)})
                size += len(line.text) + 26
            if len(events) >= limit or size >= 1 << 20 or number >= MAX_LOOKED_AT:
                token = _cursor(backwards, line, stream)
                return {"events": events, "nextToken": token, "searchedLogStreams": []}
        return {"events": events, "searchedLogStreams": []}


_Cursor = tuple[bool, int, str, int]
"""Whether it goes backwards, and the last line looked at: its time, stream and position."""


def _merged(
    streams: Sequence[Stream], start: int | None, end: int | None, backwards: bool, cursor: _Cursor | None
) -> Iterator[tuple[LogLine, str]]:
    """All streams' lines by time, within the bounds (both included) and beyond the cursor."""
    if cursor is not None:
        start, end = (start, cursor[1]) if backwards else (cursor[1], end)
    parts = (_lines(one, start, end, backwards) for one in streams)

    def rank(item: tuple[LogLine, str]) -> tuple[int, str, int]:
        return item[0].time, item[1], item[0].offset

    for item in heapq.merge(*parts, key=rank, reverse=backwards):
        beyond = cursor is None or (rank(item) < cursor[1:] if backwards else rank(item) > cursor[1:])
        if beyond:
            yield item


def _lines(stream: Stream, start: int | None, end: int | None, backwards: bool) -> Iterator[tuple[LogLine, str]]:
    lines = stream.lines
    if backwards:
        found = descending(lines, lines.end() if end is None else lines.at(int(end) + 1))
        held = takewhile(lambda line: start is None or line.time >= start, found)
    else:
        found = ascending(lines, 0 if start is None else lines.at(int(start)))
        held = takewhile(lambda line: end is None or line.time <= end, found)
    return map(partial(_with, stream.name), held)


def _with(name: str, line: LogLine) -> tuple[LogLine, str]:
    return line, name


def _cursor(backwards: bool, line: LogLine, stream: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([backwards, line.time, stream, str(line.offset)])).decode()


def _read_cursor(token: Any) -> _Cursor | None:
    if token is None:
        return None
    try:
        backwards, time, stream, offset = orjson.loads(base64.urlsafe_b64decode(str(token)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid(BAD_TOKEN) from error
    typed = isinstance(backwards, bool) and type(time) is int and isinstance(stream, str) and isinstance(offset, str)
    if not typed or not offset.isdecimal() or len(offset) > 40 or not 0 <= time < 2**62:
        raise invalid(BAD_TOKEN)
    return backwards, time, stream, int(offset)


def _event_id(stream: str, line: LogLine) -> str:
    """The same for the same line in every answer: tails tell by it what they have shown."""
    return f"{int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8]):020}{line.offset:034}"


def _described(one: Stream, project: str, group: str) -> dict[str, Any]:
    first, last = one.lines.bounds()
    return {
        "logStreamName": one.name,
        "creationTime": one.created,
        "firstEventTimestamp": first,
        "lastEventTimestamp": last,
        "lastIngestionTime": one.ingested or last,
        "uploadSequenceToken": "0",
        "arn": str(Arn("logs", project, f"log-group:{group}:log-stream:{one.name}")),
        "storedBytes": 0,
    }


def _within(line: LogLine, start: Any, end: Any) -> bool:
    return (start is None or line.time >= start) and (end is None or line.time < end)


def _event(line: LogLine) -> dict[str, Any]:
    return {"timestamp": line.time, "message": line.text, "ingestionTime": line.ingested or line.time}


def _position(token: Any) -> int:
    if token is None:
        return 0
    if not str(token).isdecimal() or len(str(token)) > 15:
        raise invalid(BAD_TOKEN)
    return int(token)
