"""The operations of presence: where one's page is, and who else is in the project."""

from collections.abc import Mapping
from typing import Any

from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.together.activity import need_project


class PeopleHere:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def put(self, call: Call) -> Mapping[str, Any]:
        """Tab names the stream (/api/events?tab=) that is open; without it nobody is here."""
        caller, params = call.caller, call.params
        return {"Seen": self._platform.presence.move(need_project(call), caller.user, params["Tab"], params["Page"])}

    async def list(self, call: Call) -> Mapping[str, Any]:
        here = self._platform.presence.here(need_project(call))
        return {"People": [{"User": one.user, "Page": one.page, "Since": one.since} for one in here]}
