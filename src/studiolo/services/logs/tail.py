"""StartLiveTail: what comes into up to ten log groups, each second, as an event stream, for three hours at most.

Of what jobs print only that is followed which may still grow, so a studio with many ended jobs is as quick as a new one.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.arn import Arn
from studiolo.series.protocol import LogLine
from studiolo.services.logs.patterns import Test, compile_pattern, invalid
from studiolo.services.logs.sources import Sources, Stream
from studiolo.services.request import Answer, Call

EVERY = 1.0
LONGEST = 3 * 3600.0
MOST = 500
"""Events an update holds; of more a sample is shown."""
BATCH = 10_000


@dataclass(slots=True)
class Followed:
    """One group, and how far each of its streams was read."""

    group: str
    positions: dict[str, int] = field(default_factory=dict[str, int])
    """Of files, by stream."""
    handles: set[str] = field(default_factory=set[str])
    newest: int = 0
    """Number of the event that came last, of users' groups."""


class LiveTail:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def start(self, call: Call) -> Answer:
        params, project = call.params, call.caller.project
        identifiers = [str(one) for one in params["logGroupIdentifiers"]]
        names, prefixes = params.get("logStreamNames"), params.get("logStreamNamePrefixes")
        if names and prefixes:
            raise invalid("Specify either logStreamNames or logStreamNamePrefixes, and not both.")
        if (names or prefixes) and len(identifiers) > 1:
            raise invalid("Log streams can be named only where there is one log group.")
        if any(one.endswith("*") for one in identifiers):
            raise invalid("The ARN of a log group to tail can't end with an asterisk.")
        wanted = compile_pattern(params.get("logEventFilterPattern", ""))
        groups = dict.fromkeys(self._sources.name_of(one, project) for one in identifiers)
        followed = [await asyncio.to_thread(self._begin, project, group) for group in groups]
        chosen = Chosen(wanted, frozenset(names) if names else None, tuple(prefixes or ("",)))
        begun = {
            "requestId": call.request_id,
            "sessionId": str(uuid.uuid4()),
            "logGroupIdentifiers": identifiers,
            "logStreamNames": names or [],
            "logStreamNamePrefixes": prefixes or [],
            "logEventFilterPattern": params.get("logEventFilterPattern", ""),
        }
        return Answer({"responseStream": self._session(project, followed, chosen, begun)})

    async def _session(
        self, project: str, followed: Sequence[Followed], chosen: "Chosen", begun: Mapping[str, Any]
    ) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
        ends = time.monotonic() + LONGEST
        yield {"sessionStart": begun}
        while time.monotonic() < ends:
            await asyncio.sleep(EVERY)
            found: list[dict[str, Any]] = []
            for one in followed:
                found += await asyncio.to_thread(self._news, project, one, chosen)
            found.sort(key=lambda event: event["timestamp"])
            # As many of them as may be shown, evenly taken.
            shown = [found[number * len(found) // MOST] for number in range(MOST)] if len(found) > MOST else found
            yield {"sessionUpdate": {"sessionMetadata": {"sampled": len(found) > MOST}, "sessionResults": shown}}
        yield {"SessionTimeoutException": {"message": "The session has been open for three hours."}}

    # In threads.

    def _begin(self, project: str, group: str) -> Followed:
        """From now on: what is there already is not shown. Raises ResourceNotFoundException."""
        if not self._sources.own(group):
            self._sources.user_group(project, group)
            return Followed(group, newest=self._sources.events.newest())
        it = Followed(group, handles=set(self._sources.running(project, group)))
        for handle in it.handles:
            for stream in self._sources.of_handle(group, handle):
                it.positions[stream.name] = stream.lines.end()
        return it

    def _news(self, project: str, one: Followed, chosen: "Chosen") -> list[dict[str, Any]]:
        pairs = self._printed(project, one) if self._sources.own(one.group) else self._written(project, one)
        arn = Arn("logs", project, f"log-group:{one.group}")
        return [
            {
                "logStreamName": stream.name,
                "logGroupIdentifier": f"{arn.account}:{one.group}",
                "message": line.text or " ",
                "timestamp": line.time,
                "ingestionTime": line.ingested or line.time,
            }
            for stream, line in pairs
            if chosen.takes(stream.name, line)
        ]

    def _printed(self, project: str, one: Followed) -> list[tuple[Stream, LogLine]]:
        running = set(self._sources.running(project, one.group))
        found: list[tuple[Stream, LogLine]] = []
        # What has ended since is read once more, to its end.
        for handle in running | one.handles:
            for stream in self._sources.of_handle(one.group, handle):
                lines = stream.lines.forward(one.positions.get(stream.name, 0), BATCH)
                if lines:
                    one.positions[stream.name] = lines[-1].next
                found += [(stream, line) for line in lines]
        one.handles = running
        return found

    def _written(self, project: str, one: Followed) -> list[tuple[Stream, LogLine]]:
        newest = self._sources.events.newest()
        if newest == one.newest:
            return []
        found: list[tuple[Stream, LogLine]] = []
        for stream in self._sources.streams(project, one.group):
            came = self._sources.events.came(stream.number, one.newest, BATCH)
            found += [(stream, line) for number, line in came if number <= newest]
        one.newest = newest
        return found


@dataclass(frozen=True, slots=True)
class Chosen:
    wanted: Test
    names: frozenset[str] | None
    prefixes: tuple[str, ...]

    def takes(self, stream: str, line: LogLine) -> bool:
        if self.names is not None and stream not in self.names:
            return False
        return stream.startswith(self.prefixes) and self.wanted(line.text)
