"""Which log groups and streams there are, and how a stream is read: what jobs and endpoints print (files, see archive.py),
and what users write themselves (series/events.py). Both look alike to the operations.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.series import logs
from studiolo.series.events import BITS, MAX_POSITION, Events, Gone, LogGroup
from studiolo.series.protocol import LogLine
from studiolo.services.logs import archive
from studiolo.services.logs.archive import HostLog
from studiolo.services.logs.patterns import invalid
from studiolo.services.platform import Platform

JOBS = {
    "/aws/sagemaker/TrainingJobs": "TrainingJob",
    "/aws/sagemaker/ProcessingJobs": "ProcessingJob",
    "/aws/sagemaker/TransformJobs": "TransformJob",
    "/aws/sagemaker/studio": "App",
    "/aws/sagemaker/mlflow": "MlflowTrackingServer",
}
"""The kind whose logs a group holds."""
HOSTED = {"/aws/sagemaker/Endpoints/": "Endpoint", "/aws/sagemaker/InferenceComponents/": "InferenceComponent"}
"""The kind that has a group for each of its records, by how the groups' names begin."""
DAY = 86_400_000


def not_found(what: str) -> ApiError:
    return ApiError(f"The specified {what} does not exist.", code="ResourceNotFoundException", status=400)


class Lines(Protocol):
    """One stream's lines. A position is where a line begins; it means nothing but to the stream it came from."""

    def forward(self, position: int, limit: int) -> Sequence[LogLine]: ...

    def backward(self, before: int, limit: int) -> Sequence[LogLine]: ...

    def at(self, time: int) -> int:
        """Where the first line of this time (epoch ms) or later begins, or will."""
        ...

    def end(self) -> int: ...

    def bounds(self) -> tuple[int | None, int | None]:
        """Times of the first and the last line."""
        ...


class FileLines:
    def __init__(self, path: Path) -> None:
        self._path = path

    def forward(self, position: int, limit: int) -> Sequence[LogLine]:
        return logs.forward(self._path, min(position, self.end()), limit)

    def backward(self, before: int, limit: int) -> Sequence[LogLine]:
        return logs.backward(self._path, min(before, self.end()), limit)

    def at(self, time: int) -> int:
        return logs.offset_of_time(self._path, time)

    def end(self) -> int:
        """After the last whole line: what is being written right now begins there."""
        size = logs.size(self._path)
        last = logs.backward(self._path, size, 1)
        return last[-1].next if last else 0 if size < 1 << 20 else size

    def bounds(self) -> tuple[int | None, int | None]:
        return logs.bounds(self._path)


class EventLines:
    def __init__(self, events: Events, stream: int, since: int) -> None:
        """since: what is older has expired."""
        self._events, self._stream, self._since = events, stream, since

    def forward(self, position: int, limit: int) -> Sequence[LogLine]:
        return self._events.forward(self._stream, position, limit, self._since)

    def backward(self, before: int, limit: int) -> Sequence[LogLine]:
        return self._events.backward(self._stream, before, limit, self._since)

    def at(self, time: int) -> int:
        found = self._events.forward(self._stream, max(0, time) << BITS, 1, self._since)
        return found[0].offset if found else self.end()

    def end(self) -> int:
        last = self.backward(MAX_POSITION, 1)
        return last[-1].next if last else 0

    def bounds(self) -> tuple[int | None, int | None]:
        first, last = self.forward(0, 1), self.backward(MAX_POSITION, 1)
        return (first[0].time if first else None), (last[-1].time if last else None)


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    created: int
    """Epoch milliseconds."""
    lines: Lines
    ingested: int | None = None
    handle: str = ""
    """Of what prints it."""
    number: int = 0
    """Of a stream that a user writes."""


def ascending(lines: Lines, position: int) -> Iterator[LogLine]:
    while batch := lines.forward(position, 1000):
        yield from batch
        position = batch[-1].next


def descending(lines: Lines, before: int) -> Iterator[LogLine]:
    while batch := lines.backward(before, 1000):
        yield from reversed(batch)
        before = batch[0].offset


