"""What AWS has no API for about a space: whether I may in, how far its start is, who is in it, what lies in it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.base.errors import AccessDenied, NotFound
from studiolo.base.record import Record
from studiolo.services.metering import homes
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.workbench import access, domains, files, names, settings
from studiolo.services.sagemaker.workbench.ahead import Ahead
from studiolo.services.sagemaker.workbench.door import Door
from studiolo.services.sagemaker.workbench.spaces import path_of, word_of_app
from studiolo.services.sagemaker.workbench.types import lacks


class Workbench:
    def __init__(self, platform: Platform, door: Door) -> None:
        self._platform = platform
        self._door = door
        self._ahead = Ahead(platform)

    def _space(self, call: Call) -> Record:
        space = names.space_named(self._platform, call.caller.project, call.params["SpaceName"])
        if space is None:
            raise NotFound(f"There is no space {call.params['SpaceName']} in this project.")
        return space

    def _why_not(self, call: Call, space: Record, deed: access.Deed) -> str:
        return access.refusal(space, call.caller.user, call.caller.role, deed)

    async def own(self, call: Call) -> Mapping[str, Any]:
        project = call.caller.project
        if not project:
            raise AccessDenied("Spaces belong to a project: become a member of one first.")
        domain = domains.own(self._platform, project).key.name
        profile = domains.profile_of(self._platform, project, domain, call.caller.user)
        if call.caller.role != "viewer":
            # Asked by the dialog that makes a space.
            self._ahead.coming()
        apps = [{"AppType": type, "Lacks": lacks(self._platform, type)} for type in settings.APPS]
        return {"DomainId": domain, "UserProfileName": profile.spec["UserProfileName"], "Apps": apps}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        space = self._space(call)
        self._ahead.looked()
        spec = space.spec
        every = names.apps_of(self._platform, space.key.project, spec["DomainId"], spec["SpaceName"])
        app = max(every, key=lambda one: one.spec["_created"], default=None)
        # A space that is set to no type of app is for the one it had.
        type = spec["SpaceSettings"].get("AppType") or (app.spec["AppType"] if app else "JupyterLab")
        where = domains.places_of(self._platform, space)
        wanted = settings.resources(type, {}, where)
        idle = settings.idle_seconds(type, where)
        found: dict[str, Any] = {
            "SpaceName": spec["SpaceName"],
            "DomainId": spec["DomainId"],
            "Owner": spec["_user"],
            "SharingType": spec["SpaceSharingSettings"]["SharingType"],
            "AppType": type,
            "Path": path_of(space),
            "InstanceType": wanted["InstanceType"],
            "IdleMinutes": int(idle // 60) if idle is not None else None,
            "Present": self._door.presence.of(space.key.project, spec["SpaceName"]),
            "NoEntry": self._why_not(call, space, "enter"),
            "NoChange": self._why_not(call, space, "manage"),
            "NoRemoval": self._why_not(call, space, "remove"),
            "Lacks": lacks(self._platform, type),
            "HomeBytes": homes.noted(self._platform.store, space.key.project).get("Homes", {}).get(spec["_folder"]),
        }
        if app is not None:
            found["App"] = self._app(app)
        return {name: value for name, value in found.items() if value is not None}

    def _app(self, app: Record) -> dict[str, Any]:
        status, word = app.status, word_of_app(app)
        known: dict[str, Any] = {
            "AppType": app.spec["AppType"],
            "AppName": app.spec["AppName"],
            "Status": word,
            "InstanceType": app.spec["ResourceSpec"]["InstanceType"],
            "StartedBy": app.spec["_user"],
            "Since": app.spec["_created"],
            "Message": status.get("_message"),
            "FailureReason": status.get("FailureReason") if word == "Failed" else None,
            "LastActivity": status.get("LastUserActivityTimestamp"),
            "LogStreamPrefix": f"{app.key.name}/{app.spec['_generation']}",
        }
        return {name: value for name, value in known.items() if value is not None}

    def readable_home(self, call: Call) -> Path:
        """Where the files of the space that the call names lie, for one who may read them."""
        space = self._space(call)
        why = self._why_not(call, space, "enter")
        if not why and call.caller.temporary and not access.shared(space):
            why = "A job's or a space's own key does not look into private spaces: use an access key of yours."
        if why:
            raise AccessDenied(why)
        return names.home_of(self._platform, space)

    async def delete_file(self, call: Call) -> Mapping[str, Any]:
        """A file, or a folder with what lies in it: for whoever could delete it in the space's app, which need not run."""
        home = self.readable_home(call)
        await asyncio.to_thread(files.remove, home, call.params["Path"])
        return {}

    async def list_files(self, call: Call) -> Mapping[str, Any]:
        home = self.readable_home(call)
        return {"Files": await asyncio.to_thread(files.entries, home, call.params.get("Path", ""))}
