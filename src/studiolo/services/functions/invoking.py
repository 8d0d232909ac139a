"""An invocation as a record: what is run, for whom, with which event. Made once by its id; the controller runs it.

Called by the Invoke operation and by steps of pipelines.
"""

from typing import Any, Literal

from studiolo.base.record import Record
from studiolo.services.functions import names
from studiolo.services.platform import Platform
from studiolo.store.protocol import AlreadyExists

How = Literal["RequestResponse", "Event", "Step"]
CONFIG = ("Handler", "Timeout", "MemorySize", "Environment", "Runtime")


def begin(
    platform: Platform, function: Record, event: str, id: str, user: str, how: How, step: str = "", **more: Any
) -> Record:
    """The same id again is the same invocation. It keeps the function as it is now. step: <execution>/<step> that it is of."""
    key = names.invocation_key(function.key.project, function.key.name, id)
    spec = {
        "Function": function.key.name,
        "Event": event,
        "How": how,
        "Config": {name: function.spec[name] for name in CONFIG if name in function.spec},
        "Code": function.spec["_code"]["Folder"],
        "_user": user,
        **more,
    }
    try:
        tags = {names.STEP_TAG: step} if step else {}
        return platform.store.create(key, spec, {"State": names.WAITING, "Attempt": 1}, now=platform.clock(), tags=tags)
    except AlreadyExists as there:
        return there.existing
