"""A line for the people of a project from what starts by itself, in a log group like those users write: where nobody waits
for an answer, this is where it is found."""

import contextlib
from contextlib import closing

from studiolo.series.events import Events, EventsFull, Gone, Taken
from studiolo.services.platform import Platform

STREAM = "failures"


def tell(platform: Platform, project: str, group: str, message: str) -> None:
    """A full disk, and a group that is deleted meanwhile, are no matter."""
    now = int(platform.clock() * 1000)
    with closing(Events(platform.config.events)) as events, contextlib.suppress(EventsFull, Gone):
        with contextlib.suppress(Taken):
            events.create_group(project, group, now, {})
        found = events.group(project, group)
        with contextlib.suppress(Taken):
            events.create_stream(found, STREAM, now)
        events.put(events.stream(found, STREAM), [(now, message)], now)
