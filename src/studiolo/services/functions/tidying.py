"""What nobody needs any more of functions: code that was replaced, invocations nobody asked for the end of."""

from studiolo.services.functions import code, names
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan


def tidy(platform: Platform, before: float) -> None:
    """before: what ended or came later stays."""
    for record in list(scan(platform.store, Query(names.INVOCATION, None, state=names.ENDED))):
        if record.modified < before:
            try:
                platform.store.delete(record)
            except (Missing, Stale):
                continue
    used = {
        (one.key.project, str(one.spec["_code"]["Folder"])) for one in scan(platform.store, Query(names.FUNCTION, None))
    }
    used |= {(one.key.project, str(one.spec["Code"])) for one in scan(platform.store, Query(names.INVOCATION, None))}
    code.remove_unused(platform, used, before)
