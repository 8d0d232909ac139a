"""The port to metric time series and logs of jobs and endpoints.

Called by controllers and samplers (append), by services/logs and services/studio (read). Synchronous and thread-safe.
A resource is a record's handle: "TrainingJob/123456789012/my-job".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Point:
    resource: str
    metric: str
    """User metrics by the name of their definition ("validation:rmse"); the platform's own with a slash:
    "system/cpu" (percent, 100 = one core), "system/memory" (bytes), "endpoint/<variant>/invocations" (count),
    "endpoint/<variant>/latency" (milliseconds), "endpoint/<variant>/errors4xx", "endpoint/<variant>/errors5xx";
    what users put by CloudWatch under "Metric/<project>/<namespace>" and its own name."""
    time: float
    """Epoch seconds."""
    value: float
    host: str = ""
    """"algo-1" where a job has several hosts."""
    count: float = 1.0
    """How many measurements of this value the point stands for."""


@dataclass(frozen=True, slots=True)
class Summary:
    metric: str
    host: str
    count: int
    """Points, however much each stands for."""
    last: float
    last_time: float
    minimum: float
    maximum: float
    total: float


@dataclass(frozen=True, slots=True)
class Known:
    """A series that has points."""

    resource: str
    metric: str
    host: str
    last_time: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Statistics of one period, as CloudWatch gives them."""

    start: float
    count: float
    total: float
    minimum: float
    maximum: float


class Series(Protocol):
    def append(self, points: Sequence[Point], *, cursor: tuple[str, int] | None = None) -> None:
        """Adds points. cursor: (name, position) stored in the same transaction, so that a log read up to `position`
        is not read again after a crash."""
        ...

    def cursor(self, name: str) -> int:
        """0 where it was never set."""
        ...

    def metrics(self, resource: str) -> Sequence[Summary]: ...

    def read(
        self,
        resource: str,
        metric: str,
        *,
        host: str | None = None,
        start: float = 0,
        end: float = 1e18,
        limit: int = 2000,
    ) -> Sequence[Point]:
        """In order of time; thinned evenly to `limit` points, the first and the last always kept."""
        ...

    def bins(
        self,
        resource: str,
        metric: str,
        *,
        start: float,
        end: float,
        period: float,
        host: str | None = None,
        host_prefix: str | None = None,
    ) -> Sequence[Bin]:
        """Non-empty bins only, aligned to multiples of `period` seconds; over all hosts, or one, or those of a prefix."""
        ...

    def spread(
        self,
        resource: str,
        metric: str,
        *,
        start: float,
        end: float,
        period: float,
        host: str | None = None,
        host_prefix: str | None = None,
    ) -> Mapping[float, Sequence[tuple[float, float]]]:
        """Start of each non-empty bin -> its (value, count), values rising: what percentiles are taken of."""
        ...

    def known(self, prefix: str) -> Sequence[Known]:
        """Every series of resources that begin so, in order of resource, metric, host."""
        ...

    def prune(self, prefix: str, before: float) -> int:
        """Removes points of resources that begin so and are older; how many. May take a while: call it in a thread."""
        ...

    def delete(self, resource: str) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LogLine:
    time: int
    """Epoch milliseconds, stamped when the line was written."""
    text: str
    offset: int
    """Byte position of the line in its file; next is where the following one starts."""
    next: int
    ingested: int | None = None
    """When it came, where that is not when it was written."""


@dataclass(frozen=True, slots=True)
class LogStream:
    name: str
    """As CloudWatch names it: "my-job/algo-1-1700000000", "AllTraffic/i-0"."""
    created: int
    first: int | None
    last: int | None
    """Epoch milliseconds of the stream, of its first and of its last line."""
    bytes: int


Labels = Mapping[str, str]
