"""Apps: what runs in a space. A request only writes it down; controller.py starts and stops."""

import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse, NotFound, Unsupported, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.verbs import tags_of
from studiolo.services.sagemaker.workbench import access, domains, names, settings
from studiolo.services.sagemaker.workbench.spaces import Spaces, word_of_app
from studiolo.services.sagemaker.workbench.types import lacks
from studiolo.store.protocol import AlreadyExists, Missing, Stale


class Apps:
    def __init__(self, platform: Platform, spaces: Spaces) -> None:
        self._platform = platform
        self._spaces = spaces

    def _space(self, call: Call) -> Record:
        if call.params["AppType"] not in settings.APPS:
            raise Unsupported(
                f"Apps of type {call.params['AppType']} are not supported by this version of studiolo: use JupyterLab or CodeEditor."
            )
        if "SpaceName" not in call.params:
            raise ValidationError(f"An app of type {call.params['AppType']} belongs to a space: give its SpaceName.")
        if "UserProfileName" in call.params:
            raise ValidationError("Give either SpaceName or UserProfileName, and not both.")
        return self._spaces.find(call)

    async def create(self, call: Call) -> Mapping[str, Any]:
        platform, params = self._platform, call.params
        space, type, tags = self._space(call), params["AppType"], tags_of(params.get("Tags"))
        self._spaces.may(call, space, "enter")
        if params["AppName"] != names.APP_NAME:
            raise ValidationError(f"The AppName of a {type} app must be {names.APP_NAME}.")
        if space.deleting:
            raise InUse(f"The space {space.spec['SpaceName']} is being deleted.")
        wanted = space.spec["SpaceSettings"].get("AppType", type)
        if wanted != type:
            raise ValidationError(f"The space {space.spec['SpaceName']} is for apps of type {wanted}, not {type}.")
        lack = lacks(platform, type)
        if lack:
            raise Unsupported(lack)
        asked = params.get("ResourceSpec", {})
        settings.check_resources(platform, call.caller.project, asked)
        spec = {
            **{name: value for name, value in params.items() if name != "Tags"},
            "ResourceSpec": settings.resources(type, asked, domains.places_of(platform, space)),
            "_user": call.caller.user,
            "_generation": secrets.token_hex(4),
            "_created": platform.clock(),
        }
        return {"AppArn": names.app_arn(self._write(call, space, spec, tags))}

    def _write(self, call: Call, space: Record, spec: dict[str, Any], tags: Mapping[str, str]) -> Record:
        project, params = call.caller.project, call.params
        store, now = self._platform.store, self._platform.clock()
        for one in names.apps_of(self._platform, project, params["DomainId"], params["SpaceName"]):
            if word_of_app(one) not in names.OVER:
                raise InUse(f"App [{names.app_arn(one)}] already exists. A space has one app at a time.")
        key = names.app_key(
            project, space.spec["DomainId"], space.spec["SpaceName"], params["AppType"], params["AppName"]
        )
        self._platform.admit(key, call.caller.user, spec)
        born = {"Status": "Pending", "_generation": spec["_generation"], "_message": "Starting"}
        while True:
            try:
                return store.create(key, spec, born, now=now, tags=tags)
            except AlreadyExists as there:
                seen = there.existing
            if word_of_app(seen) not in names.OVER:
                raise InUse(f"App [{names.app_arn(seen)}] already exists.")
            try:
                # One that has ended makes room for another of its name; the controller sees that it is another.
                return store.write(seen, now=now, spec=spec, tags=tags)
            except (Stale, Missing):
                continue

    def _find(self, call: Call) -> Record:
        params = call.params
        key = names.app_key(
            call.caller.project,
            params["DomainId"],
            params.get("SpaceName") or params.get("UserProfileName", ""),
            params["AppType"],
            params["AppName"],
        )
        if "SpaceName" not in params:
            raise NotFound(
                f"App [{params['AppName']}] does not exist: apps here belong to spaces, so give a SpaceName."
            )
        return names.find(self._platform, key, "app")

    def shown(self, record: Record) -> dict[str, Any]:
        known = {name: value for name, value in record.spec.items() if not name.startswith("_")}
        known |= {name: value for name, value in record.status.items() if not name.startswith("_")}
        word = word_of_app(record)
        if word != "Failed":
            known.pop("FailureReason", None)
        return {**known, "AppArn": names.app_arn(record), "Status": word, "CreationTime": record.spec["_created"]}

    async def describe(self, call: Call) -> Mapping[str, Any]:
        return self.shown(self._find(call))

    async def delete(self, call: Call) -> Mapping[str, Any]:
        """Idempotent while it goes."""
        while True:
            record = self._find(call)
            space = self._spaces.find(call)
            deed = "enter" if access.shared(space) else "remove"
            self._spaces.may(call, space, deed)
            word = word_of_app(record)
            if word == "Deleted":
                raise NotFound(f"App [{names.app_arn(record)}] does not exist.")
            if "_stop" in record.spec:
                return {}
            now = self._platform.clock()
            try:
                self._platform.store.write(record, now=now, spec={**record.spec, "_stop": now})
            except (Stale, Missing):
                continue
            return {}
