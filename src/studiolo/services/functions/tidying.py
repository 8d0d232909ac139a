"""What nobody needs any more of functions: code that was replaced, invocations nobody asked for the end of."""

from collections.abc import Iterator

from studiolo.base.record import Record
from studiolo.services.functions import code, names
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Query, Stale


def _every(platform: Platform, query: Query) -> Iterator[Record]:
    token = None
    while True:
        page = platform.store.query(Query(query.kind, None, state=query.state, limit=500, token=token))
        yield from page.records
        token = page.token
        if token is None:
            return


def tidy(platform: Platform, before: float) -> None:
    """before: what ended or came later stays."""
    for record in list(_every(platform, Query(names.INVOCATION, None, state=names.ENDED))):
        if record.modified < before:
            try:
                platform.store.delete(record)
            except (Missing, Stale):
                continue
    used = {
        (one.key.project, str(one.spec["_code"]["Folder"])) for one in _every(platform, Query(names.FUNCTION, None))
    }
    used |= {(one.key.project, str(one.spec["Code"])) for one in _every(platform, Query(names.INVOCATION, None))}
    code.remove_unused(platform, used, before)