class Sources:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._events: Events | None = None

    @property
    def events(self) -> Events:
        """Opened when it is first asked for: most studios never write a log group of their own."""
        with self._lock:
            if self._events is None:
                self._events = Events(self._platform.config.events)
            return self._events

    def close(self) -> None:
        if self._events is not None:
            self._events.close()

    # Groups.

    def name_of(self, identifier: str, project: str) -> str:
        """The group a name or an ARN stands for. Raises where the ARN is another project's."""
        arn = parse_arn(identifier)
        if arn is None:
            return identifier
        name = arn.resource.removeprefix("log-group:").removesuffix(":*")
        if arn.service != "logs" or arn.account != project or name == arn.resource:
            raise not_found("log group")
        return name

    def own(self, name: str) -> bool:
        """Whether the studio writes it."""
        return name in JOBS or name.startswith(tuple(HOSTED))

    def studio_groups(self, project: str) -> list[str]:
        found = {
            f"{start}{Key.of_handle(one).name}"
            for start, kind in HOSTED.items()
            for one in archive.handles(self._platform, f"{kind}/{project}/")
        }
        return sorted([*JOBS, *found])

    def user_group(self, project: str, name: str) -> LogGroup:
        """Raises ResourceNotFoundException."""
        if not self._events and not self._platform.config.events.exists():
            raise not_found("log group")
        try:
            return self.events.group(project, name)
        except Gone:
            raise not_found("log group") from None

    def user_groups(self, project: str) -> list[LogGroup]:
        if not self._events and not self._platform.config.events.exists():
            return []
        return self.events.groups(project)

    def expired(self, group: LogGroup) -> int:
        """What is older (epoch ms) is no longer shown."""
        days = group.about.get("retention")
        return int(self._platform.clock() * 1000) - days * DAY if days else 0

    # Streams.

    def streams(self, project: str, group: str, prefix: str = "") -> list[Stream]:
        """In order of their names. Raises ResourceNotFoundException."""
        if not self.own(group):
            found = self.user_group(project, group)
            since = self.expired(found)
            return [
                Stream(one.name, one.created, EventLines(self.events, one.id, since), one.ingested, number=one.id)
                for one in self.events.streams(found, prefix)
            ]
        if group in JOBS:
            job, kind = prefix.partition("/")[0], JOBS[group]
            start = Key(project, kind, job).handle() if prefix else f"{kind}/{project}/"
        else:
            start = _hosted(project, group)
        printed = [one for handle in archive.handles(self._platform, start) for one in self.of_handle(group, handle)]
        return sorted((one for one in printed if one.name.startswith(prefix)), key=lambda one: one.name)

    def of_handle(self, group: str, handle: str) -> list[Stream]:
        """What is printed under a handle, as streams of its group."""
        found = enumerate(archive.of_handle(self._platform, handle))
        return [
            Stream(
                _job_stream(handle, log) if group in JOBS else _endpoint_stream(handle, log, life),
                int(log.started * 1000),
                FileLines(log.path),
                handle=handle,
            )
            for life, log in found
        ]

    def running(self, project: str, group: str) -> list[str]:
        """Handles whose prints may grow."""
        start = f"{JOBS[group]}/{project}/" if group in JOBS else _hosted(project, group)
        return [one for one in self._platform.runner.handles() if one.startswith(start)]

    def stream(self, project: str, group: str, name: str) -> Stream:
        if not self.own(group):
            found = self.user_group(project, group)
            try:
                one = self.events.stream(found, name)
            except Gone:
                raise not_found("log stream") from None
            return Stream(one.name, one.created, EventLines(self.events, one.id, self.expired(found)), one.ingested)
        for one in self.streams(project, group, name):
            if one.name == name:
                return one
        raise not_found("log stream")


def group_of(params: object, sources: Sources, project: str) -> str:
    assert isinstance(params, dict)
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise invalid("Name the log group either by logGroupName or by logGroupIdentifier.")
    return sources.name_of(str(name or identifier), project)


def _hosted(project: str, group: str) -> str:
    """How the handles begin that print into a group of endpoints or inference components."""
    kind, name = next((kind, group.removeprefix(start)) for start, kind in HOSTED.items() if group.startswith(start))
    return f"{Key(project, kind, name).handle()}/"


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
