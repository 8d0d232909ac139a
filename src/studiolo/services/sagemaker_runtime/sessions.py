"""Sessions with a stateful model: requests that bear a session's id go to the instance where it began.

A container that keeps sessions itself answers NEW_SESSION with an id of its own; for others the studio makes the id, and
the session is affinity alone.
"""

import time
import uuid
from collections.abc import Mapping

from studiolo.base.errors import ApiError
from studiolo.services.sagemaker_runtime.ask import Ask
from studiolo.services.sagemaker_runtime.client import Link
from studiolo.services.sagemaker_runtime.router import Instance, Variant

LIFETIME = 20 * 60.0
"""Seconds a session lives after its last request."""
MAX_SESSIONS = 100_000


class Sessions:
    def __init__(self) -> None:
        self._places: dict[str, tuple[str, float]] = {}

    def choose(self, ask: Ask, variant: Variant) -> Instance | None:
        """The instance of the request's session; None where it has none."""
        if ask.session is None or ask.session == "NEW_SESSION":
            return None
        handle, until = self._places.get(ask.session, ("", 0.0))
        if until < time.monotonic():
            raise ApiError(
                f"The session {ask.session} does not exist or has ended.", code="ValidationError", status=400
            )
        return next((one for one in variant.instances if one.handle == handle), None)

    def note(self, ask: Ask, instance: Instance, link: Link) -> Mapping[str, str]:
        if ask.session is None:
            return {}
        closed = link.headers.get("x-amzn-sagemaker-closed-session-id")
        if closed:
            self._places.pop(closed, None)
            return {"ClosedSessionId": closed}
        if ask.session != "NEW_SESSION":
            self._places[ask.session] = (instance.handle, time.monotonic() + LIFETIME)
            return {}
        given = link.headers.get("x-amzn-sagemaker-new-session-id") or str(uuid.uuid4())
        self._clean()
        self._places[given.partition(";")[0].strip()] = (instance.handle, time.monotonic() + LIFETIME)
        return {"NewSessionId": given}

    def _clean(self) -> None:
        if len(self._places) >= MAX_SESSIONS:
            now = time.monotonic()
            self._places = {one: place for one, place in self._places.items() if place[1] > now}
