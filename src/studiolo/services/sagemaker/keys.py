"""Which records of a kind there is anything to do for. Called by their controllers."""

from collections.abc import Sequence

from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query
from studiolo.store.scan import scan

STATES = ("InProgress", "Stopping", "Deleting")


def unfinished(platform: Platform, kind: str, states: Sequence[str | None] = STATES) -> list[Key]:
    """Those in progress, those to be deleted (with states (None,) all there are), and those with anything left on the
    machine."""
    found = set[Key]()
    for state in states:
        found |= {one.key for one in scan(platform.store, Query(kind, None, state=state))}
    found |= {Key.of_handle(one) for one in platform.runner.handles() if one.startswith(f"{kind}/")}
    return sorted(found)


def handles(platform: Platform, key: Key) -> list[str]:
    """Of all lives of a record that have anything left on the machine."""
    return [one for one in platform.runner.handles() if one.startswith(f"{key.handle()}/")]
