"""Spaces: a place for code with a home folder of its own, one person's or the whole team's."""

import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import AccessDenied, InUse, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.verbs import tags_of
from studiolo.services.sagemaker.workbench import access, domains, names
from studiolo.services.sagemaker.workbench.access import Deed
from studiolo.services.sagemaker.workbench.settings import check_settings
from studiolo.store.protocol import AlreadyExists, Missing, Stale


class Spaces:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def find(self, call: Call) -> Record:
        project, domain = call.caller.project, call.params["DomainId"]
        domains.find(self._platform, project, domain)
        return names.find(self._platform, names.space_key(project, domain, call.params["SpaceName"]), "space")

    def may(self, call: Call, space: Record, deed: Deed) -> None:
        why = access.refusal(space, call.caller.user, call.caller.role, deed)
        if why:
            raise AccessDenied(why)
        self._not_from_inside(call, access.shared(space))

    def _not_from_inside(self, call: Call, shared: bool) -> None:
        """Others may get hold of the key of a job or of a shared space: with it nobody comes into a person's own space."""
        if call.caller.temporary and not shared:
            raise AccessDenied(
                "A job's or a space's own key does nothing to private spaces: use an access key of yours."
            )

    async def create(self, call: Call) -> Mapping[str, Any]:
        project, params = call.caller.project, dict(call.params)
        domain, name = params["DomainId"], params["SpaceName"]
        domains.find(self._platform, project, domain)
        tags = tags_of(params.pop("Tags", None))
        settings = params.get("SpaceSettings", {})
        check_settings(self._platform, project, settings)
        spec = {
            **params,
            **self._ownership(call),
            "SpaceSettings": settings,
            # A space made again under the same name does not find the old one's files.
            "_folder": f"{name.lower()}-{secrets.token_hex(6)}",
            "_by": call.caller.user,
        }
        taken = names.space_named(self._platform, project, name)
        if taken is not None:
            raise InUse(f"Space [{_arn(taken)}] already exists.")
        key = names.space_key(project, domain, name)
        self._platform.admit(key, call.caller.user, spec)
        try:
            self._platform.store.create(
                key,
                spec,
                {"Status": "InService"},
                now=self._platform.clock(),
                tags=tags,
            )
        except AlreadyExists as there:
            raise InUse(f"Space [{_arn(there.existing)}] already exists.") from None
        return {"SpaceArn": sagemaker_arn(project, "space", f"{domain}/{name}")}

    def _ownership(self, call: Call) -> dict[str, Any]:
        params, project, domain = call.params, call.caller.project, call.params["DomainId"]
        if ("OwnershipSettings" in params) != ("SpaceSharingSettings" in params):
            raise ValidationError(
                "Give both OwnershipSettings and SpaceSharingSettings, or neither for a shared space."
            )
        sharing = params.get("SpaceSharingSettings", {"SharingType": "Shared"})
        if "OwnershipSettings" in params:
            key = names.profile_key(project, domain, params["OwnershipSettings"]["OwnerUserProfileName"])
            mine = domains.profile_of(self._platform, project, domain, call.caller.user)
            profile = (
                mine if mine.key.name.lower() == key.name.lower() else names.find(self._platform, key, "user-profile")
            )
        else:
            profile = domains.profile_of(self._platform, project, domain, call.caller.user)
        user = profile.spec["_user"]
        self._not_from_inside(call, sharing["SharingType"] == "Shared")
        if user.casefold() != call.caller.user.casefold() and call.caller.role != "admin":
            raise AccessDenied(f"Only {user} or an admin of the project may make a space for {user}.")
        return {
            "OwnershipSettings": {"OwnerUserProfileName": profile.spec["UserProfileName"]},
            "SpaceSharingSettings": sharing,
            "_user": user,
        }

    async def update(self, call: Call) -> Mapping[str, Any]:
        """A change of size or of the script holds from the next start on."""
        while True:
            space = self.find(call)
            self.may(call, space, "manage")
            given = call.params.get("SpaceSettings", {})
            check_settings(self._platform, call.caller.project, given)
            if (
                "AppType" in given
                and self._live(space)
                and given["AppType"] != space.spec["SpaceSettings"].get("AppType")
            ):
                raise InUse("The space has an app: delete it before you change the type of its app.")
            spec: dict[str, Any] = {**space.spec, "SpaceSettings": {**space.spec["SpaceSettings"], **given}}
            if "SpaceDisplayName" in call.params:
                spec["SpaceDisplayName"] = call.params["SpaceDisplayName"]
            try:
                self._platform.store.write(space, now=self._platform.clock(), spec=spec)
            except (Stale, Missing):
                continue
            return {"SpaceArn": _arn(space)}

    def _live(self, space: Record) -> bool:
        spec = space.spec
        every = names.apps_of(self._platform, space.key.project, spec["DomainId"], spec["SpaceName"])
        return any(word_of_app(one) not in names.OVER for one in every)

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            space = self.find(call)
            self.may(call, space, "remove")
            if self._live(space):
                raise InUse(
                    f"Unable to delete Space [{_arn(space)}] because it has a running app: delete the app first."
                )
            try:
                if not space.deleting:
                    self._platform.store.write(space, now=self._platform.clock(), deleting=True)
            except (Stale, Missing):
                continue
            return {}

    def shown(self, space: Record) -> dict[str, Any]:
        spec = space.spec
        return {
            **{name: value for name, value in spec.items() if not name.startswith("_")},
            "SpaceArn": _arn(space),
            "Status": "Deleting" if space.deleting else "InService",
            "Url": address_of(self._platform, space),
            "CreationTime": space.created,
            "LastModifiedTime": space.modified,
            "SpaceSettingsSummary": {
                name: spec["SpaceSettings"][name]
                for name in ("AppType", "RemoteAccess", "SpaceStorageSettings")
                if name in spec["SpaceSettings"]
            },
            "SpaceSharingSettingsSummary": spec["SpaceSharingSettings"],
            "OwnershipSettingsSummary": spec["OwnershipSettings"],
        }

    async def describe(self, call: Call) -> Mapping[str, Any]:
        return self.shown(self.find(call))


def _arn(space: Record) -> str:
    return sagemaker_arn(space.key.project, "space", space.key.name)


def path_of(space: Record) -> str:
    """Where its app stands under the studio's address."""
    return f"/spaces/{space.key.project}/{space.spec['SpaceName'].lower()}/"


def address_of(platform: Platform, space: Record) -> str:
    return f"{platform.config.address}{path_of(space)}"


def word_of_app(record: Record) -> str:
    """What its status says, unless the request is newer than that."""
    status = record.status
    if status.get("_generation") != record.spec["_generation"]:
        return "Pending"
    word = str(status["Status"])
    return "Deleting" if "_stop" in record.spec and word not in names.OVER else word
