"""Which records of a kind there is anything to do for. Called by their controllers."""

from collections.abc import Sequence

from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query

STATES = ("InProgress", "Stopping", "Deleting")


def unfinished(platform: Platform, kind: str, states: Sequence[str | None] = STATES) -> list[Key]:
    """Those in progress, those to be deleted (with states (None,) all there are), and those with anything left on the
    machine."""
    found = set[Key]()
    for state in states:
        token = None
        while True:
            page = platform.store.query(Query(kind, None, state=state, limit=500, token=token))
            found |= {record.key for record in page.records}
            token = page.token
            if token is None:
                break
    found |= {Key.of_handle(one) for one in platform.runner.handles() if one.startswith(f"{kind}/")}
    return sorted(found)
